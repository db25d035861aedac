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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/admission/calls-at-a-time", test_calls_at_a_time);
  g_test_add_func ("/admission/calls-a-second", test_calls_a_second);
  g_test_add_func ("/admission/refused-is-not-counted", test_refused_is_not_counted);
  g_test_add_func ("/admission/no-limits", test_no_limits);
  return g_test_run ();
}
