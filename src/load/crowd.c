/* Heartbeats are spread over the interval by a cursor that goes round the crowd. */

#include "crowd.h"

#include <string.h>

#define HEARTBEAT_SECONDS 30 /* until connection_ack says how often */

typedef struct {
  LoadCrowd *crowd;
  LoadPhone *phone; /* owned (nullable) */
  gboolean is_in;
  gint64 asked_us; /* a heartbeat is under way; 0: none */
} Guest;

struct _LoadCrowd {
  const LoadContext *context;
  guint first_id;
  guint n;
  guint n_begun;
  Guest *guests; /* owned: n of them */
  guint heartbeat_seconds;
  double due;   /* heartbeats */
  guint cursor; /* whose is the next */
  gint64 stepped_us;
  LoadCrowdFigures figures;
};

LoadCrowd *
load_crowd_new (const LoadContext *context, guint first_id, guint n)
{
  LoadCrowd *self = g_new0 (LoadCrowd, 1);

  self->context = context;
  self->first_id = first_id;
  self->n = n;
  self->guests = g_new0 (Guest, n);
  self->heartbeat_seconds = HEARTBEAT_SECONDS;
  self->stepped_us = ot_clock_mono_us (context->clock);
  return self;
}

void
load_crowd_free (LoadCrowd *self)
{
  for (guint i = 0; i < self->n_begun; i++)
    g_clear_pointer (&self->guests[i].phone, load_phone_close);
  g_free (self->guests);
  g_free (self);
}

static void
on_in (LoadCrowd *self, Guest *guest, JsonObject *fields)
{
  gint64 seconds = json_object_get_int_member_with_default (fields, "heartbeatSeconds", 0);

  if (seconds > 0)
    self->heartbeat_seconds = (guint)seconds;
  guest->is_in = TRUE;
  self->figures.n_in++;
}

static void
on_heartbeat_ack (LoadCrowd *self, Guest *guest)
{
  if (guest->asked_us == 0)
    return;
  load_histogram_add (&self->figures.heartbeat_us,
                      ot_clock_mono_us (self->context->clock) - guest->asked_us);
  self->figures.n_heartbeats++;
  guest->asked_us = 0;
}

static void
on_event (
    LoadPhone *phone, const char *type, JsonObject *fields, const char *message, gpointer user_data)
{
  Guest *guest = user_data;
  LoadCrowd *self = guest->crowd;

  if (type == NULL) {
    self->figures.n_lost++;
    self->figures.n_in -= guest->is_in ? 1 : 0;
    guest->is_in = FALSE;
    g_clear_pointer (&guest->phone, load_phone_close);
  } else if (strcmp (type, "connection_ack") == 0)
    on_in (self, guest, fields);
  else if (strcmp (type, "heartbeat_ack") == 0)
    on_heartbeat_ack (self, guest);
}

static void
let_in (LoadCrowd *self)
{
  Guest *guest = &self->guests[self->n_begun];
  g_autofree char *name =
      g_strdup_printf ("%c%u", "uo"[self->n_begun % 2], self -> first_id + self -> n_begun / 2);
  const char *token = g_hash_table_lookup (self->context->tokens, name);

  self->n_begun++;
  guest->crowd = self;
  guest->phone = load_phone_new (self->context->session, self->context->url, name,
                                 token != NULL ? token : "t", on_event, guest);
}

static void
send_heartbeat (LoadCrowd *self, Guest *guest)
{
  if (!guest->is_in || guest->asked_us != 0)
    return;
  guest->asked_us = ot_clock_mono_us (self->context->clock);
  load_phone_send (guest->phone, "heartbeat", NULL);
}

void
load_crowd_step (LoadCrowd *self)
{
  gint64 now_us = ot_clock_mono_us (self->context->clock);

  while (self->n_begun < self->n
         && self->n_begun - self->figures.n_in - self->figures.n_lost < LOAD_CROWD_AT_THE_DOOR)
    let_in (self);
  if (self->n == 0)
    return;
  self->due += (double)(now_us - self->stepped_us) / G_USEC_PER_SEC / self->heartbeat_seconds
               * (double)self->n;
  self->due =
      MIN (self->due, (double)self->n); /* who stood still for long owes one each, no more */
  self->stepped_us = now_us;
  for (; self->due >= 1; self->due--) {
    send_heartbeat (self, &self->guests[self->cursor]);
    self->cursor = (self->cursor + 1) % self->n;
  }
}

gboolean
load_crowd_is_complete (const LoadCrowd *self)
{
  return self->figures.n_in + self->figures.n_lost >= self->n;
}

const LoadCrowdFigures *
load_crowd_look (const LoadCrowd *self)
{
  return &self->figures;
}
