/* The clock of a call's units. Pure. */

#include "billing.h"

static const char *const charge_modes[] = {
  [OT_CHARGE_ADVANCE] = "advance",
  [OT_CHARGE_ARREARS] = "arrears",
};

static const char *const partial_units[] = {
  [OT_PARTIAL_CHARGE] = "charge",
  [OT_PARTIAL_FREE] = "free",
  [OT_PARTIAL_PRO_RATA] = "pro_rata",
};

static guint
find_name (const char *const *names, guint n_names, const char *name)
{
  for (guint i = 0; i < n_names; i++)
    if (g_strcmp0 (names[i], name) == 0)
      return i;
  g_return_val_if_reached (0);
}

const char *
ot_charge_mode_name (OtChargeMode mode)
{
  g_return_val_if_fail (mode < G_N_ELEMENTS (charge_modes), NULL);
  return charge_modes[mode];
}

const char *
ot_partial_unit_name (OtPartialUnit rule)
{
  g_return_val_if_fail (rule < G_N_ELEMENTS (partial_units), NULL);
  return partial_units[rule];
}

OtChargeMode
ot_charge_mode_parse (const char *name)
{
  return find_name (charge_modes, G_N_ELEMENTS (charge_modes), name);
}

OtPartialUnit
ot_partial_unit_parse (const char *name)
{
  return find_name (partial_units, G_N_ELEMENTS (partial_units), name);
}

void
ot_billing_start (OtBilling *self, OtChargeMode mode, gint64 start_us, gint64 unit_us)
{
  g_return_if_fail (unit_us > 0);
  *self = (OtBilling){
    .mode = mode, .start_us = start_us, .unit_us = unit_us, .units_taken = mode == OT_CHARGE_ADVANCE
  };
}

gint64
ot_billing_due_us (const OtBilling *self, int index)
{
  return self->start_us + (index - (self->mode == OT_CHARGE_ADVANCE)) * self->unit_us;
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
ot_billing_units_left (gint64 balance_points, gint64 price_points)
{
  return balance_points <= 0 || price_points <= 0 ? 0 : balance_points / price_points;
}
