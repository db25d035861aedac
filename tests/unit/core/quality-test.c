/* The E-model, as a table: a row is what was measured, and the score × 100, worked out by hand from
 * ITU-T G.107 and G.107.2. Clean, loss, delay, and all of it together. */

#include <glib.h>

#include "quality.h"

typedef struct {
  const char *what;
  OtQuality caller; /* speaks */
  OtQuality callee; /* listens */
  int mos_percent;
} Row;

#define SPEAKS .packet_count = 1000
#define HEARS .forwarded_count = 1000, .report_count = 1, .heard_expected_count = 1000

static const Row rows[] = {
  { "nothing impairs it", { SPEAKS }, { HEARS }, 430 },
  { "1 % lost", { SPEAKS }, { HEARS, .heard_lost_count = 10 }, 409 },
  { "2 % lost", { SPEAKS }, { HEARS, .heard_lost_count = 20 }, 387 },
  { "5 % lost", { SPEAKS }, { HEARS, .heard_lost_count = 50 }, 328 },
  { "10 % lost", { SPEAKS }, { HEARS, .heard_lost_count = 100 }, 260 },
  { "all lost", { SPEAKS }, { HEARS, .heard_lost_count = 1000 }, 120 },
  { "more than all lost, as only a liar reports",
    { SPEAKS },
    { HEARS, .heard_lost_count = 9000 },
    120 },
  { "some came twice", { SPEAKS }, { HEARS, .heard_lost_count = -7 }, 430 },
  { "no report: what reached us",
    { .packet_count = 95, .lost_count = 5 },
    { .forwarded_count = 95 },
    328 },
  { "a report counts for more",
    { .packet_count = 95, .lost_count = 5 },
    { HEARS, .heard_lost_count = 10 },
    409 },
  { "126.5 ms", { SPEAKS, .round_trip_us = 120000 }, { HEARS, .round_trip_us = 80000 }, 430 },
  { "226.5 ms", { SPEAKS, .round_trip_us = 200000 }, { HEARS, .round_trip_us = 200000 }, 412 },
  { "426.5 ms", { SPEAKS, .round_trip_us = 800000 }, { HEARS }, 323 },
  { "jitter is waited for", { SPEAKS }, { HEARS, .heard_jitter_us = 200000 }, 323 },
  { "176.5 ms and 3 %",
    { SPEAKS, .round_trip_us = 150000 },
    { HEARS, .round_trip_us = 110000, .heard_lost_count = 30, .heard_jitter_us = 10000 },
    360 },
  { "the moon", { SPEAKS, .round_trip_us = 3947000 }, { HEARS, .heard_lost_count = 500 }, 100 },
};

static void
test_rows (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    OtQuality quality[OT_N_SIDES] = {
      [OT_SIDE_CALLER] = rows[i].caller, [OT_SIDE_CALLEE] = rows[i].callee
    };

    g_test_message ("%s", rows[i].what);
    g_assert_cmpint (ot_quality_mos_percent (quality, OT_SIDE_CALLEE), ==, rows[i].mos_percent);
    quality[OT_SIDE_CALLER] = rows[i].callee;
    quality[OT_SIDE_CALLEE] = rows[i].caller;
    g_assert_cmpint (ot_quality_mos_percent (quality, OT_SIDE_CALLER), ==, rows[i].mos_percent);
  }
}

static void
test_empty (void)
{
  OtQuality quality[OT_N_SIDES] = { { 0 } };

  g_assert_true (ot_quality_is_empty (quality));
  g_assert_cmpint (ot_quality_mos_percent (quality, OT_SIDE_CALLER), ==, 0);
  quality[OT_SIDE_CALLEE].packet_count = 1;
  g_assert_false (ot_quality_is_empty (quality));
  g_assert_cmpint (ot_quality_mos_percent (quality, OT_SIDE_CALLEE), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/quality/rows", test_rows);
  g_test_add_func ("/quality/empty", test_empty);
  return g_test_run ();
}
