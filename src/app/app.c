/* The composition root: builds every part in order, connects the parts to each other, and takes
 * them down in reverse. Knows everybody and decides nothing. Read it from ot_app_run() upwards;
 * what the parts say to each other is app-ports.c, the ordered end app-shutdown.c. */

#include "app.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdio.h>
#include <unistd.h>

#include "app-private.h"
#include "channels.h"
#include "demo.h"
#include "logging.h"
#include "media-plugins.h"
#include "origins.h"
#include "pages.h"
#include "paths.h"
#include "people.h"
#include "rules.h"
#include "secrets.h"

#define ALIVE_INTERVAL_US G_TIME_SPAN_SECOND

/* Of the page of development mode. */
static const char page_policy[] = "default-src 'self'; connect-src 'self' ws: wss:; base-uri "
                                  "'none'; frame-ancestors 'none'";

/* ---- what everything stands on: folders, voice, secrets, the store ---- */

static gboolean
make_state_dir (const char *dir, GError **error)
{
  if (g_mkdir_with_parents (dir, 0700) != 0 || access (dir, W_OK | X_OK) != 0) {
    g_set_error (error, OT_APP_ERROR, OT_APP_ERROR_STATE_DIR,
                 "state directory %s can't be written: %s", dir, g_strerror (errno));
    return FALSE;
  }
  return TRUE;
}

/* What its settings can't be is the door's to know. */
static gboolean
make_door (OtApp *self, GError **error)
{
  OtDoorkeeperRules rules = ot_rules_of_visitors (self->config);
  g_autoptr (GError) why = NULL;

  self->door = ot_doorkeeper_new (&rules, self->clock, &why);
  if (self->door == NULL)
    return ot_config_refuse (error, "server.proxies", why);
  self->origins = ot_origins_parse (self->config->server_origins, &why);
  return why == NULL || ot_config_refuse (error, "server.origins", why);
}

static gboolean
make_media (OtApp *self, GError **error)
{
  OtMediaOptions options = { .address = self->config->media_address,
                             .bind_address = self->config->media_bind_address,
                             .port = (guint16)self->config->media_port,
                             .n_threads = (guint)self->config->media_threads,
                             .n_prepared = (guint)self->config->media_prepared_calls,
                             .late_us = self->config->limit_media_lag_us,
                             .consent_us = self->config->media_consent_timeout_us,
                             .recordings_dir = self->recordings_dir };

  if (!ot_media_check_plugins (error))
    return FALSE;
  self->media = ot_media_server_new (&options, ot_app_on_media, self, error);
  return self->media != NULL;
}

static gboolean
make_store (OtApp *self, GError **error)
{
  const OtConfig *config = self->config;
  g_autofree char *password = NULL;
  OtStoreOptions options = { .database = config->database_url,
                             .state_dir = self->state_dir,
                             .node_id = config->server_node,
                             .lease_us = config->database_lease_us,
                             .takeover_us = config->database_takeover_us,
                             .lost = ot_app_on_lease_lost,
                             .lost_data = self,
                             .unit_seconds = (int)config->billing_unit_seconds,
                             .share_percent = (int)config->billing_share_percent,
                             .charge = ot_charge_mode_parse (config->billing_charge),
                             .partial_unit = ot_partial_unit_parse (config->billing_partial_unit) };
  OtPeoplePort people;

  if (!ot_secrets_read_database_password (config, &password, error))
    return FALSE;
  options.password = password;
  self->store = ot_store_new (&options);
  people = ot_people_port (self->store);
  self->auth = ot_auth_new (&people, self->clock);
  return TRUE;
}

static gboolean
make_courier (OtApp *self, GError **error)
{
  OtCourierOptions options = ot_rules_of_webhooks (self->config);

  self->courier = ot_courier_new (self->store, self->clock);
  ot_courier_set_options (self->courier, &options);
  return ot_secrets_set_webhook_endpoint (self->config, self->courier, error);
}

static gboolean
make_ground (OtApp *self, GError **error)
{
  const OtConfig *config = self->config;

  self->recordings_dir = config->recording_directory != NULL
                             ? g_canonicalize_filename (config->recording_directory, NULL)
                             : g_build_filename (self->state_dir, "recordings", NULL);
  self->audit = ot_audit_log_new (config->log_audit_file, self->clock, error);
  if (self->audit == NULL || !make_door (self, error) || !make_state_dir (self->state_dir, error)
      || !make_media (self, error))
    return FALSE;
  self->ice_servers = ot_secrets_make_ice_servers (config, error);
  if (self->ice_servers == NULL || !make_store (self, error))
    return FALSE;
  return ot_secrets_load_keys (config, self->auth, error) && make_courier (self, error);
}

