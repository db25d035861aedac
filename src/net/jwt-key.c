/* A key, from its file to the signature. All four algorithms are OpenSSL's; none is chosen by a
 * token. */

#include "jwt-key.h"

#include <glib/gstdio.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "auth.h"

#define MIN_SECRET_BYTES 32
#define MIN_RSA_BITS 2048
#define P256_BYTES 32
#define SHA256_BYTES 32

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BIO, BIO_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ECDSA_SIG, ECDSA_SIG_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_MD_CTX, EVP_MD_CTX_free)

typedef struct {
  const char *name;
  gboolean is_secret;
  gboolean (*fits) (EVP_PKEY *key);
  gboolean (*verify) (EVP_PKEY *key, const OtJwtToken *token);
} Algorithm;

struct _OtJwtKey {
  const Algorithm *algorithm;
  char *kid;     /* owned, nullable */
  EVP_PKEY *key; /* owned; a secret as a key of HMAC */
};

/* ---- signatures ---- */

static gboolean
verify_with (EVP_PKEY *key,
             const EVP_MD *digest,
             const OtJwtToken *token,
             const guchar *signature,
             gsize length)
{
  g_autoptr (EVP_MD_CTX) context = EVP_MD_CTX_new ();

  return EVP_DigestVerifyInit (context, NULL, digest, NULL, key) == 1
         && EVP_DigestVerify (context, signature, length, (const guchar *)token->signed_text,
                              token->signed_length)
                == 1;
}

static gboolean
verify_hs256 (EVP_PKEY *key, const OtJwtToken *token)
{
  g_autoptr (EVP_MD_CTX) context = EVP_MD_CTX_new ();
  guchar right[SHA256_BYTES];
  gsize length = sizeof right;

  return EVP_DigestSignInit (context, NULL, EVP_sha256 (), NULL, key) == 1
         && EVP_DigestSign (context, right, &length, (const guchar *)token->signed_text,
                            token->signed_length)
                == 1
         && length == token->signature_length
         && CRYPTO_memcmp (right, token->signature, length) == 0;
}

static gboolean
verify_rs256 (EVP_PKEY *key, const OtJwtToken *token)
{
  return verify_with (key, EVP_sha256 (), token, token->signature, token->signature_length);
}

/* A token has the two numbers as they are (RFC 7518 section 3.4), OpenSSL wants them in DER. */
static gboolean
verify_es256 (EVP_PKEY *key, const OtJwtToken *token)
{
  g_autoptr (ECDSA_SIG) pair = ECDSA_SIG_new ();
  guchar *der = NULL;
  gboolean is_right;
  int length;

  if (token->signature_length != 2 * P256_BYTES)
    return FALSE;
  ECDSA_SIG_set0 (pair, BN_bin2bn (token->signature, P256_BYTES, NULL),
                  BN_bin2bn (token->signature + P256_BYTES, P256_BYTES, NULL));
  length = i2d_ECDSA_SIG (pair, &der);
  is_right = length > 0 && verify_with (key, EVP_sha256 (), token, der, length);
  OPENSSL_free (der);
  return is_right;
}

static gboolean
verify_eddsa (EVP_PKEY *key, const OtJwtToken *token)
{
  return verify_with (key, NULL, token, token->signature, token->signature_length);
}

/* ---- which key is for what ---- */

static gboolean
is_rsa (EVP_PKEY *key)
{
  return EVP_PKEY_get_base_id (key) == EVP_PKEY_RSA && EVP_PKEY_get_bits (key) >= MIN_RSA_BITS;
}

static gboolean
is_p256 (EVP_PKEY *key)
{
  char curve[32] = "";

  return EVP_PKEY_get_base_id (key) == EVP_PKEY_EC
         && EVP_PKEY_get_group_name (key, curve, sizeof curve, NULL)
         && g_str_equal (curve, "prime256v1");
}

static gboolean
is_ed25519 (EVP_PKEY *key)
{
  return EVP_PKEY_get_base_id (key) == EVP_PKEY_ED25519;
}

