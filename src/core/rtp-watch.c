/* What silence means. Pure. */

#include "rtp-watch.h"

static gint64
silent_since_us (const OtWatchView *view, OtSide side)
{
  return MAX (view->last_rtp_us[side], view->connected_us);
}

/* Keeps the earlier of two findings, and drops what lies in the future. */
static void
consider (OtWatchFinding *best, OtWatchVerdict verdict, OtSide side, gint64 at_us, gint64 now_us)
{
  if (at_us > now_us || (best->verdict != OT_WATCH_NOTHING && best->at_us <= at_us))
    return;
  *best = (OtWatchFinding){ verdict, side, at_us };
}

OtWatchFinding
ot_rtp_watch (const OtWatchView *view, const OtWatchLimits *limits, gint64 now_us)
{
  OtWatchFinding found = { OT_WATCH_NOTHING };
  gboolean both_flow = TRUE;

  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++) {
    gint64 silent_us = silent_since_us (view, side);
    gint64 lost_us = view->lost_since_us[side];

    if (lost_us != 0) {
      consider (&found, OT_WATCH_LOST, side, MAX (lost_us, silent_us + limits->lost_timeout_us),
                now_us);
      consider (&found, OT_WATCH_LOST, side, lost_us + limits->resume_window_us, now_us);
    }
    if (!view->reconnecting)
      consider (&found, OT_WATCH_PAUSED, side, silent_us + limits->rtp_pause_us, now_us);
    consider (&found, OT_WATCH_STOPPED, side, silent_us + limits->rtp_timeout_us, now_us);
    both_flow &= now_us - silent_us < limits->rtp_pause_us;
  }
  if (found.verdict == OT_WATCH_NOTHING && view->reconnecting && both_flow)
    found = (OtWatchFinding){ OT_WATCH_BACK, OT_SIDE_CALLER, now_us };
  return found;
}
