#pragma once

#include <glib.h>

#include "side.h"

/**
 * OtNegotiation:
 *
 * Who offers to whom (PROTOCOL.md "Negotiation"): the caller offers and is answered; the otomo is
 * then offered to, unless it offers itself; where two offers cross, the client's wins. Pure.
 */
typedef enum {
  OT_NEGOTIATION_NONE,           /* nothing was said yet */
  OT_NEGOTIATION_CLIENT_OFFERED, /* the client offered; answered or about to be */
  OT_NEGOTIATION_SERVER_OFFERS,  /* the server's offer is being made */
  OT_NEGOTIATION_SERVER_OFFERED, /* the server offered and waits for the answer */
  OT_NEGOTIATION_ANSWERED,       /* the client answered the server's offer */
} OtNegotiationStep;

typedef struct {
  gboolean callee_offers; /* call_accept said "offerer": "client" */
  OtNegotiationStep step[OT_N_SIDES];
  guint descriptions[OT_N_SIDES]; /* that the side has sent so far */
} OtNegotiation;

/** ot_negotiation_restart: forgets what was said with a side: its signalling starts afresh. An
 * offer that is being made is fresh already. */
void ot_negotiation_restart (OtNegotiation *self, OtSide side);

/** ot_negotiation_client_offer: a side offers; withdraws the server's own offer to it. */
void ot_negotiation_client_offer (OtNegotiation *self, OtSide side);

/** ot_negotiation_take_answer: Returns: whether the server has an offer out that this answers. */
gboolean ot_negotiation_take_answer (OtNegotiation *self, OtSide side);

/** ot_negotiation_refused: the side's description of this number can't be used. It is forgotten,
 * unless a newer one stands already. */
void ot_negotiation_refused (OtNegotiation *self, OtSide side, guint number);

/**
 * ot_negotiation_begin_offer:
 *
 * Once each time that the server has to make an offer to the otomo: it has not offered, has not
 * been offered to, and the caller's payload number is known, so that nothing needs rewriting. A
 * second one would take the first one's leg away, whose answer is on its way.
 *
 * Returns: whether one is to be made now; either ot_negotiation_server_offer() or
 * ot_negotiation_no_offer() follows
 */
gboolean ot_negotiation_begin_offer (OtNegotiation *self);

/** ot_negotiation_server_offer: an offer of the server is ready. Returns: whether it still stands
 * and is to be sent. */
gboolean ot_negotiation_server_offer (OtNegotiation *self, OtSide side);

/** ot_negotiation_no_offer: it could not be made. */
void ot_negotiation_no_offer (OtNegotiation *self, OtSide side);
