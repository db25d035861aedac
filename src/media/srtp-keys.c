/* The transforms of RFC 3711 over OpenSSL. */

#include "srtp-keys.h"

#include <openssl/crypto.h>
#include <string.h>

#include "bytes.h"

#define IV_BYTES 16

/* Looked up once: that takes longer than a packet. Never given back. Returns: (nullable) */
static const EVP_CIPHER *
aes (void)
{
  static EVP_CIPHER *found;
  static gsize ready;

  if (g_once_init_enter (&ready)) {
    found = EVP_CIPHER_fetch (NULL, "AES-128-CTR", NULL);
    g_once_init_leave (&ready, 1);
  }
  return found;
}

static EVP_CIPHER_CTX *
new_cipher (const guint8 *key)
{
  EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new ();

  if (aes () != NULL && EVP_EncryptInit_ex2 (cipher, aes (), key, NULL, NULL) == 1)
    return cipher;
  EVP_CIPHER_CTX_free (cipher);
  return NULL;
}

/* Once it has a key, nothing here can fail but by a fault of ours. */
static void
run_cipher (EVP_CIPHER_CTX *cipher, const guint8 iv[IV_BYTES], guint8 *data, gsize size)
{
  int written = 0;
  gboolean done = EVP_EncryptInit_ex2 (cipher, NULL, NULL, iv, NULL) == 1
                  && EVP_EncryptUpdate (cipher, data, &written, data, (int)size) == 1;

  g_assert (done && (gsize)written == size);
}

gboolean
ot_srtp_kdf (const guint8 master[OT_SRTP_MASTER_SIZE], guint8 label, guint8 *out, gsize size)
{
  EVP_CIPHER_CTX *cipher = new_cipher (master);
  guint8 iv[IV_BYTES] = { 0 };

  if (cipher == NULL)
    return FALSE;
  memcpy (iv, master + OT_SRTP_KEY_BYTES, OT_SRTP_SALT_BYTES);
  iv[7] ^= label;
  memset (out, 0, size);
  run_cipher (cipher, iv, out, size);
  EVP_CIPHER_CTX_free (cipher);
  return TRUE;
}

gboolean
ot_srtp_keys_set (OtSrtpKeys *self,
                  const guint8 key[OT_SRTP_KEY_BYTES],
                  const guint8 auth[OT_SRTP_AUTH_BYTES],
                  const guint8 salt[OT_SRTP_SALT_BYTES])
{
  self->cipher = new_cipher (key);
  memcpy (self->salt, salt, sizeof self->salt);
  ot_hmac_set_key (&self->hmac, auth, OT_SRTP_AUTH_BYTES);
  return self->cipher != NULL;
}

gboolean
ot_srtp_keys_derive (OtSrtpKeys *self, const guint8 master[OT_SRTP_MASTER_SIZE], OtSrtpLabel label)
{
  guint8 key[OT_SRTP_KEY_BYTES];
  guint8 auth[OT_SRTP_AUTH_BYTES];
  guint8 salt[OT_SRTP_SALT_BYTES];
  gboolean done = ot_srtp_kdf (master, label, key, sizeof key)
                  && ot_srtp_kdf (master, label + 1, auth, sizeof auth)
                  && ot_srtp_kdf (master, label + 2, salt, sizeof salt)
                  && ot_srtp_keys_set (self, key, auth, salt);

  OPENSSL_cleanse (key, sizeof key);
  OPENSSL_cleanse (auth, sizeof auth);
  return done;
}

void
ot_srtp_keys_clear (OtSrtpKeys *self)
{
  EVP_CIPHER_CTX_free (self->cipher);
  OPENSSL_cleanse (self, sizeof *self);
}

void
ot_srtp_keys_crypt (OtSrtpKeys *self, guint32 ssrc, guint64 index, guint8 *data, gsize size)
{
  guint8 iv[IV_BYTES] = { 0 };

  ot_set32 (iv + 4, ssrc);
  ot_set16 (iv + 8, (guint16)(index >> 32));
  ot_set32 (iv + 10, (guint32)index);
  for (gsize i = 0; i < OT_SRTP_SALT_BYTES; i++)
    iv[i] ^= self->salt[i];
  run_cipher (self->cipher, iv, data, size);
}

void
ot_srtp_keys_tag (OtSrtpKeys *self,
                  const guint8 *data,
                  gsize size,
                  const guint8 *more,
                  gsize n_more,
                  guint8 tag[OT_SRTP_TAG_BYTES])
{
  guint8 digest[OT_HMAC_BYTES];

  ot_hmac_make (&self->hmac, data, size, more, n_more, digest);
  memcpy (tag, digest, OT_SRTP_TAG_BYTES);
}
