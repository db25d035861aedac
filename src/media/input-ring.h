#pragma once

#include <glib-object.h>

/**
 * OtInputRing:
 *
 * The way of datagrams from the media threads to the feeder's thread: many put in, one takes out.
 * No lock, and no memory but what it is made with: a datagram lies in its slot until it has been
 * worked on. What comes while all slots are taken is dropped. What one thread puts in comes out in
 * its order.
 *
 * A leg may have 64 waiting (leg.c): it takes eight legs that send without end to fill it, or the
 * whole flights of eighty handshakes at one moment; who is dropped then sends again (DTLS, 1 s).
 */
typedef struct _OtInputRing OtInputRing;

#define OT_INPUT_RING_SLOTS 512 /* of a datagram's largest size: 840 kB */

typedef enum {
  OT_INPUT_NOMINATED, /* change of state: the client chose an address */
  OT_INPUT_DESCRIBED, /* change of state: webrtcbin has both descriptions */
  OT_INPUT_LOST,      /* change of state: DTLS is over */
  OT_INPUT_EXPIRED,   /* change of state: the client sends no checks any more */
  OT_INPUT_DTLS,      /* datagram */
  OT_INPUT_RTP,       /* datagram, authenticated already */
} OtInputKind;

typedef struct {
  OtInputKind kind;
  GObject *leg;
  gint64 arrival_us; /* a datagram's, as the following */
  const guint8 *data;
  gsize size;
} OtInput;

/** ot_input_ring_new: (transfer full) */
OtInputRing *ot_input_ring_new (void);

/** ot_input_ring_free: It must be empty. */
void ot_input_ring_free (OtInputRing *self);

/**
 * ot_input_ring_push:
 * @input: its data is copied, its leg referenced
 *
 * Returns: FALSE when it was dropped
 * Thread: any; never waits.
 */
gboolean ot_input_ring_push (OtInputRing *self, const OtInput *input);

/** ot_input_ring_peek: Returns: (nullable): the oldest; NULL: there is none that is complete. Who
 * puts in says so after it. Thread: the one that takes out. */
const OtInput *ot_input_ring_peek (OtInputRing *self);

/** ot_input_ring_pop: the oldest goes, with its reference. Thread: the one that takes out. */
void ot_input_ring_pop (OtInputRing *self);
