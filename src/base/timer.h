#pragma once

#include <glib.h>

typedef struct _OtTimer OtTimer;
typedef void (*OtTimerFunc) (gpointer user_data);

/**
 * OtTimer:
 *
 * A one-shot timer, armed at an absolute monotonic instant, so that it never drifts.
 * Lives inside its owner's struct; zero-initialised it is unarmed. The members are the scheduler's
 * to read.
 */
struct _OtTimer {
  gint64 due_us;
  OtTimerFunc func;
  gpointer user_data; /* borrowed */
  gpointer armed;     /* what the scheduler keeps for it; NULL while unarmed */
};

/**
 * ot_timer_arm:
 * @self: the timer; armed before, it is moved
 * @due_us: the monotonic instant, the clock's scale; in the past: at the loop's next turn
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
  return self->armed != NULL;
}

/**
 * OtScheduler:
 * @arm: keeps @timer until its due_us and fires it then; sets @timer->armed to what it needs for
 * that, not NULL
 * @cancel: forgets it again; @timer->armed is not NULL
 *
 * What runs the timers of a thread. The thread's default GMainContext by itself; a simulation,
 * whose time is its own, brings another. The counterpart of #OtClock, whose instants the timers are
 * armed at.
 */
typedef struct {
  gpointer self;
  void (*arm) (gpointer self, OtTimer *timer);
  void (*cancel) (gpointer self, OtTimer *timer);
} OtScheduler;

/**
 * ot_timer_set_scheduler:
 * @scheduler: (nullable): runs the calling thread's timers from now on; NULL: the main context
 * again. Borrowed.
 *
 * Only while none of the thread's timers is armed.
 */
void ot_timer_set_scheduler (const OtScheduler *scheduler);

/** ot_timer_fire: for a scheduler: unarms the timer, then calls it, so that it may arm it again or
 * free its owner. */
void ot_timer_fire (OtTimer *self);
