#pragma once

#include "call-pipeline.h"

/**
 * OtSideLegs:
 *
 * The legs of one side of a call: the one that carries its voice, one that is being set up to
 * replace it, and one that is an open offer of ours and has no webrtcbin yet. The first of all
 * stands in the pipeline's description; further ones are made beside it.
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
} OtSideLegs;

#define OT_LEGS_MAX 256 /* of a side, one after the other, in one call */

void ot_side_legs_init (OtSideLegs *self, GstElement *pipeline, OtSide side);

/** ot_side_legs_make: (transfer full) (nullable): a leg to open; NULL when there were too many. */
OtLeg *ot_side_legs_make (OtSideLegs *self);

/** ot_side_legs_drop: Closes the leg and takes it out of the pipeline; NULL: nothing. @leg:
 * (transfer full) */
void ot_side_legs_drop (OtSideLegs *self, OtLeg *leg);

/** ot_side_legs_drop_offer: Withdraws our offer: what its description promised isn't there any
 * more. */
void ot_side_legs_drop_offer (OtSideLegs *self);

/** ot_side_legs_take: A described leg comes in: beside one that is up, whether that was said yet or
 * not, in place of one that is not. @leg: (transfer full) */
void ot_side_legs_take (OtSideLegs *self, OtLeg *leg);

/** ot_side_legs_came_up: One of them came up: was it to replace the other, it does so. */
void ot_side_legs_came_up (OtSideLegs *self, OtLeg *leg);

/** ot_side_legs_went_down: It leaves. */
void ot_side_legs_went_down (OtSideLegs *self, OtLeg *leg);

/** ot_side_legs_clear: All leave. */
void ot_side_legs_clear (OtSideLegs *self);