static const Algorithm algorithms[] = {
  { "HS256", TRUE, NULL, verify_hs256 },
  { "RS256", FALSE, is_rsa, verify_rs256 },
  { "ES256", FALSE, is_p256, verify_es256 },
  { "EdDSA", FALSE, is_ed25519, verify_eddsa },
};

static const Algorithm *
find_algorithm (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (algorithms); i++)
    if (g_str_equal (algorithms[i].name, name))
      return &algorithms[i];
  return NULL;
}

/* ---- files ---- */

static gboolean
refuse (const char *file, const char *why, GError **error)
{
  g_set_error (error, OT_AUTH_ERROR, OT_AUTH_ERROR_KEY, "%s: %s", file, why);
  return FALSE;
}

/* Looks first: a pipe would never end, nor would /dev/zero. */
static gboolean
read_file (const char *file, char **text, gsize *length, GError **error)
{
  g_autoptr (GError) why = NULL;
  GStatBuf status;

  if (g_stat (file, &status) == 0
      && (!S_ISREG (status.st_mode) || status.st_size > OT_JWT_KEY_MAX_BYTES))
    return refuse (file, "not a file of at most 16 KiB", error);
  return g_file_get_contents (file, text, length, &why) || refuse (file, why->message, error);
}

static gboolean
take_secret (OtJwtKey *self, const char *text, gsize length, const char *file, GError **error)
{
  if (length > 0 && text[length - 1] == '\n')
    length--;
  if (g_str_has_prefix (text, "-----BEGIN"))
    return refuse (file, "HS256 needs a secret, not a key in PEM", error);
  if (length < MIN_SECRET_BYTES)
    return refuse (file, "HS256 needs a secret of at least 32 bytes", error);
  self->key = EVP_PKEY_new_raw_private_key (EVP_PKEY_HMAC, NULL, (const guchar *)text, length);
  return self->key != NULL || refuse (file, "OpenSSL does not take the secret", error);
}

static gboolean
take_public_key (OtJwtKey *self, const char *text, gsize length, const char *file, GError **error)
{
  g_autoptr (BIO) bio = BIO_new_mem_buf (text, (int)length);
  g_autofree char *wanted =
      g_strdup_printf ("does not hold a public key in PEM that fits %s", self->algorithm->name);

  self->key = PEM_read_bio_PUBKEY (bio, NULL, NULL, NULL);
  return (self->key != NULL && self->algorithm->fits (self->key)) || refuse (file, wanted, error);
}

OtJwtKey *
ot_jwt_key_load (const char *algorithm, const char *kid, const char *file, GError **error)
{
  g_autoptr (OtJwtKey) self = g_new0 (OtJwtKey, 1);
  g_autofree char *text = NULL;
  gboolean taken;
  gsize length;

  self->algorithm = find_algorithm (algorithm);
  self->kid = g_strdup (kid);
  if (self->algorithm == NULL) {
    g_set_error (error, OT_AUTH_ERROR, OT_AUTH_ERROR_KEY,
                 "%s: its algorithm, %s, is not one of HS256, RS256, ES256, EdDSA", file,
                 algorithm);
    return NULL;
  }
  if (!read_file (file, &text, &length, error))
    return NULL;
  taken = self->algorithm->is_secret ? take_secret (self, text, length, file, error)
                                     : take_public_key (self, text, length, file, error);
  OPENSSL_cleanse (text, length);
  ERR_clear_error ();
  return taken ? g_steal_pointer (&self) : NULL;
}

void
ot_jwt_key_free (OtJwtKey *self)
{
  g_clear_pointer (&self->key, EVP_PKEY_free);
  g_free (self->kid);
  g_free (self);
}

const char *
ot_jwt_key_get_algorithm (const OtJwtKey *self)
{
  return self->algorithm->name;
}

const char *
ot_jwt_key_get_kid (const OtJwtKey *self)
{
  return self->kid;
}

gboolean
ot_jwt_key_verify (const OtJwtKey *self, const OtJwtToken *token)
{
  gboolean is_right = token->signature != NULL && self->algorithm->verify (self->key, token);

  ERR_clear_error (); /* or the thread's next user of OpenSSL would find our failure */
  return is_right;
}
