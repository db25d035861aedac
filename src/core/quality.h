#pragma once

#include <glib.h>

#include "side.h"

/**
 * OtQuality:
 *
 * What is known of one side's voice in a call: what came from it (RFC 3550, A.3 and A.8), and how
 * it heard the other, as its own receiver reports say (RFC 3550, 6.4.1). Over all legs and sources
 * that the side had. Only #gint64, so that a list of names fits it (ot_quality_figures()).
 */
typedef struct {
  gint64 packet_count; /* RTP packets of this side that reached us, authentic */
  gint64 lost_count; /* packets of this side that never did; fewer than none when some came twice */
  gint64 jitter_us;  /* of this side's packets at our socket, now */
  gint64 jitter_max_us; /* the greatest that it was */

  gint64 forwarded_count; /* RTP packets of the other side that we sent to this one */
  gint64 report_count; /* receiver reports of this side about them; while 0, heard_… are unknown */
  gint64 heard_expected_count; /* packets of the other side that it should have heard by its last
                                  report */
  gint64 heard_lost_count;     /* and those that it has not: lost before us, or after us */
  gint64 heard_jitter_us;      /* as it reported last */

  gint64 round_trip_count;  /* reports that one could be measured by; while 0, round_trip_… are
                               unknown */
  gint64 round_trip_us;     /* from us to this side and back, mean */
  gint64 round_trip_max_us; /* the longest */
} OtQuality;

#define OT_QUALITY_FIGURES (sizeof (OtQuality) / sizeof (gint64))

/** ot_quality_is_empty: nothing came from either side, and nothing went. */
gboolean ot_quality_is_empty (const OtQuality quality[OT_N_SIDES]);

/**
 * ot_quality_mos_percent:
 * @listener: who judges
 *
 * How a listener would rate what it heard, by the fullband E-model (ITU-T G.107.2) on the scale of
 * ITU-T P.800: a planning value made of loss and delay, no verdict on microphones, rooms or
 * encoders. docs/operating.md says what goes in. Pure.
 *
 * Returns: the mean opinion score × 100, 100 to 450; 0 when nothing was sent to @listener
 */
int ot_quality_mos_percent (const OtQuality quality[OT_N_SIDES], OtSide listener);
