#pragma once

#include <glib.h>

/** OtChargeMode: `billing.charge`: when a unit is charged. Frozen with the call, as its price is.
 */
typedef enum {
  OT_CHARGE_ADVANCE, /* when it begins: every second is paid before it is spoken */
  OT_CHARGE_ARREARS, /* when it is over; the price of one unit is held from the start */
} OtChargeMode;

/** OtPartialUnit: `billing.partial_unit`: what becomes of a unit in arrears that a call's end cuts.
 */
typedef enum {
  OT_PARTIAL_CHARGE,   /* the whole price */
  OT_PARTIAL_FREE,     /* nothing */
  OT_PARTIAL_PRO_RATA, /* the talked part of the price, rounded up to a whole point */
} OtPartialUnit;

/** Their names, as in the configuration and the database; static. Parsing wants a name of these. */
const char *ot_charge_mode_name (OtChargeMode mode);
const char *ot_partial_unit_name (OtPartialUnit rule);
OtChargeMode ot_charge_mode_parse (const char *name);
OtPartialUnit ot_partial_unit_parse (const char *name);

/**
 * OtBilling:
 *
 * The clock of a call's units (BILLING.md "Units"): unit n is charged at start + (n−1)·unit in
 * advance, at start + n·unit in arrears, counted from the start and never from the last tick, so it
 * can't drift. Pure integers; monotonic µs; no timer, no clock. What a unit costs, and whose it is
 * then, is the database's to say (data/sql/004-records.sql). Worked examples: docs/billing.md,
 * which is the unit test's data.
 */
typedef struct {
  OtChargeMode mode;
  gint64 start_us; /* the clock's zero: arrival of the first RTP packet */
  gint64 unit_us;  /* > 0 */
  int units_taken; /* how many were handed out for charging */
} OtBilling;

/** ot_billing_start: sets the zero. In advance unit 1 is due, and taken, at once: it is charged
 * with the start itself. */
void ot_billing_start (OtBilling *self, OtChargeMode mode, gint64 start_us, gint64 unit_us);

/** ot_billing_due_us: when unit @index, from 1, falls due. */
gint64 ot_billing_due_us (const OtBilling *self, int index);

/** ot_billing_next_due_us: when the first unit that was not taken yet falls due. */
gint64 ot_billing_next_due_us (const OtBilling *self);

/**
 * ot_billing_take:
 * @until_us: looks at what fell due before this instant; a call that is cut at a due instant owes
 * nothing for it
 *
 * Returns: the index of a unit that is due, each index once and in order; 0: none
 */
int ot_billing_take (OtBilling *self, gint64 until_us);

/** ot_billing_units_left: how many more units a balance covers. 0 for a negative balance or a price
 * of 0 or less. */
gint64 ot_billing_units_left (gint64 balance_points, gint64 price_points);
