/* The token bucket. */

#include <glib.h>

#include "quota.h"

#define S G_USEC_PER_SEC

static const OtQuotaRule ten_a_second = { 10, S };

static guint
take_all (OtQuota *quota, gint64 now_us)
{
  guint n = 0;

  while (ot_quota_take (quota, &ten_a_second, 1, now_us))
    n++;
  return n;
}

static void
test_burst_and_rate (void)
{
  OtQuota quota = { 0 };

  g_assert_cmpuint (take_all (&quota, 100 * S), ==, 10);
  g_assert_cmpuint (take_all (&quota, 100 * S + S / 10 - 1), ==, 0);
  g_assert_cmpuint (take_all (&quota, 100 * S + S / 10), ==, 1);
  g_assert_cmpuint (take_all (&quota, 100 * S + S / 2), ==, 4);
  g_assert_cmpuint (take_all (&quota, 200 * S), ==, 10); /* never more than the amount at once */
}

/* However it is asked, in the long run no more than the rate. */
static void
test_long_run (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  OtQuota quota = { 0 };
  gint64 now_us = 5 * S;
  gint64 taken = 0;

  for (int i = 0; i < 100000; i++) {
    gint64 amount = g_rand_int_range (rand, 1, 12);
    now_us += g_rand_int_range (rand, 0, S / 5);
    if (ot_quota_take (&quota, &ten_a_second, amount, now_us))
      taken += amount;
    g_assert_cmpint (taken, <=, 10 + (now_us - 5 * S) * 10 / S);
  }
  g_assert_cmpint (taken, >, (now_us - 5 * S) * 8 / S);
}

static void
test_all_or_nothing (void)
{
  OtQuota quota = { 0 };

  g_assert_true (ot_quota_take (&quota, &ten_a_second, 7, S));
  g_assert_false (ot_quota_has (&quota, &ten_a_second, 4, S));
  g_assert_false (ot_quota_take (&quota, &ten_a_second, 4, S));
  g_assert_true (ot_quota_take (&quota, &ten_a_second, 3, S)); /* the refused cost nothing */
  g_assert_false (ot_quota_take (&quota, &ten_a_second, 11, 100 * S)); /* never there */
  g_assert_false (ot_quota_is_full (&quota, 2 * S - 1));
  g_assert_true (ot_quota_is_full (&quota, 2 * S));
}

/* What was used before anybody could ask: it is paid back, but not for ever. */
static void
test_debt (void)
{
  OtQuota quota = { 0 };

  for (int i = 0; i < 12; i++)
    ot_quota_owe (&quota, &ten_a_second, 1, S);
  g_assert_false (ot_quota_has (&quota, &ten_a_second, 1, S + 3 * S / 10 - 1));
  g_assert_true (ot_quota_has (&quota, &ten_a_second, 1, S + 3 * S / 10));
  ot_quota_owe (&quota, &ten_a_second, 1000000, S);
  g_assert_false (ot_quota_has (&quota, &ten_a_second, 1, 2 * S));
  g_assert_true (ot_quota_has (&quota, &ten_a_second, 1, 2 * S + S / 10));
}

static void
test_without_limit (void)
{
  static const OtQuotaRule none = { 0, 0 };
  OtQuota quota = { 0 };

  for (int i = 0; i < 1000; i++)
    g_assert_true (ot_quota_take (&quota, &none, 1000000, 0));
  g_assert_true (ot_quota_is_full (&quota, 0));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/quota/burst-and-rate", test_burst_and_rate);
  g_test_add_func ("/quota/long-run", test_long_run);
  g_test_add_func ("/quota/all-or-nothing", test_all_or_nothing);
  g_test_add_func ("/quota/debt", test_debt);
  g_test_add_func ("/quota/without-limit", test_without_limit);
  return g_test_run ();
}
