/* Who offers to whom. Pure. */

#include "negotiation.h"

void
ot_negotiation_restart (OtNegotiation *self, OtSide side)
{
  self->step[side] = OT_NEGOTIATION_NONE;
}

void
ot_negotiation_client_offer (OtNegotiation *self, OtSide side)
{
  self->step[side] = OT_NEGOTIATION_CLIENT_OFFERED;
  self->descriptions[side]++;
}

gboolean
ot_negotiation_take_answer (OtNegotiation *self, OtSide side)
{
  if (self->step[side] != OT_NEGOTIATION_SERVER_OFFERED)
    return FALSE;
  self->step[side] = OT_NEGOTIATION_ANSWERED;
  self->descriptions[side]++;
  return TRUE;
}

void
ot_negotiation_refused (OtNegotiation *self, OtSide side, guint number)
{
  if (number == self->descriptions[side])
    ot_negotiation_restart (self, side);
}

gboolean
ot_negotiation_wants_offer (const OtNegotiation *self)
{
  return !self->callee_offers && self->step[OT_SIDE_CALLER] == OT_NEGOTIATION_CLIENT_OFFERED
         && self->step[OT_SIDE_CALLEE] == OT_NEGOTIATION_NONE;
}

gboolean
ot_negotiation_server_offer (OtNegotiation *self, OtSide side)
{
  if (self->step[side] != OT_NEGOTIATION_NONE)
    return FALSE;
  self->step[side] = OT_NEGOTIATION_SERVER_OFFERED;
  return TRUE;
}
