#pragma once

#include "billing.h"

/**
 * SECTION:bill-table
 *
 * The worked examples of docs/billing.md, a row each: what a call with these terms costs. Read by
 * the unit test of the rules and by the store's test of the same in SQL.
 */
typedef struct {
  OtChargeMode charge;
  OtPartialUnit partial_unit;
  gint64 price_points;
  gint64 share_percent;
  gint64 unit_us;
  gint64 balance_points; /* before the call */
  gint64 hangs_up_us;    /* from the start */
  gint64 talked_us;      /* from here on: what must come of it */
  gint64 units;
  gint64 charged_points;
  gint64 earned_points;
  gint64 left_points;
} BillRow;

/** bill_table_read: Returns: (transfer full) (element-type BillRow): all rows; ends the program
 * when the file is not as it should be. */
GArray *bill_table_read (const char *file);
