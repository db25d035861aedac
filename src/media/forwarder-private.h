#pragma once

#include "forwarder.h"
#include "ice-check-limit.h"
#include "orders.h"

/** What a forwarder is made of. For forwarder.c and forwarder-orders.c alone. */

struct _OtForwarder {
  OtUdpPort *port; /* owned */
  OtAddressList announced;
  const OtClock *clock;
  gint64 consent_us;
  _Atomic gint64 late_us;
  GThread *thread;
  atomic_bool stopping;
  _Atomic gint64 turned_us; /* when the thread woke last, monotonic */
  OtForwarderFigures figures;

  OtOrders orders;
  atomic_uint n_sends; /* orders to send that wait */
  OtOrders sent;       /* the orders that it was done for: who sends next frees them */

  /* The thread's, with every endpoint and relay. */
  OtEndpoints endpoints;
  OtIceCheckLimit check_limit;
  gint64 next_sweep_us;
  guint8 witness_copy[OT_UDP_DATAGRAM_MAX];
};

/** ot_forwarder_take_early: @from's keys are there: its packets that came early are forwarded.
 * Media thread. */
void ot_forwarder_take_early (OtForwarder *self, OtEndpoint *from);
