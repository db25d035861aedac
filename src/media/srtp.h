#pragma once

#include <glib.h>

/**
 * OtSrtp:
 *
 * SRTP and SRTCP of one leg, both directions, profile SRTP_AES128_CM_HMAC_SHA1_80 (RFC 3711, RFC
 * 5764), over OpenSSL. Each source has its own replay window (replay-window.h); at most
 * OT_SRTP_SSRC_MAX sources are followed in each direction, packets of further ones fail, and only
 * an authentic packet makes a source known. SRTCP that is not encrypted is not taken.
 *
 * All that allocates is done when it is made. Thread: one at a time.
 */
typedef struct _OtSrtp OtSrtp;

#define OT_SRTP_KEY_SIZE 30 /* master key (16) and salt (14), as DTLS exports them */
#define OT_SRTP_TRAILER 14  /* protecting needs this much room behind a packet, bytes */
#define OT_SRTP_SSRC_MAX 16

/**
 * ot_srtp_new:
 * @receive_key: what the peer protects with
 * @send_key: what we protect with
 * @error: OT_MEDIA_ERROR_ENGINE
 *
 * Costs some tens of microseconds, and allocates: not for the media thread.
 *
 * Returns: (transfer full): or NULL with @error set
 */
OtSrtp *ot_srtp_new (const guint8 receive_key[OT_SRTP_KEY_SIZE],
                     const guint8 send_key[OT_SRTP_KEY_SIZE],
                     GError **error);
void ot_srtp_free (OtSrtp *self);

/**
 * Each works in place, sets the new @size and returns whether it could: FALSE for what is forged,
 * replayed (or sent twice), too short or of one source too many; the bytes are then as they were.
 * Protecting needs OT_SRTP_TRAILER bytes of room.
 */
gboolean ot_srtp_unprotect (OtSrtp *self, guint8 *packet, gsize *size);
gboolean ot_srtp_protect (OtSrtp *self, guint8 *packet, gsize *size);
gboolean ot_srtp_unprotect_rtcp (OtSrtp *self, guint8 *packet, gsize *size);
gboolean ot_srtp_protect_rtcp (OtSrtp *self, guint8 *packet, gsize *size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OtSrtp, ot_srtp_free)
