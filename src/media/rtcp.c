/* Walks through RTCP. Pure; what arrives here was authentic, but may still be anything. */

#include "rtcp.h"

#include "bytes.h"

#define RR_SIZE 8

static gsize
part_size (const guint8 *part, gsize left)
{
  gsize size = left >= 4 ? 4 * ((gsize)ot_get16 (part + 2) + 1) : 0;

  return size == 0 || size > left || part[0] >> 6 != 2 ? 0 : size;
}

gboolean
ot_rtcp_is_valid (const guint8 *packet, gsize size)
{
  gsize offset;
  gsize part;

  for (offset = 0; offset < size; offset += part)
    if ((part = part_size (packet + offset, size - offset)) == 0)
      return FALSE;
  return size > 0;
}

gboolean
ot_rtcp_next (OtRtcpPart *part, guint8 *packet, gsize size)
{
  guint8 *next = part->data == NULL ? packet : part->data + part->size;
  gsize left = size - (gsize)(next - packet);

  if (left == 0)
    return FALSE;
  part->data = next;
  part->size = part_size (next, left);
  g_assert (part->size != 0);
  return TRUE;
}

guint8 *
ot_rtcp_block (const OtRtcpPart *part, guint index)
{
  guint type = part->data[1];
  gsize offset =
      (type == OT_RTCP_SR ? OT_RTCP_SR_SIZE : RR_SIZE) + (gsize)index * OT_RTCP_BLOCK_SIZE;

  if ((type != OT_RTCP_SR && type != OT_RTCP_RR) || index >= (part->data[0] & 31u)
      || offset + OT_RTCP_BLOCK_SIZE > part->size)
    return NULL;
  return part->data + offset;
}
