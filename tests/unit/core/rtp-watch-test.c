/* What silence means, as a table: a row is what is known, when somebody looks, and what must be
 * found. */

#include <glib.h>

#include "rtp-watch.h"

#define S ((gint64)G_USEC_PER_SEC)
#define NONE 0

static const OtWatchLimits limits = { 3 * S, 10 * S, 5 * S, 60 * S };

typedef struct {
  const char *what;
  gboolean reconnecting;
  gint64 last_s[OT_N_SIDES]; /* the last RTP; connected at 100 s */
  gint64 lost_s[OT_N_SIDES];
  gint64 now_s;
  OtWatchVerdict verdict;
  OtSide side;
  gint64 at_s;
} Row;

/* clang-format off */
static const Row rows[] = {
  { "both flow", FALSE, { 120, 120 }, { NONE, NONE }, 121, OT_WATCH_NOTHING, 0, 0 },
  { "not quite 3 s", FALSE, { 118, 120 }, { NONE, NONE }, 120, OT_WATCH_NOTHING, 0, 0 },
  { "3 s of the caller", FALSE, { 118, 121 }, { NONE, NONE }, 121, OT_WATCH_PAUSED, OT_SIDE_CALLER, 121 },
  { "seen late, dated right", FALSE, { 121, 118 }, { NONE, NONE }, 122, OT_WATCH_PAUSED, OT_SIDE_CALLEE, 121 },
  { "never sent: from connectedAt", FALSE, { 120, 0 }, { NONE, NONE }, 104, OT_WATCH_PAUSED, OT_SIDE_CALLEE, 103 },
  { "the earlier silence counts", FALSE, { 118, 117 }, { NONE, NONE }, 130, OT_WATCH_PAUSED, OT_SIDE_CALLEE, 120 },
  { "one side back only", TRUE, { 125, 118 }, { NONE, NONE }, 125, OT_WATCH_NOTHING, 0, 0 },
  { "both back", TRUE, { 125, 125 }, { NONE, NONE }, 125, OT_WATCH_BACK, 0, 125 },
  { "10 s", TRUE, { 118, 130 }, { NONE, NONE }, 130, OT_WATCH_STOPPED, OT_SIDE_CALLER, 128 },
  { "lost, voice flows", FALSE, { 150, 150 }, { 110, NONE }, 150, OT_WATCH_NOTHING, 0, 0 },
  { "lost and silent 5 s", TRUE, { 118, 130 }, { 117, NONE }, 124, OT_WATCH_LOST, OT_SIDE_CALLER, 123 },
  { "silent first, lost later", TRUE, { 118, 130 }, { 125, NONE }, 125, OT_WATCH_LOST, OT_SIDE_CALLER, 125 },
  { "lost, but the other is silent", TRUE, { 126, 118 }, { 110, NONE }, 126, OT_WATCH_NOTHING, 0, 0 },
  { "60 s without a connection", FALSE, { 170, 170 }, { NONE, 110 }, 170, OT_WATCH_LOST, OT_SIDE_CALLEE, 170 },
};
/* clang-format on */

static void
test_rows (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    const Row *row = &rows[i];
    OtWatchView view = { .reconnecting = row->reconnecting, .connected_us = 100 * S };
    OtWatchFinding found;
    for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++) {
      view.last_rtp_us[side] = row->last_s[side] * S;
      view.lost_since_us[side] = row->lost_s[side] * S;
    }
    found = ot_rtp_watch (&view, &limits, row->now_s * S);
    g_test_message ("%s: verdict %d at %" G_GINT64_FORMAT, row->what, found.verdict, found.at_us);
    g_assert_cmpint (found.verdict, ==, row->verdict);
    if (row->verdict == OT_WATCH_NOTHING)
      continue;
    g_assert_cmpint (found.at_us, ==, row->at_s * S);
    if (row->verdict != OT_WATCH_BACK)
      g_assert_cmpint (found.side, ==, row->side);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtp-watch/rows", test_rows);
  return g_test_run ();
}
