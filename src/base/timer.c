/* One-shot timers, and the scheduler that runs them by default: all of a thread's in the order of
 * their instants behind one GSource of its main context, whose every turn would else look at each
 * of them. Decides nothing; reads no clock. */

#include "timer.h"

/* Timers a turn of the loop: a thousand that are due at once keep nobody waiting. */
#define TURN 32

/* ---- on a GMainContext ---- */

typedef struct {
  OtTimer *timer; /* borrowed: the owner cancels before it goes */
  gint64 at_us; /* due_us, but not before the turn in which it was armed: who is late goes first */
  guint64 number; /* counts what was ever armed */
} Entry;

typedef struct {
  GSource *source;    /* owned; NULL while nothing is armed */
  GSequence *entries; /* of Entry, owned, by at_us and number; lives with the source */
  guint64 n_armed;
  gint64 turn_us; /* the last one's time */
} Queue;

static _Thread_local Queue queue;

static gint
compare (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const Entry *x = a, *y = b;

  if (x->at_us != y->at_us)
    return x->at_us < y->at_us ? -1 : 1;
  return x->number < y->number ? -1 : x->number > y->number;
}

static void
wait_for_first (void)
{
  const Entry *first = g_sequence_get (g_sequence_get_begin_iter (queue.entries));

  if (g_source_get_ready_time (queue.source) != first->at_us)
    g_source_set_ready_time (queue.source, first->at_us);
}

static void
rest (void)
{
  g_source_destroy (queue.source);
  g_clear_pointer (&queue.source, g_source_unref);
  g_clear_pointer (&queue.entries, g_sequence_free);
}

static void
detach (gpointer self, OtTimer *timer)
{
  g_sequence_remove (timer->armed);
  if (g_sequence_is_empty (queue.entries))
    rest ();
  else
    wait_for_first ();
}

/* What one of them arms is for a later turn, be it in the past. */
static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  guint64 end = queue.n_armed;

  queue.turn_us = g_source_get_time (source);
  for (int i = 0; i < TURN && queue.source == source; i++) {
    const Entry *first = g_sequence_get (g_sequence_get_begin_iter (queue.entries));
    OtTimer *timer = first->timer;

    if (first->at_us > queue.turn_us || first->number >= end)
      break;
    detach (NULL, timer);
    ot_timer_fire (timer);
  }
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { .dispatch = dispatch };

static void
attach (gpointer self, OtTimer *timer)
{
  Entry *entry = g_new (Entry, 1);

  if (queue.source == NULL) {
    queue.source = g_source_new (&source_funcs, sizeof (GSource));
    queue.entries = g_sequence_new (g_free);
    g_source_attach (queue.source, g_main_context_get_thread_default ());
  }
  *entry = (Entry){ timer, MAX (timer->due_us, queue.turn_us), queue.n_armed++ };
  timer->armed = g_sequence_insert_sorted (queue.entries, entry, compare, NULL);
  wait_for_first ();
}

static const OtScheduler main_context = { NULL, attach, detach };

/* ---- public ---- */

static _Thread_local const OtScheduler *scheduler = &main_context;

void
ot_timer_set_scheduler (const OtScheduler *other)
{
  scheduler = other != NULL ? other : &main_context;
}

void
ot_timer_arm (OtTimer *self, gint64 due_us, OtTimerFunc func, gpointer user_data)
{
  ot_timer_cancel (self);
  self->due_us = due_us;
  self->func = func;
  self->user_data = user_data;
  scheduler->arm (scheduler->self, self);
}

void
ot_timer_cancel (OtTimer *self)
{
  if (self->armed == NULL)
    return;
  scheduler->cancel (scheduler->self, self);
  self->armed = NULL;
}

void
ot_timer_fire (OtTimer *self)
{
  self->armed = NULL;
  self->func (self->user_data);
}
