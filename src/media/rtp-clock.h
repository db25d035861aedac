#pragma once

#include <glib.h>

/**
 * OtRtpClock:
 *
 * Says when a packet was spoken, on our clock: by its RTP timestamp, which keeps the speaker's gaps
 * and not the network's jitter, pinned to the arrival of the packet that travelled fastest. Where
 * the two clocks run apart, or the speaker's stands still, the pin moves: back at once, forward
 * when no packet of two seconds came earlier than 20 ms late. Opus's 48 kHz (RFC 7587, 4.1).
 *
 * A value without pointers; zero-initialised it is fresh. Pure.
 */
typedef struct {
  gboolean started;
  guint64 source;
  guint32 timestamp; /* the last one's */
  gint64 place_us;   /* the last one's */
  gint64 late_us;    /* the least of this window */
  gint64 window_end_us;
} OtRtpClock;

#define OT_RTP_CLOCK_WINDOW_US (2 * G_USEC_PER_SEC)
#define OT_RTP_CLOCK_SLACK_US (20 * G_TIME_SPAN_MILLISECOND)

/** ot_rtp_clock_place: @source: another number begins anew at its arrival. Returns: the instant, on
 * @arrival_us's clock, never after it. */
gint64 ot_rtp_clock_place (OtRtpClock *self, guint64 source, guint32 timestamp, gint64 arrival_us);
