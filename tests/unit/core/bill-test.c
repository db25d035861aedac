/* The rules give what docs/billing.md says: a call is walked unit by unit, with a wallet that is a
 * number. */

#include "bill-table.h"

#define START_US G_GINT64_CONSTANT (123456789)

typedef struct {
  gint64 wallet_points, held_points, charged_points, earned_points;
  int units;
} Bill;

/* What the database does (rest_price, move_unit): the part that was talked, rounded up to a whole
 * point; the otomo's share of it, rounded down. */
static gint64
price_of_part (const BillRow *row, gint64 part_us)
{
  if (part_us <= 0)
    return 0;
  if (part_us >= row->unit_us || row->partial_unit == OT_PARTIAL_CHARGE)
    return row->price_points;
  if (row->partial_unit == OT_PARTIAL_FREE)
    return 0;
  return (gint64)(((__int128)row->price_points * part_us + row->unit_us - 1) / row->unit_us);
}

static void
charge (Bill *bill, gint64 *payer, gint64 points, gint64 share_percent)
{
  *payer -= points;
  bill->charged_points += points;
  bill->earned_points += (gint64)((__int128)points * share_percent / 100);
  bill->units++;
}

/* Returns: whether the call may go on. */
static gboolean
charge_whole (Bill *bill, const BillRow *row)
{
  if (bill->wallet_points >= row->price_points) {
    charge (bill, &bill->wallet_points, row->price_points, row->share_percent);
    return TRUE;
  }
  if (row->charge == OT_CHARGE_ARREARS)
    charge (bill, &bill->held_points, row->price_points, row->share_percent);
  return FALSE;
}

/* Returns: when the call ended, from its start. */
static gint64
walk (Bill *bill, const BillRow *row)
{
  OtBilling billing;
  int unit;

  ot_billing_start (&billing, row->charge, START_US, row->unit_us);
  if (row->charge == OT_CHARGE_ADVANCE) {
    charge_whole (bill, row);
  } else {
    bill->wallet_points -= row->price_points;
    bill->held_points = row->price_points;
  }
  while ((unit = ot_billing_take (&billing, START_US + row->hangs_up_us)) != 0)
    if (!charge_whole (bill, row))
      return ot_billing_due_us (&billing, unit) - START_US;
  return row->hangs_up_us;
}

static void
settle (Bill *bill, const BillRow *row, gint64 talked_us)
{
  gint64 points = price_of_part (row, talked_us - bill->units * row->unit_us);

  if (points > 0)
    charge (bill, &bill->held_points, points, row->share_percent);
  bill->wallet_points += bill->held_points;
}

static void
test_table (void)
{
  g_autoptr (GArray) rows = bill_table_read (BILL_TABLE);

  for (guint i = 0; i < rows->len; i++) {
    const BillRow *row = &g_array_index (rows, BillRow, i);
    Bill bill = { .wallet_points = row->balance_points };
    gint64 talked_us = walk (&bill, row);
    if (row->charge == OT_CHARGE_ARREARS)
      settle (&bill, row, talked_us);
    g_test_message ("row %u", i + 1);
    g_assert_cmpint (talked_us, ==, row->talked_us);
    g_assert_cmpint (bill.units, ==, row->units);
    g_assert_cmpint (bill.charged_points, ==, row->charged_points);
    g_assert_cmpint (bill.earned_points, ==, row->earned_points);
    g_assert_cmpint (bill.wallet_points, ==, row->left_points);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bill/table", test_table);
  return g_test_run ();
}
