#pragma once

#include <glib.h>

#include "side.h"

/**
 * OtPacketRing:
 *
 * The way of a call's voice from the media thread to the recorder: one thread puts packets in, one
 * takes them out, neither ever waits. It holds OT_PACKET_RING_BYTES, about ten seconds of a call;
 * what comes while it is full is dropped and counted. It allocates only when it is made.
 */
typedef struct _OtPacketRing OtPacketRing;

#define OT_PACKET_RING_BYTES (128 * 1024) /* a power of two */
#define OT_PACKET_PAYLOAD_MAX 1600

/** OtVoicePacket: what is known of an RTP packet beside its payload. */
typedef struct {
  guint64 source;    /* which leg's which SSRC: another one has another clock */
  gint64 arrival_us; /* monotonic */
  guint32 timestamp; /* RTP's, 48 kHz */
  guint16 size;      /* of the payload */
  guint8 side;       /* #OtSide */
} OtVoicePacket;

/** ot_packet_ring_new: (transfer full) */
OtPacketRing *ot_packet_ring_new (void);
void ot_packet_ring_free (OtPacketRing *self);

/**
 * ot_packet_ring_push_rtp:
 * @leg: whose; unlike any other leg's number
 * @packet: well-formed RTP without a header extension (RFC 3550, 5.1), at least 12 bytes
 *
 * Returns: FALSE when it was dropped
 * Thread: the one that puts in.
 */
gboolean ot_packet_ring_push_rtp (OtPacketRing *self,
                                  OtSide side,
                                  guint32 leg,
                                  const guint8 *packet,
                                  gsize size,
                                  gint64 arrival_us);

/** ot_packet_ring_pop: the oldest; FALSE: it is empty. Thread: the one that takes out. */
gboolean ot_packet_ring_pop (OtPacketRing *self,
                             OtVoicePacket *packet,
                             guint8 payload[OT_PACKET_PAYLOAD_MAX]);

/** ot_packet_ring_get_dropped: so far. Thread: any. */
guint64 ot_packet_ring_get_dropped (const OtPacketRing *self);
