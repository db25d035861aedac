#pragma once

#include "auth.h"
#include "config.h"
#include "courier.h"
#include "ice-servers.h"
#include "server.h"

/**
 * SECTION:secrets
 *
 * What the settings name as files with secrets, read: keys, certificate, the database's password,
 * what is shared with TURN servers and with who takes webhooks. At the start, and again at a
 * reload: what is no good then leaves in place what was there.
 *
 * Files are small and read at once. Errors: %OT_CONFIG_ERROR_VALUE where settings do not go
 * together, else those of what reads the file; each names the setting or the file.
 * Thread: main loop.
 */

/** ot_secrets_load_keys: @auth takes JWTs by the keys that are there now; without any it is left as
 * it is. */
gboolean ot_secrets_load_keys (const OtConfig *config, OtAuth *auth, GError **error);

/** ot_secrets_load_certificate: @server speaks TLS with it; without any it is left as it is. */
gboolean ot_secrets_load_certificate (const OtConfig *config, OtServer *server, GError **error);

/** ot_secrets_read_database_password: @out: (out) (transfer full) (nullable): NULL: there is none
 */
gboolean ot_secrets_read_database_password (const OtConfig *config, char **out, GError **error);

/** ot_secrets_make_ice_servers: Returns: (transfer full): or NULL with @error set */
OtIceServers *ot_secrets_make_ice_servers (const OtConfig *config, GError **error);

/** ot_secrets_set_webhook_endpoint: where @courier posts to, and what it signs with. */
gboolean
ot_secrets_set_webhook_endpoint (const OtConfig *config, OtCourier *courier, GError **error);
