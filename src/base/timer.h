#pragma once

#include <glib.h>

/**
 * OtTimer:
 *
 * A one-shot timer of the main loop, armed at an absolute monotonic instant, so that it never drifts.
 * Lives inside its owner's struct; zero-initialised it is unarmed.
 */
typedef struct {
  GSource *source; /* owned; NULL while unarmed */
} OtTimer;

typedef void (*OtTimerFunc) (gpointer user_data);

/**
 * ot_timer_arm:
 * @self: the timer; armed before, it is moved
 * @due_us: the monotonic instant, g_get_monotonic_time()'s scale; in the past: at the loop's next turn
 * @func: called once, from the main loop, never from inside this call
 * @user_data: for @func; must live until the timer fires or is cancelled
 *
 * Thread: main loop.
 */
void ot_timer_arm (OtTimer *self, gint64 due_us, OtTimerFunc func, gpointer user_data);

/** ot_timer_cancel: Disarms; harmless when unarmed. Thread: main loop. */
void ot_timer_cancel (OtTimer *self);

static inline gboolean
ot_timer_is_armed (const OtTimer *self)
{
  return self->source != NULL;
}