/* ---- what lives on it: calls, chat, people, operators ---- */

static void
make_rooms (OtApp *self)
{
  OtCallPorts ports = ot_app_call_ports (self);
  OtChatPort channels = ot_store_chat_port (self->store);
  OtHubListener listener = ot_app_hub_listener (self);
  OtNetLimits limits = ot_rules_of_connections (self->config);

  self->librarian = ot_librarian_new (self->store, self->media, self->recordings_dir,
                                      (int)self->config->recording_keep_days, self->clock);
  self->registry = ot_registry_new (&ports);
  self->chat = ot_chat_new (&channels, &ports.tell);
  self->hub = ot_hub_new (&listener, &limits, self->auth, self->door, self->clock);
  self->admin = (OtAdmin){ .store = self->store,
                           .registry = self->registry,
                           .hub = self->hub,
                           .librarian = self->librarian,
                           .clock = self->clock,
                           .default_price_points = self->config->billing_default_price,
                           .audit = self->audit,
                           .reload = ot_app_reload,
                           .reload_data = self };
}

static void
make_listeners (OtApp *self)
{
  OtListenerLimits limits = { .max_connections = (guint)self->config->limit_connections };
  OtServerOptions options = { .limits = &limits, .door = self->door };

  self->admin_listener = ot_listener_new (NULL, NULL);
  ot_admin_add (ot_listener_get_server (self->admin_listener), &self->admin);
  self->server = ot_server_new (self->hub, &options);
  ot_server_set_origins (self->server, g_steal_pointer (&self->origins));
  ot_health_add (ot_server_get_http (self->server), ot_app_ask_health, self);
}

static void
start_monitoring (OtApp *self)
{
  self->metrics = (OtMetrics){ .registry = self->registry,
                               .hub = self->hub,
                               .server = self->server,
                               .store = self->store,
                               .media = self->media,
                               .librarian = &self->librarian,
                               .courier = self->courier,
                               .pulse = &self->pulse,
                               .ask_health = ot_app_ask_health,
                               .health_data = self,
                               .started_wall_us = ot_clock_wall_us (self->clock) };
  ot_pulse_start (&self->pulse, self->clock);
  ot_metrics_add (ot_listener_get_server (self->admin_listener), &self->metrics);
}

static gboolean
start_console (OtApp *self, GError **error)
{
  if (self->config->admin_listen == NULL)
    return TRUE;
  self->console = ot_console_new (&self->admin, self->config->admin_listen, self->state_dir, error);
  self->admin.console = self->console;
  if (self->console == NULL)
    return FALSE;
  ot_metrics_add (ot_console_get_http (self->console), &self->metrics);
  ot_health_add (ot_console_get_http (self->console), ot_app_ask_health, self);
  return TRUE;
}

static gboolean
listen_to_operators (OtApp *self, GError **error)
{
  g_autofree char *socket = ot_admin_socket_path (self->state_dir);

  return ot_listener_listen_unix (self->admin_listener, socket, error)
         && start_console (self, error);
}

static gboolean
listen_to_people (OtApp *self, GError **error)
{
  SoupServer *http = ot_server_get_http (self->server);

  if (self->dev) {
    ot_pages_add (http, "/", "/otomo/web", page_policy);
    ot_demo_add (http, self->store, self->clock, (int)self->config->billing_unit_seconds);
  }
  return ot_secrets_load_certificate (self->config, self->server, error)
         && ot_server_listen (self->server, self->config->server_listen, error);
}

static void
on_alive (gpointer user_data)
{
  OtApp *self = user_data;
  g_autoptr (GPtrArray) ids = ot_registry_alive_ids (self->registry);
  gint64 now_us = ot_clock_mono_us (self->clock);

  g_ptr_array_add (ids, NULL);
  ot_store_renew (self->store, (const char *const *)ids->pdata, now_us);
  ot_timer_arm (&self->alive_timer, now_us + ALIVE_INTERVAL_US, on_alive, self);
}

static gboolean
start_serving (OtApp *self, GError **error)
{
  make_rooms (self);
  make_listeners (self);
  start_monitoring (self);
  if (!listen_to_operators (self, error) || !listen_to_people (self, error))
    return FALSE;
  on_alive (self);
  return TRUE;
}

