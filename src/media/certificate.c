/* Certificates and their fingerprints, with OpenSSL. GStreamer 1.22 neither compares the peer's
 * certificate with the fingerprint of its description nor hashes only the certificate of a PEM that
 * also holds the key, so both are ours. */

#include "certificate.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "media-error.h"

#define DAY_SECONDS (24 * 60 * 60)

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (X509, X509_free)

static const struct {
  const char *name;
  GChecksumType hash;
} hashes[] = {
  { "sha-256 ", G_CHECKSUM_SHA256 },
  { "sha-384 ", G_CHECKSUM_SHA384 },
  { "sha-512 ", G_CHECKSUM_SHA512 },
};

gboolean
ot_fingerprint_parse (OtFingerprint *out, const char *text)
{
  const char *hex = NULL;

  memset (out, 0, sizeof *out);
  for (guint i = 0; i < G_N_ELEMENTS (hashes) && hex == NULL; i++) {
    if (g_ascii_strncasecmp (text, hashes[i].name, strlen (hashes[i].name)) != 0)
      continue;
    out->hash = hashes[i].hash;
    out->size = (gsize)g_checksum_type_get_length (out->hash);
    hex = text + strlen (hashes[i].name);
  }
  if (hex == NULL || strlen (hex) != out->size * 3 - 1)
    return FALSE;
  for (gsize i = 0; i < out->size; i++, hex += 3) {
    int high = g_ascii_xdigit_value (hex[0]);
    int low = g_ascii_xdigit_value (hex[1]);

    if (high < 0 || low < 0 || (i + 1 < out->size && hex[2] != ':'))
      return FALSE;
    out->bytes[i] = (guint8)(high << 4 | low);
  }
  return TRUE;
}

static void
hash_bytes (const guchar *der, long length, GChecksumType hash, guint8 *digest, gsize *size)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (hash);

  g_checksum_update (checksum, der, length);
  g_checksum_get_digest (checksum, digest, size);
}

/* The bytes are hashed as they came: OpenSSL has judged them during the handshake, and reading them
 * again would cost as much as a tenth of it. */
gboolean
ot_fingerprint_matches_pem (const OtFingerprint *self, const char *pem)
{
  g_autoptr (BIO) bio = BIO_new_mem_buf (pem, -1);
  guchar *der = NULL;
  long length = 0;
  guint8 digest[64];
  gsize size = sizeof digest;

  if (bio == NULL || !PEM_bytes_read_bio (&der, &length, NULL, PEM_STRING_X509, bio, NULL, NULL)) {
    ERR_clear_error ();
    return FALSE;
  }
  hash_bytes (der, length, self->hash, digest, &size);
  OPENSSL_free (der);
  return size == self->size && memcmp (digest, self->bytes, size) == 0;
}

static char *
fingerprint_text (X509 *certificate)
{
  GString *text = g_string_new ("sha-256");
  guchar *der = NULL;
  int length = i2d_X509 (certificate, &der);
  guint8 digest[64];
  gsize size = sizeof digest;

  if (length < 0)
    g_error ("no room for the certificate");
  hash_bytes (der, length, G_CHECKSUM_SHA256, digest, &size);
  OPENSSL_free (der);
  for (gsize i = 0; i < size; i++)
    g_string_append_printf (text, "%c%02X", i == 0 ? ' ' : ':', digest[i]);
  return g_string_free (text, FALSE);
}

static X509 *
sign_certificate (EVP_PKEY *key, int days)
{
  g_autoptr (X509) certificate = X509_new ();
  X509_NAME *name = certificate != NULL ? X509_get_subject_name (certificate) : NULL;

  if (name == NULL || !X509_set_version (certificate, 2)
      || !ASN1_INTEGER_set (X509_get_serialNumber (certificate),
                            1 + g_random_int_range (0, G_MAXINT32))
      || !X509_gmtime_adj (X509_getm_notBefore (certificate), -DAY_SECONDS)
      || !X509_gmtime_adj (X509_getm_notAfter (certificate), (long)days * DAY_SECONDS)
      || !X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_ASC, (const guchar *)"otomo", -1, -1, 0)
      || !X509_set_issuer_name (certificate, name) || !X509_set_pubkey (certificate, key)
      || !X509_sign (certificate, key, EVP_sha256 ()))
    return NULL;
  return g_steal_pointer (&certificate);
}

static char *
pem_text (X509 *certificate, EVP_PKEY *key)
{
  g_autoptr (BIO) bio = BIO_new (BIO_s_mem ());
  char *data = NULL;
  long size;

  if (bio == NULL || !PEM_write_bio_X509 (bio, certificate)
      || !PEM_write_bio_PrivateKey (bio, key, NULL, NULL, 0, NULL, NULL))
    return NULL;
  size = BIO_get_mem_data (bio, &data);
  return g_strndup (data, (gsize)size);
}

OtCertificate *
ot_certificate_new (int days, GError **error)
{
  g_autoptr (EVP_PKEY) key = EVP_EC_gen ("P-256");
  g_autoptr (X509) certificate = key != NULL ? sign_certificate (key, days) : NULL;
  g_autofree char *pem = certificate != NULL ? pem_text (certificate, key) : NULL;
  OtCertificate *self;

  if (pem == NULL) {
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START,
                 "OpenSSL cannot make a certificate: %s",
                 ERR_reason_error_string (ERR_get_error ()));
    ERR_clear_error ();
    return NULL;
  }
  self = g_new0 (OtCertificate, 1);
  self->pem = g_steal_pointer (&pem);
  self->fingerprint = fingerprint_text (certificate);
  return self;
}

void
ot_certificate_free (OtCertificate *self)
{
  OPENSSL_cleanse (self->pem, strlen (self->pem));
  g_free (self->pem);
  g_free (self->fingerprint);
  g_free (self);
}
