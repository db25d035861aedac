#pragma once

#include <glib.h>

#include "side.h"

/**
 * SECTION:rtp-watch
 *
 * What silence means (PROTOCOL.md section 5, rows in_call and reconnecting): each leg is watched
 * alone, and a lost connection counts only together with silence or after a long time. Pure: looks
 * at instants, knows no clock. An instant that it finds is the one at which the rule came true, not
 * the one at which somebody looked.
 */

/** OtWatchLimits: `call.rtp_pause`, `call.rtp_timeout`, `call.lost_timeout`, `call.resume_window`,
 * in µs. */
typedef struct {
  gint64 rtp_pause_us;
  gint64 rtp_timeout_us;
  gint64 lost_timeout_us;
  gint64 resume_window_us;
} OtWatchLimits;

/** OtWatchView: what is known of a call that was connected; monotonic µs. */
typedef struct {
  gboolean reconnecting;
  gint64 connected_us;
  gint64 last_rtp_us[OT_N_SIDES];   /* 0: never; then counted from connected_us */
  gint64 lost_since_us[OT_N_SIDES]; /* when the side's connection was lost; 0: it is there */
} OtWatchView;

typedef enum {
  OT_WATCH_NOTHING,
  OT_WATCH_PAUSED,  /* in_call → reconnecting */
  OT_WATCH_BACK,    /* reconnecting → in_call */
  OT_WATCH_STOPPED, /* end: rtp_stopped */
  OT_WATCH_LOST,    /* end: network_lost */
} OtWatchVerdict;

typedef struct {
  OtWatchVerdict verdict;
  OtSide side;  /* the silent one; not for BACK */
  gint64 at_us; /* when it came true, ≤ now */
} OtWatchFinding;

/** ot_rtp_watch: the earliest thing that is true at @now_us. After it was acted upon, ask again. */
OtWatchFinding ot_rtp_watch (const OtWatchView *view, const OtWatchLimits *limits, gint64 now_us);
