#pragma once

#include "input-ring.h"
#include "orders.h"

/**
 * OtFeeder:
 *
 * The one thread that works on the legs' handshakes, so that the media threads need not: ICE state
 * changes, DTLS, and the RTP packets that the pad probe shall see before a call is connected.
 * Inputs are delivered one at a time: a leg's datagrams in their order, its changes of state before
 * datagrams that wait. Bounded: OT_INPUT_RING_SLOTS datagrams wait, further ones are dropped (DTLS
 * repeats them); a change of state never is, and of each kind a leg has one.
 *
 * Who hands it something takes no lock and no memory.
 */
typedef struct _OtFeeder OtFeeder;

/** OtInputFunc: Called on the feeder's thread; @input is borrowed. */
typedef void (*OtInputFunc) (const OtInput *input);

/** OtNews: a leg's changes of state that wait. The leg has it; all zero it is fresh. */
typedef struct {
  OtOrder order;     /* first */
  GObject *leg;      /* owned while it waits */
  atomic_uint kinds; /* bits, 1 << OtInputKind; 0: it does not wait */
} OtNews;

OtFeeder *ot_feeder_new (OtInputFunc deliver);

/** ot_feeder_free: Delivers what waits, then ends and joins the thread. Nobody may push or tell any
 * more. */
void ot_feeder_free (OtFeeder *self);

/**
 * ot_feeder_push:
 * @input: a datagram: its data is copied, its leg referenced until it had it
 *
 * Returns: FALSE when it was dropped
 * Thread: any; never waits.
 */
gboolean ot_feeder_push (OtFeeder *self, const OtInput *input);

/**
 * ot_feeder_tell:
 * @leg: gets the change of state; referenced until it had it
 * @news: @leg's
 *
 * What a leg was told twice before it had it, it gets once; several kinds in the enumeration's
 * order.
 *
 * Thread: any; never waits.
 */
void ot_feeder_tell (OtFeeder *self, gpointer leg, OtNews *news, OtInputKind kind);
