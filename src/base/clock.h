#pragma once

#include <glib.h>

/**
 * OtClock:
 * @mono_us: monotonic time in µs; never goes back, not moved by a step of the wall clock
 * @wall_us: UTC in µs since 1970
 *
 * The only two clock reads of the process. Everything that decides gets an instant passed in;
 * everything that needs "now" holds a clock, so that a test can give it one of its own.
 */
typedef struct _OtClock OtClock;

struct _OtClock {
  gint64 (*mono_us) (const OtClock *self);
  gint64 (*wall_us) (const OtClock *self);
};

/**
 * ot_clock_real:
 *
 * Returns: (transfer none): the machine's clocks (CLOCK_MONOTONIC as g_get_monotonic_time(),
 * CLOCK_REALTIME)
 *
 * Thread: any.
 */
const OtClock *ot_clock_real (void);

static inline gint64
ot_clock_mono_us (const OtClock *self)
{
  return self->mono_us (self);
}

static inline gint64
ot_clock_wall_us (const OtClock *self)
{
  return self->wall_us (self);
}
