/* The clock of units and the division of a price. */

#include <glib.h>

#include "billing.h"

#define S ((gint64)G_USEC_PER_SEC)

static void
test_due_instants (void)
{
  OtBilling billing;

  ot_billing_start (&billing, OT_CHARGE_ADVANCE, 7 * S, 60 * S);
  g_assert_cmpint (ot_billing_due_us (&billing, 1), ==, 7 * S);
  g_assert_cmpint (ot_billing_next_due_us (&billing), ==, 67 * S);
  g_assert_cmpint (ot_billing_take (&billing, 7 * S), ==, 0);
  g_assert_cmpint (ot_billing_take (&billing, 67 * S), ==, 0); /* cut at the instant: not owed */
  g_assert_cmpint (ot_billing_take (&billing, 67 * S + 1), ==, 2);
  g_assert_cmpint (ot_billing_take (&billing, 67 * S + 1), ==, 0);
}

/* However late somebody looks, each unit comes once, in order, at its own instant. */
static void
test_late_look (void)
{
  OtBilling billing;

  ot_billing_start (&billing, OT_CHARGE_ADVANCE, 0, S);
  for (int i = 2; i <= 10; i++)
    g_assert_cmpint (ot_billing_take (&billing, 9 * S + S / 2), ==, i);
  g_assert_cmpint (ot_billing_take (&billing, 9 * S + S / 2), ==, 0);
  g_assert_cmpint (ot_billing_next_due_us (&billing), ==, 10 * S);
}

static void
test_no_drift (void)
{
  OtBilling billing;
  gint64 now_us = 0;

  ot_billing_start (&billing, OT_CHARGE_ADVANCE, 0, 60 * S);
  for (int i = 2; i <= 10000; i++) {
    now_us = ot_billing_next_due_us (&billing) + 37000; /* the loop is always 37 ms late */
    g_assert_cmpint (ot_billing_take (&billing, now_us), ==, i);
  }
  g_assert_cmpint (ot_billing_due_us (&billing, 10000), ==, 9999 * 60 * S);
}

static void
test_arrears (void)
{
  OtBilling billing;

  ot_billing_start (&billing, OT_CHARGE_ARREARS, 7 * S, 60 * S);
  g_assert_cmpint (ot_billing_take (&billing, 7 * S + 1), ==, 0);
  g_assert_cmpint (ot_billing_next_due_us (&billing), ==, 67 * S);
  g_assert_cmpint (ot_billing_take (&billing, 67 * S), ==, 0);
  g_assert_cmpint (ot_billing_take (&billing, 67 * S + 1), ==, 1);
  g_assert_cmpint (ot_billing_next_due_us (&billing), ==, 127 * S);
}

static void
test_units_left (void)
{
  g_assert_cmpint (ot_billing_units_left (99, 10), ==, 9);
  g_assert_cmpint (ot_billing_units_left (9, 10), ==, 0);
  g_assert_cmpint (ot_billing_units_left (0, 10), ==, 0);
  g_assert_cmpint (ot_billing_units_left (-5, 10), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/billing/due-instants", test_due_instants);
  g_test_add_func ("/billing/late-look", test_late_look);
  g_test_add_func ("/billing/no-drift", test_no_drift);
  g_test_add_func ("/billing/arrears", test_arrears);
  g_test_add_func ("/billing/units-left", test_units_left);
  return g_test_run ();
}
