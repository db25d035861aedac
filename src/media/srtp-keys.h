#pragma once

#include <glib.h>
#include <openssl/evp.h>

#include "hmac.h"

#define OT_SRTP_MASTER_SIZE 30 /* key (16), then salt (14): what DTLS exports (RFC 5764, 4.2) */
#define OT_SRTP_KEY_BYTES 16
#define OT_SRTP_SALT_BYTES 14
#define OT_SRTP_AUTH_BYTES 20
#define OT_SRTP_TAG_BYTES 10 /* of HMAC-SHA1's 20, as they are sent */

/**
 * OtSrtpKeys:
 *
 * The session keys of one direction of SRTP, or of SRTCP, and what is done with them: AES-128 in
 * counter mode and HMAC-SHA1 (RFC 3711, 4.1.1 and 4.2.1), by OpenSSL. Its contexts are made once;
 * neither operation allocates. Zero-initialised it is empty.
 *
 * Thread: one at a time.
 */
typedef struct {
  EVP_CIPHER_CTX *cipher; /* owned */
  OtHmac hmac;
  guint8 salt[OT_SRTP_SALT_BYTES];
} OtSrtpKeys;

/** OtSrtpLabel: what session keys are derived for; a cipher key, and by the next two labels the
 * keys for authentication and salt (RFC 3711, 4.3.1 and 4.3.2). */
typedef enum {
  OT_SRTP_LABEL_RTP = 0,
  OT_SRTP_LABEL_RTCP = 3,
} OtSrtpLabel;

/** ot_srtp_keys_derive: the session keys of a master key and salt. Returns: FALSE when OpenSSL has
 * no such cipher. */
gboolean
ot_srtp_keys_derive (OtSrtpKeys *self, const guint8 master[OT_SRTP_MASTER_SIZE], OtSrtpLabel label);

/** ot_srtp_keys_set: session keys as they are. Returns: as above. */
gboolean ot_srtp_keys_set (OtSrtpKeys *self,
                           const guint8 key[OT_SRTP_KEY_BYTES],
                           const guint8 auth[OT_SRTP_AUTH_BYTES],
                           const guint8 salt[OT_SRTP_SALT_BYTES]);
void ot_srtp_keys_clear (OtSrtpKeys *self);

/** ot_srtp_kdf: @size bytes of the key that @label stands for (RFC 3711, 4.3.3). Returns: as above.
 */
gboolean
ot_srtp_kdf (const guint8 master[OT_SRTP_MASTER_SIZE], guint8 label, guint8 *out, gsize size);

/** ot_srtp_keys_crypt: encrypts or decrypts in place; @index: of the packet, 48 bits. */
void ot_srtp_keys_crypt (OtSrtpKeys *self, guint32 ssrc, guint64 index, guint8 *data, gsize size);

/** ot_srtp_keys_tag: what authenticates @data followed by the @n_more bytes of @more. */
void ot_srtp_keys_tag (OtSrtpKeys *self,
                       const guint8 *data,
                       gsize size,
                       const guint8 *more,
                       gsize n_more,
                       guint8 tag[OT_SRTP_TAG_BYTES]);
