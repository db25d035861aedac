#pragma once

#include <json-glib/json-glib.h>

/**
 * OtJwtToken:
 *
 * A JWT in compact form (RFC 7519, RFC 7515), taken apart. What it says is a stranger's word until
 * its signature was checked. Fill with ot_jwt_token_read(), end with ot_jwt_token_clear().
 */
typedef struct {
  JsonNode *header;        /* owned; an object */
  JsonNode *claims;        /* owned; an object */
  const char *algorithm;   /* borrowed from @header */
  const char *kid;         /* (nullable) borrowed from @header; an id */
  const char *signed_text; /* borrowed from the text; not ended by NUL */
  gsize signed_length;
  guchar *signature; /* owned */
  gsize signature_length;
} OtJwtToken;

/** OT_JWT_MAX_CHARS: the longest token that is looked at. */
#define OT_JWT_MAX_CHARS 8192

/**
 * ot_jwt_token_read:
 * @text: from anybody; must outlive @self
 *
 * Takes the text apart: three parts of canonical base64url, header and claims JSON objects that
 * pass the gate of messages, so that no two parsers can read them differently. Refuses a header
 * that wants what this server does not do (`crit`), and one that brings or points to a key of its
 * own (`jku`, `jwk`, `x5u`, `x5c`): keys come from the settings.
 *
 * Returns: (nullable): NULL when read; else what is wrong, for a person; static
 * Thread: any. Pure.
 */
const char *ot_jwt_token_read (OtJwtToken *self, const char *text);

void ot_jwt_token_clear (OtJwtToken *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OtJwtToken, ot_jwt_token_clear)

/** OtJwtRules: what a token must say beside its user; strings borrowed. */
typedef struct {
  const char *issuer;   /* (nullable): what `iss` must be; NULL: not looked at */
  const char *audience; /* (nullable): what `aud` must be or hold; NULL: not looked at */
  gint64 leeway_us;     /* how far the issuer's clock and ours may differ: for `exp` and `nbf` */
} OtJwtRules;

/** OtJwtGrant: what a token is good for. */
typedef struct {
  const char *user_id; /* borrowed from the token; an id */
  gint64 expires_us;   /* UTC, leeway included; %G_MAXINT64: never */
} OtJwtGrant;

/**
 * ot_jwt_token_judge:
 * @now_us: UTC
 * @grant: (out): filled when NULL is returned
 *
 * Whether the claims of a token whose signature is right let somebody in: `sub` is an id, `exp` and
 * `nbf` (RFC 7519 section 4.1; either may be absent) hold now, `iss` and `aud` are as in @rules.
 *
 * Returns: (nullable): NULL when accepted; else why not, for a person; static
 * Thread: any. Pure.
 */
const char *ot_jwt_token_judge (const OtJwtToken *self,
                                const OtJwtRules *rules,
                                gint64 now_us,
                                OtJwtGrant *grant);
