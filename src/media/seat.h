#pragma once

#include "call-pipeline.h"

/**
 * OtSeat:
 *
 * One side's place in a call: the leg that carries its voice, one that is being set up to replace
 * it, and one that is an open offer of ours and has no webrtcbin yet. The first of all stands in
 * the pipeline's description; further ones are made beside it.
 *
 * Thread: the call's lane.
 */
typedef struct {
  GstElement *pipeline; /* borrowed */
  OtSide side;
  OtLeg *leg;     /* owned (nullable) */
  OtLeg *next;    /* owned (nullable) */
  OtLeg *offered; /* owned (nullable) */
  guint n_legs;   /* made so far */
  guint n_candidates;
} OtSeat;

#define OT_LEGS_MAX 256 /* of a side, one after the other, in one call */

void ot_seat_init (OtSeat *self, GstElement *pipeline, OtSide side);

/** ot_seat_make_leg: (transfer full) (nullable): a leg to open; NULL when there were too many. */
OtLeg *ot_seat_make_leg (OtSeat *self);

/** ot_seat_drop: Closes the leg and takes it out of the pipeline; NULL: nothing. @leg: (transfer
 * full) */
void ot_seat_drop (OtSeat *self, OtLeg *leg);

/** ot_seat_drop_offer: Withdraws our offer: what its description promised isn't there any more. */
void ot_seat_drop_offer (OtSeat *self);

/** ot_seat_take: A described leg sits down: beside one that is up, in place of one that is not.
 * @leg: (transfer full) */
void ot_seat_take (OtSeat *self, OtLeg *leg);

/** ot_seat_leg_is_up: The leg that was to replace the other does so. */
void ot_seat_leg_is_up (OtSeat *self, OtLeg *leg);

/** ot_seat_leg_is_down: It leaves. */
void ot_seat_leg_is_down (OtSeat *self, OtLeg *leg);

/** ot_seat_clear: All leave. */
void ot_seat_clear (OtSeat *self);
