/* Settings in, what was read out; keeps nothing. */

#include "secrets.h"

#include <string.h>

/* A secret that is a line of text: @path's, without its end; *out is NULL if there is no @path. */
static gboolean
read_line (const char *setting, const char *path, char **out, GError **error)
{
  g_autoptr (GError) why = NULL;
  g_autofree char *text = NULL;
  gsize length;

  *out = NULL;
  if (path == NULL)
    return TRUE;
  if (g_file_get_contents (path, &text, &length, &why)) {
    gboolean binary = strlen (text) < length;

    g_strchomp (text);
    if (binary || text[0] == '\0' || strpbrk (text, "\r\n") != NULL)
      g_set_error (&why, OT_CONFIG_ERROR, OT_CONFIG_ERROR_VALUE, "%s is not one line of text",
                   path);
  }
  if (why != NULL)
    return ot_config_refuse (error, setting, why);
  *out = g_steal_pointer (&text);
  return TRUE;
}

gboolean
ot_secrets_load_keys (const OtConfig *config, OtAuth *auth, GError **error)
{
  OtJwtSettings settings = { .algorithm = config->auth_jwt_algorithm,
                             .key_file = config->auth_jwt_key_file,
                             .keys_dir = config->auth_jwt_keys,
                             .rules = { .issuer = config->auth_jwt_issuer,
                                        .audience = config->auth_jwt_audience,
                                        .leeway_us = config->auth_jwt_leeway_us } };

  if ((settings.algorithm == NULL) != (settings.key_file == NULL)) {
    g_set_error (error, OT_CONFIG_ERROR, OT_CONFIG_ERROR_VALUE,
                 "auth.jwt_algorithm and auth.jwt_key_file go together: only one of them is set");
    return FALSE;
  }
  if (settings.key_file == NULL && settings.keys_dir == NULL)
    return TRUE;
  return ot_auth_set_jwt (auth, &settings, error);
}

gboolean
ot_secrets_load_certificate (const OtConfig *config, OtServer *server, GError **error)
{
  g_autoptr (GError) why = NULL;

  if ((config->server_tls_certificate == NULL) != (config->server_tls_key == NULL)) {
    g_set_error (error, OT_CONFIG_ERROR, OT_CONFIG_ERROR_VALUE,
                 "server.tls_certificate and server.tls_key go together: only one of them is set");
    return FALSE;
  }
  return config->server_tls_certificate == NULL
         || ot_server_use_tls (server, config->server_tls_certificate, config->server_tls_key, &why)
         || ot_config_refuse (error, "server.tls_certificate, server.tls_key", why);
}

gboolean
ot_secrets_read_database_password (const OtConfig *config, char **out, GError **error)
{
  return read_line ("database.password_file", config->database_password_file, out, error);
}

OtIceServers *
ot_secrets_make_ice_servers (const OtConfig *config, GError **error)
{
  g_autofree char *secret = NULL;

  if (!read_line ("ice.turn_secret_file", config->ice_turn_secret_file, &secret, error))
    return NULL;
  return ot_ice_servers_new (config->ice_servers, secret, error);
}

gboolean
ot_secrets_set_webhook_endpoint (const OtConfig *config, OtCourier *courier, GError **error)
{
  if (config->webhook_url != NULL && config->webhook_secret_file == NULL) {
    g_set_error (error, OT_CONFIG_ERROR, OT_CONFIG_ERROR_VALUE,
                 "webhook.url is set, so webhook.secret_file is needed too");
    return FALSE;
  }
  return ot_courier_set_endpoint (courier, config->webhook_url, config->webhook_secret_file, error);
}
