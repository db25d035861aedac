#pragma once

#include <glib.h>

/**
 * OtFingerprint:
 *
 * The hash of a certificate as an SDP states it (RFC 8122).
 */
typedef struct {
  GChecksumType hash; /* SHA-256, SHA-384 or SHA-512 */
  guint8 bytes[64];
  gsize size;
} OtFingerprint;

/**
 * ot_fingerprint_parse:
 * @out: (out caller-allocates): the fingerprint
 * @text: the value of an a=fingerprint line, "sha-256 4A:…"; case does not matter
 *
 * Returns: FALSE when it is malformed, or its hash is none of the three
 */
gboolean ot_fingerprint_parse (OtFingerprint *out, const char *text);

/** ot_fingerprint_matches_pem: whether @pem holds a certificate, and this is its fingerprint. */
gboolean ot_fingerprint_matches_pem (const OtFingerprint *self, const char *pem);

/**
 * OtCertificate:
 *
 * The server's DTLS identity: a self-signed ECDSA P-256 certificate, made at start and kept in
 * memory only. Clients learn its fingerprint through the authenticated signalling, so nobody needs
 * it to last. Immutable.
 */
typedef struct {
  char *pem;         /* owned: certificate and private key, for the dtls elements; never logged */
  char *fingerprint; /* owned: value of our a=fingerprint line */
} OtCertificate;

/**
 * ot_certificate_new:
 * @days: how long it is valid from now on; it also is since yesterday, for clients whose clock is
 * slow
 * @error: OT_MEDIA_ERROR_START
 *
 * Returns: (transfer full): or NULL with @error set
 */
OtCertificate *ot_certificate_new (int days, GError **error);
void ot_certificate_free (OtCertificate *self);
