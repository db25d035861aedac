#pragma once

#include <glib.h>

/**
 * OtRtcpPart:
 *
 * One packet of a compound RTCP packet (RFC 3550, 6.1). Zero-initialised it stands before the
 * first. Pure.
 */
typedef struct {
  guint8 *data; /* borrowed from the compound */
  gsize size;
} OtRtcpPart;

typedef enum {
  OT_RTCP_SR = 200,
  OT_RTCP_RR = 201,
} OtRtcpType;

#define OT_RTCP_BLOCK_SIZE 24 /* a report block */
#define OT_RTCP_SR_SIZE 28    /* a sender report before its blocks */

/** ot_rtcp_is_valid: whether @packet is parts and nothing else, at least one. */
gboolean ot_rtcp_is_valid (const guint8 *packet, gsize size);

/** ot_rtcp_next: goes to the next part of a valid packet. Returns: FALSE after the last. */
gboolean ot_rtcp_next (OtRtcpPart *part, guint8 *packet, gsize size);

/** ot_rtcp_block: Returns: (nullable): a report block of an SR or RR, from 0; all its bytes are
 * there. */
guint8 *ot_rtcp_block (const OtRtcpPart *part, guint index);
