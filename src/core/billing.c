/* The clock of a call's units and the division of a price. Pure. */

#include "billing.h"

void
ot_billing_start (OtBilling *self, gint64 start_us, gint64 unit_us)
{
  g_return_if_fail (unit_us > 0);
  *self = (OtBilling) { .start_us = start_us, .unit_us = unit_us, .units_taken = 1 };
}

gint64
ot_billing_due_us (const OtBilling *self, int index)
{
  return self->start_us + (index - 1) * self->unit_us;
}

gint64
ot_billing_next_due_us (const OtBilling *self)
{
  return ot_billing_due_us (self, self->units_taken + 1);
}

int
ot_billing_take (OtBilling *self, gint64 until_us)
{
  if (ot_billing_next_due_us (self) >= until_us)
    return 0;
  return ++self->units_taken;
}

gint64
ot_billing_share (gint64 price_points, gint64 share_percent)
{
  g_return_val_if_fail (price_points >= 0 && share_percent >= 0 && share_percent <= 100, 0);
  /* in two parts, since price × percent could overflow */
  return price_points / 100 * share_percent + price_points % 100 * share_percent / 100;
}

gint64
ot_billing_units_left (gint64 balance_points, gint64 price_points)
{
  return balance_points <= 0 || price_points <= 0 ? 0 : balance_points / price_points;
}
