/* Whether one more call is taken. */

#include <glib.h>

#include "admission.h"

#define S G_USEC_PER_SEC

static void
test_calls_at_a_time (void)
{
  const OtAdmissionRules rules = { .max_calls = 3 };
  OtAdmission admission = { 0 };

  g_assert_null (ot_admission_take (&admission, &rules, 2, S));
  g_assert_nonnull (ot_admission_take (&admission, &rules, 3, S));
  g_assert_nonnull (ot_admission_take (&admission, &rules, 4, S));
  g_assert_null (ot_admission_take (&admission, &rules, 0, S));
}

static void
test_calls_a_second (void)
{
  const OtAdmissionRules rules = { .max_calls = 100, .begun = { 4, 2 * S } };
  OtAdmission admission = { 0 };

  for (guint i = 0; i < 4; i++)
    g_assert_null (ot_admission_take (&admission, &rules, i, 10 * S));
  g_assert_nonnull (ot_admission_take (&admission, &rules, 4, 10 * S));
  g_assert_null (ot_admission_take (&admission, &rules, 4, 10 * S + S / 2));
  g_assert_nonnull (ot_admission_take (&admission, &rules, 5, 10 * S + S / 2));
}

/* What is refused for want of room takes nothing of the rate. */
static void
test_refused_is_not_counted (void)
{
  const OtAdmissionRules rules = { .max_calls = 1, .begun = { 1, S } };
  OtAdmission admission = { 0 };

  for (guint i = 0; i < 10; i++)
    g_assert_nonnull (ot_admission_take (&admission, &rules, 1, 10 * S));
  g_assert_null (ot_admission_take (&admission, &rules, 0, 10 * S));
}

static void
test_no_limits (void)
{
  const OtAdmissionRules rules = { 0 };
  OtAdmission admission = { 0 };

  for (guint i = 0; i < 1000; i++)
    g_assert_null (ot_admission_take (&admission, &rules, i, S));
}

/* ---- what the server sees of itself ---- */

#define LOOK (S / 10)

static const OtAdmissionSight nothing;

/* Looks from @at on, for @how_long, each as late as @late_by says and with so many packets more. */
static gint64
look (OtAdmission *self,
      const OtAdmissionRules *rules,
      gint64 at,
      gint64 how_long,
      guint64 *packets,
      guint n_packets,
      guint64 *late,
      guint n_late)
{
  gint64 end = at + how_long;

  for (; at < end; at += LOOK) {
    *packets += n_packets;
    *late += n_late;
    ot_admission_look (self, rules, &(OtAdmissionSight){ *packets, *late, 0 }, at + LOOK, at);
  }
  return end;
}

static void
test_stalled_loop (void)
{
  const OtAdmissionRules rules = { .max_stall_us = S / 5 };
  OtAdmission admission = { 0 };
  gint64 now = 10 * S;

  g_assert_null (ot_admission_take (&admission, &rules, 0, now)); /* nobody has looked yet */
  ot_admission_look (&admission, &rules, &nothing, now + LOOK, now);
  g_assert_false (ot_admission_is_busy (&admission, &rules, now + LOOK + S / 5));
  /* the request is before the look that is late */
  g_assert_nonnull (ot_admission_take (&admission, &rules, 0, now + LOOK + S / 5 + 1));
  now += LOOK + S / 5 + 1;
  ot_admission_look (&admission, &rules, &nothing, now + LOOK, now);
  for (gint64 later = 0; later < OT_ADMISSION_HOLD_US; later += LOOK) {
    g_assert_true (ot_admission_is_busy (&admission, &rules, now + later));
    ot_admission_look (&admission, &rules, &nothing, now + later + LOOK, now + later);
  }
  g_assert_null (ot_admission_take (&admission, &rules, 0, now + OT_ADMISSION_HOLD_US));
}

