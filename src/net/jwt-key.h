#pragma once

#include "jwt-token.h"

/**
 * OtJwtKey:
 *
 * One key with its algorithm and its name. The algorithm comes from here, never from the token.
 */
typedef struct _OtJwtKey OtJwtKey;

/** OT_JWT_KEY_MAX_BYTES: the largest key file. */
#define OT_JWT_KEY_MAX_BYTES (16 * 1024)

/**
 * ot_jwt_key_load:
 * @algorithm: what the key is for: HS256, RS256, ES256 (RFC 7518) or EdDSA (RFC 8037)
 * @kid: (nullable): its name; NULL: it has none
 * @file: a secret of 32 bytes at least, the newline at its end apart (HS256), or a public key in
 * PEM: RSA of 2048 bits at least (RS256), P-256 (ES256), Ed25519 (EdDSA)
 *
 * Returns: (transfer full) (nullable): NULL with %OT_AUTH_ERROR_KEY, which names the file
 */
OtJwtKey *
ot_jwt_key_load (const char *algorithm, const char *kid, const char *file, GError **error);
void ot_jwt_key_free (OtJwtKey *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OtJwtKey, ot_jwt_key_free)

/** ot_jwt_key_get_algorithm: its name in a token's `alg`; static. */
const char *ot_jwt_key_get_algorithm (const OtJwtKey *self);

/** ot_jwt_key_get_kid: (nullable): borrowed. */
const char *ot_jwt_key_get_kid (const OtJwtKey *self);

/** ot_jwt_key_verify: whether the token was signed with this key, whatever the token itself says
 * of its algorithm. Thread: any. */
gboolean ot_jwt_key_verify (const OtJwtKey *self, const OtJwtToken *token);
