/* The end of a token, step by step: what is due at which instant of both clocks. */

#include "token-lease.h"

#define S ((gint64)G_USEC_PER_SEC)
#define WALL (G_GINT64_CONSTANT (1750000000) * S) /* UTC at the beginning */
#define MONO (1000 * S)                           /* the monotonic clock then */
#define NOTICE (60 * S)
#define GRACE (30 * S)

static OtTokenLease
lease_for (gint64 life_us)
{
  OtTokenLease lease;

  ot_token_lease_begin (&lease, life_us == G_MAXINT64 ? G_MAXINT64 : WALL + life_us, NOTICE, GRACE,
                        WALL);
  return lease;
}

/* Both clocks, so long after the beginning. */
static void
assert_due (OtTokenLease *lease, gint64 after_us, OtTokenLeaseDue due)
{
  g_assert_cmpint (ot_token_lease_look (lease, WALL + after_us, MONO + after_us), ==, due);
}

static void
test_life (void)
{
  OtTokenLease lease = lease_for (600 * S);

  assert_due (&lease, 0, OT_TOKEN_LEASE_NOTHING);
  assert_due (&lease, 540 * S - 1, OT_TOKEN_LEASE_NOTHING);
  assert_due (&lease, 540 * S, OT_TOKEN_LEASE_ENDS);
  assert_due (&lease, 541 * S, OT_TOKEN_LEASE_NOTHING);
  assert_due (&lease, 600 * S - 1, OT_TOKEN_LEASE_NOTHING);
  g_assert_false (ot_token_lease_has_ended (&lease));
  assert_due (&lease, 600 * S, OT_TOKEN_LEASE_ENDED);
  g_assert_true (ot_token_lease_has_ended (&lease));
  assert_due (&lease, 601 * S, OT_TOKEN_LEASE_NOTHING);
  assert_due (&lease, 608 * S, OT_TOKEN_LEASE_ASK);
  g_assert_true (ot_token_lease_keep (&lease, FALSE, MONO + 608 * S));
  assert_due (&lease, 609 * S, OT_TOKEN_LEASE_NOTHING);
  assert_due (&lease, 629 * S, OT_TOKEN_LEASE_ASK);
  g_assert_true (ot_token_lease_keep (&lease, FALSE, MONO + 629 * S));
  g_assert_false (ot_token_lease_keep (&lease, FALSE, MONO + 630 * S));
}

static void
test_needed (void)
{
  OtTokenLease lease = lease_for (600 * S);

  assert_due (&lease, 600 * S, OT_TOKEN_LEASE_ENDED);
  for (gint64 at_us = 700 * S; at_us < 100000 * S; at_us += 100 * S) {
    assert_due (&lease, at_us, OT_TOKEN_LEASE_ASK);
    g_assert_true (ot_token_lease_keep (&lease, TRUE, MONO + at_us));
  }
  g_assert_true (ot_token_lease_keep (&lease, FALSE, MONO + 99900 * S + GRACE - 1));
  g_assert_false (ot_token_lease_keep (&lease, FALSE, MONO + 99900 * S + GRACE));
}

static void
test_renewed (void)
{
  OtTokenLease lease = lease_for (600 * S);

  assert_due (&lease, 540 * S, OT_TOKEN_LEASE_ENDS);
  assert_due (&lease, 600 * S, OT_TOKEN_LEASE_ENDED);
  ot_token_lease_begin (&lease, WALL + 2000 * S, NOTICE, GRACE, WALL + 610 * S);
  g_assert_false (ot_token_lease_has_ended (&lease));
  assert_due (&lease, 1939 * S, OT_TOKEN_LEASE_NOTHING);
  assert_due (&lease, 1940 * S, OT_TOKEN_LEASE_ENDS);
  assert_due (&lease, 2000 * S, OT_TOKEN_LEASE_ENDED);
}

static void
test_short (void)
{
  OtTokenLease lease = lease_for (10 * S);
  OtTokenLease over = lease_for (-1);

  assert_due (&lease, 4 * S, OT_TOKEN_LEASE_NOTHING);
  assert_due (&lease, 5 * S, OT_TOKEN_LEASE_ENDS);
  assert_due (&lease, 10 * S, OT_TOKEN_LEASE_ENDED);
  assert_due (&over, 0, OT_TOKEN_LEASE_ENDED);
}

static void
test_endless (void)
{
  OtTokenLease lease = lease_for (G_MAXINT64);

  assert_due (&lease, G_GINT64_CONSTANT (1000000000000) * S, OT_TOKEN_LEASE_NOTHING);
}

static void
test_without_notice (void)
{
  OtTokenLease lease;

  ot_token_lease_begin (&lease, WALL + 600 * S, 0, GRACE, WALL);
  assert_due (&lease, 600 * S - 1, OT_TOKEN_LEASE_NOTHING);
  assert_due (&lease, 600 * S, OT_TOKEN_LEASE_ENDED);
}

/* A step of UTC moves the end, but takes nobody's grace away. */
static void
test_clock_step (void)
{
  OtTokenLease lease = lease_for (600 * S);

  g_assert_cmpint (ot_token_lease_look (&lease, WALL + 86400 * S, MONO + S), ==,
                   OT_TOKEN_LEASE_ENDED);
  g_assert_cmpint (ot_token_lease_look (&lease, WALL + 86400 * S, MONO + 30 * S), ==,
                   OT_TOKEN_LEASE_ASK);
  g_assert_true (ot_token_lease_keep (&lease, FALSE, MONO + 30 * S));
  g_assert_false (ot_token_lease_keep (&lease, FALSE, MONO + 31 * S));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lease/life", test_life);
  g_test_add_func ("/lease/needed", test_needed);
  g_test_add_func ("/lease/renewed", test_renewed);
  g_test_add_func ("/lease/short", test_short);
  g_test_add_func ("/lease/endless", test_endless);
  g_test_add_func ("/lease/without-notice", test_without_notice);
  g_test_add_func ("/lease/clock-step", test_clock_step);
  return g_test_run ();
}
