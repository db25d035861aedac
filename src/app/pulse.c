/* The loop's own delay, measured by a timer. Decides nothing. */

#include "pulse.h"

#define INTERVAL_US (100 * G_TIME_SPAN_MILLISECOND)

static void
on_beat (gpointer user_data)
{
  OtPulse *self = user_data;
  gint64 now_us = ot_clock_mono_us (self->clock);

  ot_histogram_add (&self->stall_us, now_us - self->beat.due_us, 1);
  ot_timer_arm (&self->beat, now_us + INTERVAL_US, on_beat, self);
}

void
ot_pulse_start (OtPulse *self, const OtClock *clock)
{
  self->clock = clock;
  ot_histogram_init (&self->stall_us, &ot_shape_answer_us);
  ot_timer_arm (&self->beat, ot_clock_mono_us (clock) + INTERVAL_US, on_beat, self);
}

void
ot_pulse_stop (OtPulse *self)
{
  ot_timer_cancel (&self->beat);
}
