#pragma once

#include <glib.h>
#include <openssl/sha.h>

#define OT_HMAC_BYTES SHA_DIGEST_LENGTH

/**
 * OtHmac:
 *
 * HMAC-SHA1 (RFC 2104) with one key, by OpenSSL's SHA-1; what SRTP and STUN are authenticated with.
 * It holds no memory of its own and never allocates. Whoever keeps one cleanses it at its end.
 *
 * Thread: any that has it to itself; ot_hmac_make() may run on several at once.
 */
typedef struct {
  SHA_CTX inner; /* the two hashes, each as it is once it has the key */
  SHA_CTX outer;
} OtHmac;

void ot_hmac_set_key (OtHmac *self, const guint8 *key, gsize size);

/** ot_hmac_make: of @data followed by the @n_more bytes of @more. */
void ot_hmac_make (const OtHmac *self,
                   const guint8 *data,
                   gsize size,
                   const guint8 *more,
                   gsize n_more,
                   guint8 digest[OT_HMAC_BYTES]);
