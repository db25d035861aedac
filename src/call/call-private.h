#pragma once

#include "call.h"

/** The parts of a call among themselves: call.c, call-records.c, call-look.c, call-media.c,
 * call-figures.c; and what the registry records in their way. */

/** ot_call_side_of_actor: whose an event is; the server's counts as the caller's. */
static inline OtSide
ot_call_side_of_actor (OtActor by)
{
  return by == OT_BY_CALLEE ? OT_SIDE_CALLEE : OT_SIDE_CALLER;
}

/** ot_call_handle_own: an event of the server's own; out of season it is ignored. */
void ot_call_handle_own (OtCall *self, OtCallEvent event, OtActor by, gint64 at_us);

/** ot_call_put_request: the record of a new call. */
void ot_call_put_request (OtCall *self, gint64 at_us);

/** ot_call_put_rule: the record of a rule that was carried out and what is told then, as one item;
 * @from is the state before. */
void
ot_call_put_rule (OtCall *self, const OtCallRule *rule, OtCallState from, const OtCallInput *input);

/**
 * ot_call_note_refusal:
 * @call: (nullable): NULL: there is no such call
 * @call_id: (nullable): as it was said
 * @actor: (nullable): who sent it
 * @event: (nullable): its name
 *
 * The row of an event that was refused. Nobody waits for it, and it keeps no order with the call's
 * own records.
 */
void ot_call_note_refusal (const OtCallPorts *ports,
                           const OtCall *call,
                           const char *call_id,
                           const char *actor,
                           const char *event,
                           OtCode code);

/** ot_call_charge_due: puts the units that fell due before @until_us; nothing unless in_call. */
void ot_call_charge_due (OtCall *self, gint64 until_us);

/** ot_call_offer_if_wanted: asks media for an offer to the otomo, if it is the server's turn. */
void ot_call_offer_if_wanted (OtCall *self);

/** ot_call_count: what the database's answer to @item adds to the figures. */
void ot_call_count (const OtCall *self, const OtOutboxItem *item, const OtRecordResult *result);
