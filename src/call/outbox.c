/* A call's FIFO to the database. Owns the waiting items; never decides anything about them. */

#include "outbox.h"

#include "log.h"

struct _OtOutbox {
  const OtRecordPort *port; /* borrowed from the registry */
  const OtClock *clock;
  OtOutboxFunc done;
  gpointer user_data;
  GQueue items; /* of OtOutboxItem, owned; the head may be in flight */
  gboolean in_flight;
  gboolean running; /* run_head() is on the stack */
};

static void run_head (OtOutbox *self);

static void
item_free (OtOutboxItem *item)
{
  g_free (item->detail);
  g_free (item->telling.session_id);
  g_free (item);
}

static void
finish_head (OtOutbox *self, const OtRecordResult *result)
{
  OtOutboxItem *item = g_queue_pop_head (&self->items);

  self->in_flight = FALSE;
  self->done (item, result, self->user_data);
  item_free (item);
}

static void
on_written (const OtRecordResult *result, gpointer user_data)
{
  OtOutbox *self = user_data;

  self->running = TRUE; /* what @done puts waits until it has returned */
  finish_head (self, result);
  self->running = FALSE;
  run_head (self);
}

static void
run_head (OtOutbox *self)
{
  if (self->running)
    return;
  self->running = TRUE;
  while (!self->in_flight && !g_queue_is_empty (&self->items)) {
    OtOutboxItem *item = g_queue_peek_head (&self->items);
    if (item->has_record) {
      self->in_flight = TRUE;
      self->port->write (self->port->self, &item->record, on_written, self);
    } else {
      finish_head (self, NULL);
    }
  }
  self->running = FALSE;
}

OtOutbox *
ot_outbox_new (const OtRecordPort *port,
               const OtClock *clock,
               OtOutboxFunc done,
               gpointer user_data)
{
  OtOutbox *self = g_new0 (OtOutbox, 1);

  self->port = port;
  self->clock = clock;
  self->done = done;
  self->user_data = user_data;
  g_queue_init (&self->items);
  return self;
}

void
ot_outbox_free (OtOutbox *self)
{
  g_queue_clear_full (&self->items, (GDestroyNotify)item_free);
  g_free (self);
}

void
ot_outbox_put (OtOutbox *self, OtOutboxItem *item)
{
  OtOutboxItem *copy = g_memdup2 (item, sizeof *item);

  copy->put_us = ot_clock_mono_us (self->clock);
  copy->record.detail = copy->detail;
  if (copy->record.kind == OT_RECORD_NOTED && copy->has_record
      && g_queue_get_length (&self->items) >= OT_OUTBOX_NOTES_MAX) {
    ot_warning_about (OT_ABOUT (.call = copy->record.call_id, .event = copy->record.event),
                      "the database is far behind, a note was dropped: %s", copy->record.event);
    item_free (copy);
    return;
  }
  g_queue_push_tail (&self->items, copy);
  run_head (self);
}

gboolean
ot_outbox_is_empty (const OtOutbox *self)
{
  return self->items.length == 0;
}

gint64
ot_outbox_waiting_since_us (const OtOutbox *self)
{
  const OtOutboxItem *oldest = self->items.head != NULL ? self->items.head->data : NULL;

  return oldest != NULL ? oldest->put_us : 0;
}

static GList *
first_unsent (OtOutbox *self)
{
  return self->in_flight ? self->items.head->next : self->items.head;
}

typedef gboolean (*ItemTest) (const OtOutboxItem *item);

static gboolean
is_any (const OtOutboxItem *item)
{
  return TRUE;
}

static gboolean
is_unit_or_note (const OtOutboxItem *item)
{
  return item->has_record
         && (item->record.kind == OT_RECORD_UNIT || item->record.kind == OT_RECORD_NOTED);
}

static void
drop_unsent (OtOutbox *self, ItemTest test)
{
  for (GList *link = first_unsent (self), *next; link != NULL; link = next) {
    next = link->next;
    if (test (link->data)) {
      item_free (link->data);
      g_queue_delete_link (&self->items, link);
    }
  }
}

void
ot_outbox_clear (OtOutbox *self)
{
  drop_unsent (self, is_any);
}

void
ot_outbox_drop_open (OtOutbox *self)
{
  drop_unsent (self, is_unit_or_note);
}

OtOutboxItem *
ot_outbox_find_end (OtOutbox *self)
{
  for (GList *link = first_unsent (self); link != NULL; link = link->next) {
    OtOutboxItem *item = link->data;
    if (item->has_record && item->record.kind == OT_RECORD_ENDED)
      return item;
  }
  return NULL;
}
