#pragma once

#include <glib.h>
#include <stdatomic.h>

#include "quality.h"

#define OT_METER_REPORTS 4 /* sender reports remembered; a later one takes the oldest's place */

/**
 * OtMeter:
 *
 * Measures one side's voice, in both directions, from the packets that pass: RTP from it and to
 * it, and RTCP. A round trip is ours to this side only: from forwarding a sender report to the
 * receiver report that names it, less the delay that the client says it kept it (RFC 3550,
 * 6.4.1); no clock but ours is asked. Zero-initialised it is fresh.
 *
 * Threads: one writes at a time; anybody reads (ot_meter_read()). No lock, no allocation.
 */
typedef struct {
  OtQuality quality;

  /* what comes from this side: RFC 3550, A.1 and A.8 */
  guint64 source; /* which leg's which SSRC, a number of the caller's */
  gboolean started;
  guint32 highest; /* sequence, cycles included */
  guint32 base;
  guint32 bad_sequence;
  gint64 received_count;     /* of this source */
  gint64 expected_before;    /* of all sources before it */
  gint64 received_before;    /* the same */
  guint32 transit;           /* in ticks of 48 kHz, as the jitter */
  guint32 jitter_sixteenths; /* × 16 */

  /* what it hears */
  guint32 listener;      /* which leg hears, a number of the caller's; 0: none yet */
  guint16 listener_base; /* the first sequence number that it was sent */
  gint64 heard_expected_before, heard_lost_before; /* of the legs before */

  struct {
    guint32 middle; /* middle 32 bits of its NTP timestamp */
    gint64 at_us;   /* 0: none here */
  } reports[OT_METER_REPORTS];
  guint n_reports; /* ever */
  gint64 round_trip_sum_us;

  /* what others see of @quality: odd while it is being written */
  atomic_uint version;
  _Atomic gint64 figures[OT_QUALITY_FIGURES];
} OtMeter;

/** ot_meter_received: an authentic RTP packet of this side, as it came; @leg: which of its legs
 * sent it. */
void ot_meter_received (OtMeter *self, const guint8 *packet, guint32 leg, gint64 arrival_us);

/** ot_meter_forwarded: an RTP packet goes to this side, as it is sent; @leg: to which of its legs.
 */
void ot_meter_forwarded (OtMeter *self, const guint8 *packet, guint32 leg);

/** ot_meter_sent_rtcp: a compound packet, valid, is forwarded to this side. */
void ot_meter_sent_rtcp (OtMeter *self, guint8 *packet, gsize size, gint64 now_us);

/** ot_meter_received_rtcp: a compound packet, valid, came from this side; @ssrc: what it knows the
 * other's voice by. */
void
ot_meter_received_rtcp (OtMeter *self, guint8 *packet, gsize size, guint32 ssrc, gint64 arrival_us);

/** ot_meter_read: all figures as they were at one moment. Never waits. Thread: any. */
OtQuality ot_meter_read (const OtMeter *self);
