/* Bytes in a circle: each packet's OtVoicePacket, then its payload. Head and tail only ever grow;
 * each is written by one thread. */

#include "packet-ring.h"

#include <stdatomic.h>
#include <string.h>

#define RTP_HEADER 12
#define MASK (OT_PACKET_RING_BYTES - 1)

struct _OtPacketRing {
  _Atomic gsize head; /* bytes ever put in */
  _Atomic gsize tail; /* bytes ever taken out */
  _Atomic guint64 dropped;
  guint8 data[OT_PACKET_RING_BYTES];
};

OtPacketRing *
ot_packet_ring_new (void)
{
  return g_new0 (OtPacketRing, 1);
}

void
ot_packet_ring_free (OtPacketRing *self)
{
  g_free (self);
}

static gsize
put (OtPacketRing *self, gsize at, const void *data, gsize size)
{
  gsize start = at & MASK;
  gsize first = MIN (size, OT_PACKET_RING_BYTES - start);

  memcpy (self->data + start, data, first);
  memcpy (self->data, (const guint8 *)data + first, size - first);
  return at + size;
}

static gsize
take (OtPacketRing *self, gsize at, void *data, gsize size)
{
  gsize start = at & MASK;
  gsize first = MIN (size, OT_PACKET_RING_BYTES - start);

  memcpy (data, self->data + start, first);
  memcpy ((guint8 *)data + first, self->data, size - first);
  return at + size;
}

static guint32
read32 (const guint8 *at)
{
  guint32 value;

  memcpy (&value, at, sizeof value);
  return g_ntohl (value);
}

gboolean
ot_packet_ring_push_rtp (OtPacketRing *self,
                         OtSide side,
                         guint32 leg,
                         const guint8 *packet,
                         gsize size,
                         gint64 arrival_us)
{
  gsize header = RTP_HEADER + 4 * (gsize)(packet[0] & 15);
  gsize padding = (packet[0] & 0x20) != 0 ? packet[size - 1] : 0;
  gsize head = atomic_load_explicit (&self->head, memory_order_relaxed);
  gsize used = head - atomic_load_explicit (&self->tail, memory_order_acquire);
  OtVoicePacket voice = { .source = (guint64)leg << 32 | read32 (packet + 8),
                          .arrival_us = arrival_us,
                          .timestamp = read32 (packet + 4),
                          .side = (guint8)side };

  if (header + padding >= size)
    return TRUE; /* it says nothing */
  voice.size = (guint16)(size - header - padding);
  if (voice.size > OT_PACKET_PAYLOAD_MAX
      || used + sizeof voice + voice.size > OT_PACKET_RING_BYTES) {
    atomic_fetch_add_explicit (&self->dropped, 1, memory_order_relaxed);
    return FALSE;
  }
  head = put (self, head, &voice, sizeof voice);
  head = put (self, head, packet + header, voice.size);
  atomic_store_explicit (&self->head, head, memory_order_release);
  return TRUE;
}

gboolean
ot_packet_ring_pop (OtPacketRing *self,
                    OtVoicePacket *packet,
                    guint8 payload[OT_PACKET_PAYLOAD_MAX])
{
  gsize tail = atomic_load_explicit (&self->tail, memory_order_relaxed);

  if (tail == atomic_load_explicit (&self->head, memory_order_acquire))
    return FALSE;
  tail = take (self, tail, packet, sizeof *packet);
  tail = take (self, tail, payload, packet->size);
  atomic_store_explicit (&self->tail, tail, memory_order_release);
  return TRUE;
}

guint64
ot_packet_ring_get_dropped (const OtPacketRing *self)
{
  return atomic_load_explicit (&self->dropped, memory_order_relaxed);
}
