#pragma once

#include <glib.h>

#include "event.h"

/**
 * OtIceServers:
 *
 * The servers that clients are told in `signaling_start`. TURN servers that share a secret with us
 * get credentials made for one user and 12 hours, by the scheme that coturn calls use-auth-secret:
 * user name "expiry:userId", password base64 (HMAC-SHA1 (secret, user name)).
 */
typedef struct _OtIceServers OtIceServers;

#define OT_ICE_SERVERS_ERROR (g_quark_from_static_string ("ot-ice-servers-error"))
typedef enum {
  OT_ICE_SERVERS_ERROR_URL,    /* not a stun:, stuns:, turn: or turns: URL, or more than 16 */
  OT_ICE_SERVERS_ERROR_SECRET, /* a TURN URL, but no secret */
} OtIceServersError;

/**
 * ot_ice_servers_new:
 * @urls: (nullable): separated by spaces
 * @turn_secret: (nullable): shared with the TURN servers
 *
 * Returns: (transfer full) (nullable): NULL with @error
 */
OtIceServers *ot_ice_servers_new (const char *urls, const char *turn_secret, GError **error);
void ot_ice_servers_free (OtIceServers *self);

/**
 * ot_ice_servers_get:
 * @user_id: for whom
 * @now_seconds: UTC
 * @n_servers: (out): 0 to 2
 *
 * Returns: (transfer none): valid until the next call
 */
const OtIceServer *
ot_ice_servers_get (OtIceServers *self, const char *user_id, gint64 now_seconds, gsize *n_servers);
