#pragma once

#include <glib.h>

/**
 * OtRewrite:
 *
 * Makes one voice of what reaches a listener. The first source goes through with its own SSRC,
 * sequence numbers and timestamps; when another takes over (the speaker's leg was replaced, or
 * changed its SSRC), its packets go on with the first one's SSRC and continue sequence and
 * timestamp, so that the listener hears a short gap and nothing else. RTCP is brought in line both
 * ways. Plain RTP (RFC 3550), Opus's 48 kHz clock.
 *
 * A leg that begins to listen begins with a number from OT_REWRITE_FIRST_MIN to _MAX, whatever the
 * speaker has come to: SRTP does not send its rollover counter, so who has missed the packets
 * before the numbers began anew would never hear anything again (RFC 3711, 3.3.1).
 *
 * A value without pointers; zero-initialised it is fresh. Pure.
 */
#define OT_REWRITE_FIRST_MIN 0x0100 /* so that a late one before it isn't of the cycle before */
#define OT_REWRITE_FIRST_MAX 0x7fff

typedef struct {
  gboolean started;
  guint64 source;   /* which leg's which SSRC speaks now, a number of the caller's */
  guint32 listener; /* which leg hears it */
  guint32 in_ssrc;
  guint32 out_ssrc;
  guint16 sequence_offset; /* out = in + offset, here and below */
  guint32 timestamp_offset;
  guint16 last_sequence; /* highest that went out */
  guint32 last_timestamp;
  gint64 last_us;
} OtRewrite;

/**
 * ot_rewrite_rtp:
 * @packet: (inout): an RTP packet of at least 12 bytes
 * @source: which leg sent it; with its SSRC this tells one source from another
 * @listener: which leg it goes to
 * @now_us: its arrival, monotonic
 */
void
ot_rewrite_rtp (OtRewrite *self, guint8 *packet, guint32 source, guint32 listener, gint64 now_us);

/**
 * ot_rewrite_rtcp:
 * @towards: the rewrite towards the one who gets this packet: sender reports of the speaker are
 * renumbered
 * @from: (nullable): the rewrite towards the one who sent it: report blocks are about what that one
 * hears
 * @packet: (inout): a compound RTCP packet
 *
 * Returns: FALSE when the packet is not well-formed; nothing is changed then
 */
gboolean
ot_rewrite_rtcp (const OtRewrite *towards, const OtRewrite *from, guint8 *packet, gsize size);

/**
 * ot_rtp_strip_extension:
 * @packet: (inout): an RTP packet
 * @size: (inout): its bytes
 *
 * Takes the header extension out, by moving the fixed header towards the payload.
 *
 * Returns: (nullable): where the packet begins now, inside the old one; NULL when it is not
 * well-formed RTP
 */
guint8 *ot_rtp_strip_extension (guint8 *packet, gsize *size);
