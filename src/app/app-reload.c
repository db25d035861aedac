/* Settings and secrets are read again while calls go on: what can be renewed is, the rest is
 * reported. */

#include "app-private.h"
#include "log.h"
#include "logging.h"
#include "origins.h"
#include "rules.h"
#include "secrets.h"

static void
renew_secrets (OtApp *self, OtReload *reload)
{
  g_autofree char *password = NULL;
  OtIceServers *ice_servers;
  GError *error = NULL;

  ot_secrets_load_certificate (self->config, self->server, &error);
  ot_reload_add_failure (reload, g_steal_pointer (&error));
  ot_secrets_load_keys (self->config, self->auth, &error);
  ot_reload_add_failure (reload, g_steal_pointer (&error));
  ot_secrets_set_webhook_endpoint (self->config, self->courier, &error);
  ot_reload_add_failure (reload, g_steal_pointer (&error));
  if (ot_secrets_read_database_password (self->config, &password, &error))
    ot_store_set_password (self->store, password);
  ot_reload_add_failure (reload, g_steal_pointer (&error));
  ice_servers = ot_secrets_make_ice_servers (self->config, &error);
  if (ice_servers != NULL) {
    ot_ice_servers_free (self->ice_servers);
    self->ice_servers = ice_servers;
  }
  ot_reload_add_failure (reload, g_steal_pointer (&error));
  ot_audit_log_set_file (self->audit, self->config->log_audit_file, &error);
  ot_reload_add_failure (reload, error);
}

/* Who may come in: a list that can't be read leaves the one of before. */
static void
renew_door (OtApp *self, OtReload *reload)
{
  OtDoorkeeperRules rules = ot_rules_of_visitors (self->config);
  g_autoptr (GError) bad_proxies = NULL;
  g_autoptr (GError) bad_origins = NULL;
  char **origins = ot_origins_parse (self->config->server_origins, &bad_origins);
  GError *error = NULL;

  if (!ot_doorkeeper_set_rules (self->door, &rules, &bad_proxies))
    ot_config_refuse (&error, "server.proxies", bad_proxies);
  ot_reload_add_failure (reload, g_steal_pointer (&error));
  if (bad_origins == NULL)
    ot_server_set_origins (self->server, origins);
  else
    ot_config_refuse (&error, "server.origins", bad_origins);
  ot_reload_add_failure (reload, error);
}

/* Everything that calls, connections and errands ask anew each time, or at their beginning. */
static void
renew_rules (OtApp *self)
{
  OtCourierOptions webhooks = ot_rules_of_webhooks (self->config);
  OtCallSettings calls = ot_rules_of_calls (self->config);
  OtNetLimits limits = ot_rules_of_connections (self->config);

  ot_registry_set_settings (self->registry, &calls);
  ot_hub_set_limits (self->hub, &limits);
  ot_courier_set_options (self->courier, &webhooks);
  ot_media_server_set_late (self->media, self->config->limit_media_lag_us);
  ot_librarian_set_keep_days (self->librarian, (int)self->config->recording_keep_days);
  self->admin.default_price_points = self->config->billing_default_price;
  ot_server_set_max_connections (self->server, (guint)self->config->limit_connections);
  ot_logging_set_format (self->config->log_format);
  if (self->config->log_debug != NULL)
    ot_logging_set_levels (self->config->log_debug);
}

gboolean
ot_app_reload (gpointer user_data, OtReload *report, GError **error)
{
  OtApp *self = user_data;
  OtConfig *fresh = ot_config_reload (self->config, report->changed, report->kept, error);
  OtConfig *before = self->reloaded;

  if (fresh == NULL) {
    ot_warning ("reload: nothing is changed: %s", error != NULL ? (*error)->message : "");
    return FALSE;
  }
  self->config = self->reloaded = fresh;
  renew_secrets (self, report);
  renew_door (self, report);
  renew_rules (self);
  g_clear_pointer (&before, ot_config_free);
  ot_reload_log (report);
  return TRUE;
}
