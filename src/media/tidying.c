/* malloc_trim (3) goes through every arena and takes some milliseconds, so it is nothing for the
 * main loop, and of no use before a leg has settled. */

#include "tidying.h"

#include <malloc.h>

#include "leg.h"
#include "timer.h"

struct _OtTidying {
  OtLane *lane;
  const OtClock *clock;
  OtTimer timer;
  gint64 noted_us;
};

static void
give_back (gpointer data)
{
  malloc_trim (0);
}

static void
on_due (gpointer user_data)
{
  OtTidying *self = user_data;
  gint64 now_us = ot_clock_mono_us (self->clock);

  ot_lane_push (self->lane, give_back, NULL, NULL);
  if (now_us - self->noted_us < 2 * OT_LEG_SETTLE_US)
    ot_timer_arm (&self->timer, now_us + OT_TIDYING_US, on_due, self);
}

OtTidying *
ot_tidying_new (OtWorkers *workers, const OtClock *clock)
{
  OtTidying *self = g_new0 (OtTidying, 1);

  self->lane = ot_lane_new (workers);
  self->clock = clock;
  return self;
}

void
ot_tidying_free (OtTidying *self)
{
  ot_timer_cancel (&self->timer);
  ot_lane_unref (self->lane);
  g_free (self);
}

void
ot_tidying_note (OtTidying *self)
{
  self->noted_us = ot_clock_mono_us (self->clock);
  if (!ot_timer_is_armed (&self->timer))
    ot_timer_arm (&self->timer, self->noted_us + OT_TIDYING_US, on_due, self);
}
