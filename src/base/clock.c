/* The machine's clocks. The only file of the project that reads them; tests/check-source.py holds
 * it to that. */

#include "clock.h"

static gint64
real_mono_us (const OtClock *self)
{
  return g_get_monotonic_time ();
}

static gint64
real_wall_us (const OtClock *self)
{
  return g_get_real_time ();
}

const OtClock *
ot_clock_real (void)
{
  static const OtClock clock = { real_mono_us, real_wall_us };
  return &clock;
}
