#pragma once

#include "call.h"

/** The parts of a call among themselves: call.c, call-look.c, call-media.c. */

/** ot_call_handle_own: an event of the server's own; out of season it is ignored. */
void ot_call_handle_own (OtCall *self, OtCallEvent event, OtActor by, gint64 at_us);

/** ot_call_charge_due: puts the units that fell due before @until_us; nothing unless in_call. */
void ot_call_charge_due (OtCall *self, gint64 until_us);

/** ot_call_offer_if_wanted: asks media for an offer to the otomo, if it is the server's turn. */
void ot_call_offer_if_wanted (OtCall *self);