/* ---- the steps of a start: the ground → the store → the courier → demo people → serving ---- */

static void
serve (OtApp *self)
{
  GError *error = NULL;

  if (self->stopping)
    return;
  if (!start_serving (self, &error)) {
    ot_app_give_up (self, error);
    return;
  }
  printf ("listening on http%s://%s\n", self->config->server_tls_certificate != NULL ? "s" : "",
          ot_server_get_address (self->server));
  fflush (stdout);
  ot_supervisor_ready (&self->supervisor, self->clock, ot_server_get_address (self->server));
}

static void
on_demo_seeded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;

  if (ot_store_seed_finish (OT_STORE (source), result, &error))
    serve (user_data);
  else
    ot_app_give_up (user_data, error);
}

static void
on_courier_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtApp *self = user_data;
  GError *error = NULL;

  if (!ot_courier_start_finish (self->courier, result, &error))
    ot_app_give_up (self, error);
  else if (self->dev && !self->stopping)
    ot_store_seed_demo_async (self->store, NULL, on_demo_seeded, self);
  else
    serve (self);
}

static void
on_store_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtApp *self = user_data;
  GError *error = NULL;

  if (ot_store_start_finish (self->store, result, &error))
    ot_courier_start_async (self->courier, on_courier_started, self);
  else
    ot_app_give_up (self, error);
}

static gboolean
start (OtApp *self, GError **error)
{
  if (!make_ground (self, error))
    return FALSE;
  ot_store_start_async (self->store, NULL, on_store_started, self);
  return TRUE;
}

/* ---- signals ---- */

static gboolean
on_terminate (gpointer user_data)
{
  OtApp *self = user_data;

  if (self->draining)
    ot_app_stop (self);
  else
    ot_app_drain (self);
  return G_SOURCE_CONTINUE;
}

/* Somebody at a terminal does not want to wait. */
static gboolean
on_interrupt (gpointer user_data)
{
  ot_app_stop (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_hang_up (gpointer user_data)
{
  OtApp *self = user_data;
  g_auto (OtReload) report = { 0 };
  g_autoptr (GError) error = NULL;

  ot_reload_init (&report);
  if (self->server != NULL && !self->stopping)
    ot_app_reload (self, &report, &error);
  return G_SOURCE_CONTINUE;
}

/* ---- one run ---- */

static void
take_down (OtApp *self)
{
  ot_supervisor_end (&self->supervisor);
  ot_pulse_stop (&self->pulse);
  ot_timer_cancel (&self->quiet_timer);
  g_clear_pointer (&self->server, ot_server_free);
  g_clear_pointer (&self->console, ot_console_free);
  g_clear_pointer (&self->admin_listener, ot_listener_free);
  g_clear_pointer (&self->hub, ot_hub_free);
  g_clear_pointer (&self->auth, ot_auth_free);
  g_clear_pointer (&self->door, ot_doorkeeper_free);
  g_clear_pointer (&self->origins, g_strfreev);
  g_clear_pointer (&self->registry, ot_registry_free);
  g_clear_pointer (&self->chat, ot_chat_free);
  g_clear_pointer (&self->media, ot_media_server_free);
  g_clear_pointer (&self->courier, ot_courier_free);
  g_clear_object (&self->store);
  g_clear_pointer (&self->ice_servers, ot_ice_servers_free);
  for (gsize i = 0; i < G_N_ELEMENTS (self->signal_ids); i++)
    g_source_remove (self->signal_ids[i]);
  g_free (self->recordings_dir);
  g_clear_pointer (&self->reloaded, ot_config_free);
  g_clear_pointer (&self->audit, ot_audit_log_free);
  g_main_loop_unref (self->loop);
}

gboolean
ot_app_run (const OtConfig *config, const char *state_dir, gboolean dev, GError **error)
{
  OtApp self = { .config = config, .state_dir = state_dir, .dev = dev, .clock = ot_clock_real () };

  ot_logging_start (config);
  self.loop = g_main_loop_new (NULL, FALSE);
  self.signal_ids[0] = g_unix_signal_add (SIGINT, on_interrupt, &self);
  self.signal_ids[1] = g_unix_signal_add (SIGTERM, on_terminate, &self);
  self.signal_ids[2] = g_unix_signal_add (SIGHUP, on_hang_up, &self);
  if (start (&self, &self.error))
    g_main_loop_run (self.loop);
  take_down (&self);
  ot_logging_stop ();
  if (self.error != NULL)
    g_propagate_error (error, self.error);
  return self.error == NULL;
}
