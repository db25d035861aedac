/* The instants of packets. Pure. */

#include "rtp-clock.h"

static gint64
ticks_us (gint32 ticks)
{
  return (gint64)ticks * 125 / 6; /* 48 a millisecond */
}

static void
begin_window (OtRtpClock *self, gint64 arrival_us)
{
  self->late_us = G_MAXINT64;
  self->window_end_us = arrival_us + OT_RTP_CLOCK_WINDOW_US;
}

gint64
ot_rtp_clock_place (OtRtpClock *self, guint64 source, guint32 timestamp, gint64 arrival_us)
{
  gint64 place_us = self->place_us + ticks_us ((gint32)(timestamp - self->timestamp));

  if (!self->started || source != self->source) {
    self->started = TRUE;
    self->source = source;
    place_us = arrival_us;
    begin_window (self, arrival_us);
  }
  self->late_us = MIN (self->late_us, arrival_us - place_us);
  if (place_us > arrival_us)
    place_us = arrival_us;
  if (arrival_us >= self->window_end_us) {
    if (self->late_us > OT_RTP_CLOCK_SLACK_US)
      place_us += self->late_us;
    begin_window (self, arrival_us);
  }
  self->timestamp = timestamp;
  self->place_us = place_us;
  return place_us;
}
