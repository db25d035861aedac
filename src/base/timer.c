/* One-shot timers, and the scheduler that runs them by default: a GSource with a ready time on the thread's main
 * context. Decides nothing; reads no clock. */

#include "timer.h"

/* ---- on a GMainContext ---- */

typedef struct {
  GSource source;
  OtTimer *timer; /* borrowed: the owner cancels before it goes */
} TimerSource;

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  ot_timer_fire (((TimerSource *) source)->timer);
  g_source_unref (source);
  return G_SOURCE_REMOVE;
}

static GSourceFuncs timer_funcs = { .dispatch = dispatch };

static void
attach (gpointer self, OtTimer *timer)
{
  GSource *source = g_source_new (&timer_funcs, sizeof (TimerSource));

  ((TimerSource *) source)->timer = timer;
  timer->armed = source;
  g_source_set_ready_time (source, timer->due_us);
  g_source_attach (source, g_main_context_get_thread_default ());
}

static void
detach (gpointer self, OtTimer *timer)
{
  g_source_destroy (timer->armed);
  g_source_unref (timer->armed);
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
