#pragma once

#include <glib-object.h>

/**
 * OtFeeder:
 *
 * The one thread that works on the legs' handshakes, so that the media thread need not: ICE state
 * changes, DTLS, and the RTP packets that the pad probe shall see before a call is connected.
 * Inputs are delivered one at a time, in order. Bounded: OT_FEEDER_MAX inputs wait; further
 * datagrams are dropped (DTLS repeats them), further changes of state never.
 */
typedef struct _OtFeeder OtFeeder;

#define OT_FEEDER_MAX 4096

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
  GObject *leg; /* owned by the input */
  gint64 arrival_us;
  gsize size;
  guint8 data[];
} OtInput;

/** OtInputFunc: Called on the feeder's thread; @input is borrowed. */
typedef void (*OtInputFunc) (const OtInput *input);

OtFeeder *ot_feeder_new (OtInputFunc deliver);

/** ot_feeder_free: Delivers what waits, then ends and joins the thread. Nobody may push any more.
 */
void ot_feeder_free (OtFeeder *self);

/**
 * ot_feeder_push:
 * @leg: gets the input; referenced until it had it
 * @data: (nullable): copied
 *
 * Returns: FALSE when it was dropped
 * Thread: any; never waits but for a short lock.
 */
gboolean ot_feeder_push (OtFeeder *self,
                         gpointer leg,
                         OtInputKind kind,
                         const guint8 *data,
                         gsize size,
                         gint64 arrival_us);
