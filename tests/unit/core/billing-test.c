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

/* Rounded up, never above the price, never below nothing. */
static void
test_partial (void)
{
  for (gint64 price = 1; price <= 61; price++)
    for (gint64 part = -1; part <= 61; part++) {
      gint64 points = ot_billing_partial (OT_PARTIAL_PRO_RATA, price, part, 60);
      gint64 talked = CLAMP (part, 0, 60);
      g_assert_cmpint (points * 60, >=, price * talked);
      g_assert_cmpint ((points - 1) * 60, <, talked == 0 ? 1 : price * talked);
      g_assert_cmpint (points, <=, price);
      g_assert_cmpint (ot_billing_partial (OT_PARTIAL_CHARGE, price, part, 60), ==,
                       talked > 0 ? price : 0);
      g_assert_cmpint (ot_billing_partial (OT_PARTIAL_FREE, price, part, 60), ==,
                       talked == 60 ? price : 0);
    }
}

static void
test_share (void)
{
  static const gint64 table[][3] = { /* price, percent, share */
                                     { 10, 50, 5 },
                                     { 10, 0, 0 },
                                     { 10, 100, 10 },
                                     { 1, 99, 0 },
                                     { 3, 50, 1 },
                                     { 199, 33, 65 },
                                     { 100, 33, 33 },
                                     { G_MAXINT64, 100, G_MAXINT64 },
                                     { G_MAXINT64, 50, G_MAXINT64 / 2 }
  };

  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    g_assert_cmpint (ot_billing_share (table[i][0], table[i][1]), ==, table[i][2]);
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
  g_test_add_func ("/billing/partial", test_partial);
  g_test_add_func ("/billing/share", test_share);
  g_test_add_func ("/billing/units-left", test_units_left);
  return g_test_run ();
}
