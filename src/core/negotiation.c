/* Who offers to whom. Pure. */

#include "negotiation.h"

void
ot_negotiation_restart (OtNegotiation *self, OtSide side)
{
  if (self->step[side] != OT_NEGOTIATION_SERVER_OFFERS)
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
ot_negotiation_begin_offer (OtNegotiation *self)
{
  if (self->callee_offers || self->step[OT_SIDE_CALLER] != OT_NEGOTIATION_CLIENT_OFFERED
      || self->step[OT_SIDE_CALLEE] != OT_NEGOTIATION_NONE)
    return FALSE;
  self->step[OT_SIDE_CALLEE] = OT_NEGOTIATION_SERVER_OFFERS;
  return TRUE;
}

gboolean
ot_negotiation_server_offer (OtNegotiation *self, OtSide side)
{
  if (self->step[side] != OT_NEGOTIATION_SERVER_OFFERS)
    return FALSE;
  self->step[side] = OT_NEGOTIATION_SERVER_OFFERED;
  return TRUE;
}

void
ot_negotiation_no_offer (OtNegotiation *self, OtSide side)
{
  if (self->step[side] == OT_NEGOTIATION_SERVER_OFFERS)
    self->step[side] = OT_NEGOTIATION_NONE;
}
