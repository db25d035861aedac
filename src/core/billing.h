#pragma once

#include <glib.h>

/**
 * OtBilling:
 *
 * The clock of a call's units, mode `advance` (BILLING.md "Units"): unit n falls due at start + (n−1)·unit, counted
 * from the start and never from the last tick, so it can't drift. Pure integers; monotonic µs; no timer, no clock.
 */
typedef struct {
  gint64 start_us; /* the clock's zero: arrival of the first RTP packet */
  gint64 unit_us;  /* > 0 */
  int units_taken; /* how many were handed out for charging */
} OtBilling;

/** ot_billing_start: sets the zero. Unit 1 is due, and taken, at once: it is charged with the start itself. */
void ot_billing_start (OtBilling *self, gint64 start_us, gint64 unit_us);

/** ot_billing_due_us: when unit @index, from 1, falls due. */
gint64 ot_billing_due_us (const OtBilling *self, int index);

/** ot_billing_next_due_us: when the first unit that was not taken yet falls due. */
gint64 ot_billing_next_due_us (const OtBilling *self);

/**
 * ot_billing_take:
 * @until_us: looks at what fell due before this instant; a call that is cut at a due instant owes nothing for it
 *
 * Returns: the index of a unit that is due, each index once and in order; 0: none
 */
int ot_billing_take (OtBilling *self, gint64 until_us);

/** ot_billing_share: the otomo's part of a price, rounded down: what doesn't divide is the platform's. */
gint64 ot_billing_share (gint64 price_points, gint64 share_percent);

/** ot_billing_units_left: how many more units a balance covers. 0 for a negative balance or a price of 0 or less. */
gint64 ot_billing_units_left (gint64 balance_points, gint64 price_points);
