/* HMAC-SHA1. Not by EVP, which in OpenSSL 3.0 allocates for each message and takes twice as long; a
 * SHA_CTX is copied as it is. OpenSSL calls that one deprecated, so it has to be asked for. */

#define OPENSSL_API_COMPAT 10101

#include "hmac.h"

#include <openssl/crypto.h>
#include <string.h>

/* The hash of a block of the key, each byte changed by @pad. */
static void
begin_hash (SHA_CTX *hash, const guint8 key[SHA_CBLOCK], guint8 pad)
{
  guint8 block[SHA_CBLOCK];

  for (gsize i = 0; i < sizeof block; i++)
    block[i] = key[i] ^ pad;
  SHA1_Init (hash);
  SHA1_Update (hash, block, sizeof block);
  OPENSSL_cleanse (block, sizeof block);
}

void
ot_hmac_set_key (OtHmac *self, const guint8 *key, gsize size)
{
  guint8 block[SHA_CBLOCK] = { 0 };

  if (size > sizeof block)
    SHA1 (key, size, block);
  else
    memcpy (block, key, size);
  begin_hash (&self->inner, block, 0x36);
  begin_hash (&self->outer, block, 0x5c);
  OPENSSL_cleanse (block, sizeof block);
}

void
ot_hmac_make (const OtHmac *self,
              const guint8 *data,
              gsize size,
              const guint8 *more,
              gsize n_more,
              guint8 digest[OT_HMAC_BYTES])
{
  SHA_CTX hash = self->inner;

  SHA1_Update (&hash, data, size);
  SHA1_Update (&hash, more, n_more);
  SHA1_Final (digest, &hash);
  hash = self->outer;
  SHA1_Update (&hash, digest, OT_HMAC_BYTES);
  SHA1_Final (digest, &hash);
}
