/* The arithmetic of RTP and RTCP headers between two legs. Pure: no state but what the caller
 * keeps. */

#include "rewrite.h"

#include <string.h>

#include "bytes.h"
#include "rtcp.h"

#define CLOCK_PER_MS 48
#define RTP_HEADER 12

static void
begin (OtRewrite *self, const guint8 *packet, gint64 now_us)
{
  self->started = TRUE;
  self->out_ssrc = ot_get32 (packet + 8);
  self->last_sequence = ot_get16 (packet + 2);
  self->last_timestamp = ot_get32 (packet + 4);
  self->last_us = now_us;
}

/* The next sequence number, and the timestamp as far on as the clock is: at least one 20 ms frame.
 */
static void
take_over (OtRewrite *self, const guint8 *packet, gint64 now_us)
{
  gint64 passed_ms = CLAMP ((now_us - self->last_us) / 1000, 20, G_MAXINT32);

  self->sequence_offset = (guint16)(self->last_sequence + 1 - ot_get16 (packet + 2));
  self->timestamp_offset =
      self->last_timestamp + (guint32)(passed_ms * CLOCK_PER_MS) - ot_get32 (packet + 4);
}

static void
begin_listening (OtRewrite *self, const guint8 *packet)
{
  guint16 first = (guint16)(ot_get16 (packet + 2) + self->sequence_offset);
  guint16 step = (guint16)(OT_REWRITE_FIRST_MIN - first);

  if (first >= OT_REWRITE_FIRST_MIN && first <= OT_REWRITE_FIRST_MAX)
    return;
  self->sequence_offset = (guint16)(self->sequence_offset + step);
  self->last_sequence = (guint16)(self->last_sequence + step);
}

void
ot_rewrite_rtp (OtRewrite *self, guint8 *packet, guint32 source, guint32 listener, gint64 now_us)
{
  guint32 ssrc = ot_get32 (packet + 8);
  guint64 who = (guint64)source << 32 | ssrc;
  guint16 sequence;

  if (!self->started)
    begin (self, packet, now_us);
  else if (who != self->source)
    take_over (self, packet, now_us);
  if (listener != self->listener)
    begin_listening (self, packet);
  self->source = who;
  self->listener = listener;
  self->in_ssrc = ssrc;

  sequence = (guint16)(ot_get16 (packet + 2) + self->sequence_offset);
  ot_set16 (packet + 2, sequence);
  ot_set32 (packet + 4, ot_get32 (packet + 4) + self->timestamp_offset);
  ot_set32 (packet + 8, self->out_ssrc);
  if ((gint16)(sequence - self->last_sequence) >= 0) {
    self->last_sequence = sequence;
    self->last_timestamp = ot_get32 (packet + 4);
    self->last_us = now_us;
  }
}

/* What the receiver says about out_ssrc is meant for the source behind it. */
static void
rewrite_report_block (const OtRewrite *from, guint8 *block)
{
  if (ot_get32 (block) != from->out_ssrc)
    return;
  ot_set32 (block, from->in_ssrc);
  ot_set16 (block + 10, (guint16)(ot_get16 (block + 10) - from->sequence_offset));
}

static void
rewrite_part (const OtRewrite *towards, const OtRewrite *from, const OtRtcpPart *part)
{
  guint8 *block;

  if (towards->started && part->size >= 8 && ot_get32 (part->data + 4) == towards->in_ssrc) {
    ot_set32 (part->data + 4, towards->out_ssrc);
    if (part->data[1] == OT_RTCP_SR && part->size >= OT_RTCP_SR_SIZE)
      ot_set32 (part->data + 16, ot_get32 (part->data + 16) + towards->timestamp_offset);
  }
  for (guint i = 0; from != NULL && from->started && (block = ot_rtcp_block (part, i)) != NULL; i++)
    rewrite_report_block (from, block);
}

gboolean
ot_rewrite_rtcp (const OtRewrite *towards, const OtRewrite *from, guint8 *packet, gsize size)
{
  OtRtcpPart part = { NULL };

  if (!ot_rtcp_is_valid (packet, size))
    return FALSE;
  while (ot_rtcp_next (&part, packet, size))
    rewrite_part (towards, from, &part);
  return TRUE;
}

guint8 *
ot_rtp_strip_extension (guint8 *packet, gsize *size)
{
  gsize header;
  gsize extension;

  if (*size < RTP_HEADER || packet[0] >> 6 != 2)
    return NULL;
  header = RTP_HEADER + 4 * (gsize)(packet[0] & 15);
  if (*size < header)
    return NULL;
  if ((packet[0] & 0x10) == 0)
    return packet;
  if (*size < header + 4)
    return NULL;
  extension = 4 + 4 * (gsize)ot_get16 (packet + header + 2);
  if (*size < header + extension)
    return NULL;
  memmove (packet + extension, packet, header);
  packet[extension] &= 0xef;
  *size -= extension;
  return packet + extension;
}
