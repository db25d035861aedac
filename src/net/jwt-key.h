#pragma once

#include <gio/gio.h>

/**
 * OtJwtKey:
 *
 * One configured algorithm with its key. The algorithm comes from here, never from the token.
 */
typedef struct _OtJwtKey OtJwtKey;

/** ot_jwt_key_load: see ot_auth_set_jwt(). Returns: (transfer full) (nullable) */
OtJwtKey *ot_jwt_key_load (const char *algorithm, const char *key_file, GError **error);
void ot_jwt_key_free (OtJwtKey *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OtJwtKey, ot_jwt_key_free)

/**
 * ot_jwt_key_verify:
 * @token: a JWT in compact form (RFC 7519), from anybody
 * @now_seconds: UTC; `exp` must be later, `nbf` at most 5 s later
 * @reason: (out): what is wrong, static, when NULL is returned
 *
 * Takes a token whose header names exactly this algorithm and has no `crit`, whose signature is
 * right, and whose header and claims pass the same strict gate as messages do.
 *
 * Returns: (transfer full) (nullable): the `sub`, an id
 * Thread: any.
 */
char *ot_jwt_key_verify (const OtJwtKey *self,
                         const char *token,
                         gint64 now_seconds,
                         const char **reason);
