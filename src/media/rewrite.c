/* The arithmetic of RTP and RTCP headers between two legs. Pure: no state but what the caller
 * keeps. */

#include "rewrite.h"

#include <string.h>

#define CLOCK_PER_MS 48
#define RTP_HEADER 12
#define SR 200
#define RR 201

static guint16
get16 (const guint8 *at)
{
  return (guint16)(at[0] << 8 | at[1]);
}

static guint32
get32 (const guint8 *at)
{
  return (guint32)get16 (at) << 16 | get16 (at + 2);
}

static void
set16 (guint8 *at, guint16 value)
{
  at[0] = (guint8)(value >> 8);
  at[1] = (guint8)value;
}

static void
set32 (guint8 *at, guint32 value)
{
  set16 (at, (guint16)(value >> 16));
  set16 (at + 2, (guint16)value);
}

static void
begin (OtRewrite *self, const guint8 *packet, gint64 now_us)
{
  self->started = TRUE;
  self->out_ssrc = get32 (packet + 8);
  self->last_sequence = get16 (packet + 2);
  self->last_timestamp = get32 (packet + 4);
  self->last_us = now_us;
}

/* The next sequence number, and the timestamp as far on as the clock is: at least one 20 ms frame.
 */
static void
take_over (OtRewrite *self, const guint8 *packet, gint64 now_us)
{
  gint64 passed_ms = CLAMP ((now_us - self->last_us) / 1000, 20, G_MAXINT32);

  self->sequence_offset = (guint16)(self->last_sequence + 1 - get16 (packet + 2));
  self->timestamp_offset =
      self->last_timestamp + (guint32)(passed_ms * CLOCK_PER_MS) - get32 (packet + 4);
}

void
ot_rewrite_rtp (OtRewrite *self, guint8 *packet, guint32 source, gint64 now_us)
{
  guint32 ssrc = get32 (packet + 8);
  guint64 who = (guint64)source << 32 | ssrc;
  guint16 sequence;

  if (!self->started)
    begin (self, packet, now_us);
  else if (who != self->source)
    take_over (self, packet, now_us);
  self->source = who;
  self->in_ssrc = ssrc;

  sequence = (guint16)(get16 (packet + 2) + self->sequence_offset);
  set16 (packet + 2, sequence);
  set32 (packet + 4, get32 (packet + 4) + self->timestamp_offset);
  set32 (packet + 8, self->out_ssrc);
  if ((gint16)(sequence - self->last_sequence) >= 0) {
    self->last_sequence = sequence;
    self->last_timestamp = get32 (packet + 4);
    self->last_us = now_us;
  }
}

/* What the receiver says about out_ssrc is meant for the source behind it. */
static void
rewrite_report_block (const OtRewrite *from, guint8 *block)
{
  if (get32 (block) != from->out_ssrc)
    return;
  set32 (block, from->in_ssrc);
  set16 (block + 10, (guint16)(get16 (block + 10) - from->sequence_offset));
}

static void
rewrite_one (const OtRewrite *towards, const OtRewrite *from, guint8 *part, gsize size)
{
  guint n_blocks = part[0] & 31;
  gsize blocks_offset = part[1] == SR ? 28 : 8;

  if (towards->started && size >= 8 && get32 (part + 4) == towards->in_ssrc) {
    set32 (part + 4, towards->out_ssrc);
    if (part[1] == SR && size >= 28)
      set32 (part + 16, get32 (part + 16) + towards->timestamp_offset);
  }
  if ((part[1] != SR && part[1] != RR) || from == NULL || !from->started)
    return;
  for (guint i = 0; i < n_blocks && blocks_offset + 24 * (i + 1) <= size; i++)
    rewrite_report_block (from, part + blocks_offset + 24 * i);
}

static gsize
part_size (const guint8 *part, gsize left)
{
  gsize size = left >= 4 ? 4 * ((gsize)get16 (part + 2) + 1) : 0;

  return size == 0 || size > left || part[0] >> 6 != 2 ? 0 : size;
}

gboolean
ot_rewrite_rtcp (const OtRewrite *towards, const OtRewrite *from, guint8 *packet, gsize size)
{
  gsize offset;
  gsize part;

  for (offset = 0; offset < size; offset += part)
    if ((part = part_size (packet + offset, size - offset)) == 0)
      return FALSE;
  for (offset = 0; offset < size; offset += part) {
    part = part_size (packet + offset, size - offset);
    rewrite_one (towards, from, packet + offset, part);
  }
  return size > 0;
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
  extension = 4 + 4 * (gsize)get16 (packet + header + 2);
  if (*size < header + extension)
    return NULL;
  memmove (packet + extension, packet, header);
  packet[extension] &= 0xef;
  *size -= extension;
  return packet + extension;
}
