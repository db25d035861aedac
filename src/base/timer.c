/* One-shot timers as GSources with a ready time. The source unarms its timer before it calls, so that the
 * callback may arm it again or free its owner. */

#include "timer.h"

typedef struct {
  GSource source;
  OtTimer *timer; /* borrowed: the owner cancels before it goes */
} TimerSource;

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  OtTimerFunc func = (OtTimerFunc) (void (*) (void)) callback;

  ((TimerSource *) source)->timer->source = NULL;
  func (user_data);
  g_source_unref (source);
  return G_SOURCE_REMOVE;
}

static GSourceFuncs timer_funcs = { .dispatch = dispatch };

void
ot_timer_arm (OtTimer *self, gint64 due_us, OtTimerFunc func, gpointer user_data)
{
  ot_timer_cancel (self);
  self->source = g_source_new (&timer_funcs, sizeof (TimerSource));
  ((TimerSource *) self->source)->timer = self;
  g_source_set_callback (self->source, (GSourceFunc) (void (*) (void)) func, user_data, NULL);
  g_source_set_ready_time (self->source, due_us);
  g_source_attach (self->source, g_main_context_get_thread_default ());
}

void
ot_timer_cancel (OtTimer *self)
{
  if (self->source == NULL)
    return;
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}
