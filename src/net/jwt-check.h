#pragma once

#include "jwt-key.h"

/**
 * OtJwtCheck:
 *
 * Which JWTs this server takes: a set of keys, and the rules for claims. Read once and then
 * immutable; new keys are a new check (ot_auth_set_jwt() swaps them).
 *
 * No file is ever opened by what a token says: the keys are in memory, and `kid` only picks one.
 */
typedef struct _OtJwtCheck OtJwtCheck;

/** OtJwtSettings: the names are those of the configuration; strings borrowed. */
typedef struct {
  const char *algorithm; /* (nullable): auth.jwt_algorithm, of @key_file */
  const char *key_file;  /* (nullable): auth.jwt_key_file: a key without a name */
  const char *keys_dir;  /* (nullable): auth.jwt_keys: files named KID.ALGORITHM */
  OtJwtRules rules;
} OtJwtSettings;

/** OT_JWT_KEYS_MAX: how many keys a server may have. */
#define OT_JWT_KEYS_MAX 64

/**
 * ot_jwt_check_new:
 * @settings: copied
 *
 * Reads the key file, if there is one, and every file of the directory whose name does not begin
 * with a dot.
 *
 * Returns: (transfer full) (nullable): NULL with %OT_AUTH_ERROR_KEY, which names the file and what
 * is wrong with it
 */
OtJwtCheck *ot_jwt_check_new (const OtJwtSettings *settings, GError **error);
void ot_jwt_check_free (OtJwtCheck *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OtJwtCheck, ot_jwt_check_free)

/**
 * ot_jwt_check_token:
 * @token: taken apart
 * @now_us: UTC
 * @grant: (out): filled when NULL is returned; borrows from @token
 *
 * The key is one of the token's `alg`: with a `kid`, the one of that name; without, the one that
 * has no name, else the only one there is. (A `kid` is not looked at where no key has a name.)
 *
 * Returns: (nullable): NULL when it lets somebody in; else why not, for a person; static
 * Thread: any.
 */
const char *ot_jwt_check_token (const OtJwtCheck *self,
                                const OtJwtToken *token,
                                gint64 now_us,
                                OtJwtGrant *grant);