static void
test_late_voice (void)
{
  const OtAdmissionRules rules = { 0 };
  OtAdmission admission = { 0 };
  guint64 packets = 0;
  guint64 late = 0;
  gint64 now = look (&admission, &rules, S, 3 * S, &packets, 1000, &late, 10);

  g_assert_false (ot_admission_is_busy (&admission, &rules, now)); /* one in a hundred */
  now = look (&admission, &rules, now, LOOK, &packets, 1000, &late, 1000);
  g_assert_true (ot_admission_is_busy (&admission, &rules, now));
  now = look (&admission, &rules, now, OT_ADMISSION_HOLD_US, &packets, 1000, &late, 0);
  now = look (&admission, &rules, now, S, &packets, 1000, &late, 0);
  g_assert_false (ot_admission_is_busy (&admission, &rules, now));
  now = look (&admission, &rules, now, 10 * S, &packets, 1000, &late, 11);
  g_assert_true (ot_admission_is_busy (&admission, &rules, now));
}

/* A few packets of a server with one call are no verdict. */
static void
test_few_late_packets (void)
{
  const OtAdmissionRules rules = { 0 };
  OtAdmission admission = { 0 };
  guint64 packets = 0;
  guint64 late = 0;
  gint64 now = look (&admission, &rules, S, S / 2, &packets, 1, &late, 0);

  ot_admission_look (&admission, &rules, &(OtAdmissionSight){ packets + 9, late + 9, 0 },
                     now + LOOK, now);
  g_assert_false (ot_admission_is_busy (&admission, &rules, now));
  ot_admission_look (&admission, &rules, &(OtAdmissionSight){ packets + 10, late + 10, 0 },
                     now + LOOK, now);
  g_assert_true (ot_admission_is_busy (&admission, &rules, now));
}

static void
test_late_books (void)
{
  const OtAdmissionRules rules = { .max_record_lag_us = S / 5 };
  const OtAdmissionRules any = { 0 };
  const OtAdmissionSight late = { .record_lag_us = S / 5 + 1 };
  OtAdmission admission = { 0 };
  gint64 now = 10 * S;

  ot_admission_look (&admission, &rules, &(OtAdmissionSight){ 0, 0, S / 5 }, now + LOOK, now);
  g_assert_null (ot_admission_take (&admission, &rules, 0, now));
  for (guint i = 0; i < 3; i++)
    ot_admission_look (&admission, &any, &(OtAdmissionSight){ 0, 0, S }, now + LOOK, now);
  g_assert_null (ot_admission_take (&admission, &any, 0, now));
  ot_admission_look (&admission, &rules, &late, now + LOOK, now);
  ot_admission_look (&admission, &rules, &nothing, now + LOOK, now);
  ot_admission_look (&admission, &rules, &late, now + LOOK, now);
  g_assert_null (ot_admission_take (&admission, &rules, 0, now)); /* a disk that hesitates */
  ot_admission_look (&admission, &rules, &late, now + LOOK, now);
  g_assert_nonnull (ot_admission_take (&admission, &rules, 0, now));
  ot_admission_look (&admission, &rules, &nothing, now + LOOK, now);
  g_assert_false (ot_admission_is_busy (&admission, &rules, now)); /* at once */
}

/* Refused for that, it takes nothing of the rate either. */
static void
test_busy_takes_nothing (void)
{
  const OtAdmissionRules rules = { .begun = { 1, S }, .max_stall_us = S };
  OtAdmission admission = { .busy_until_us = 10 * S };

  for (guint i = 0; i < 10; i++)
    g_assert_nonnull (ot_admission_take (&admission, &rules, 0, 10 * S - 1));
  g_assert_null (ot_admission_take (&admission, &rules, 0, 10 * S));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/admission/calls-at-a-time", test_calls_at_a_time);
  g_test_add_func ("/admission/calls-a-second", test_calls_a_second);
  g_test_add_func ("/admission/refused-is-not-counted", test_refused_is_not_counted);
  g_test_add_func ("/admission/no-limits", test_no_limits);
  g_test_add_func ("/admission/stalled-loop", test_stalled_loop);
  g_test_add_func ("/admission/late-voice", test_late_voice);
  g_test_add_func ("/admission/few-late-packets", test_few_late_packets);
  g_test_add_func ("/admission/late-books", test_late_books);
  g_test_add_func ("/admission/busy-takes-nothing", test_busy_takes_nothing);
  return g_test_run ();
}
