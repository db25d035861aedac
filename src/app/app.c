/* The composition root: builds every part in order, connects their ports and listeners, and takes them down in
 * reverse. Knows everybody and decides nothing. */

#include "app.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin.h"
#include "channels.h"
#include "chat.h"
#include "clock.h"
#include "console.h"
#include "courier.h"
#include "demo.h"
#include "health.h"
#include "hub.h"
#include "ice-servers.h"
#include "librarian.h"
#include "log.h"
#include "logging.h"
#include "media-plugins.h"
#include "media-server.h"
#include "metrics.h"
#include "origins.h"
#include "pages.h"
#include "paths.h"
#include "people.h"
#include "registry.h"
#include "reload.h"
#include "router.h"
#include "rules.h"
#include "secrets.h"
#include "server.h"
#include "store.h"
#include "supervisor.h"
#include "webhooks.h"

#define ALIVE_INTERVAL_US G_TIME_SPAN_SECOND
#define QUIET_INTERVAL_US (20 * G_TIME_SPAN_MILLISECOND)
#define QUIET_DEADLINE_US (10 * G_TIME_SPAN_SECOND)

/* Of the page of development mode. */
static const char page_policy[] = "default-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; frame-ancestors 'none'";

typedef struct {
  OtConfig *reloaded;     /* owned; what config is since a reload */
  const OtConfig *config; /* borrowed, as all of ot_app_run()'s arguments */
  const char *state_dir;
  gboolean dev;
  char *recordings_dir; /* owned */
  const OtClock *clock;
  GMainLoop *loop;

  OtMediaServer *media;
  OtIceServers *ice_servers;
  OtStore *store;
  OtWebhookSender *webhook_sender; /* owned until the courier has it; NULL: no webhooks */
  OtCourier *courier;              /* NULL: no webhooks, or not yet */
  OtDoorkeeper *door;
  char **origins; /* owned; NULL: any */
  OtLibrarian *librarian;          /* NULL: not yet */
  OtAuth *auth;
  OtRegistry *registry;
  OtChat *chat;
  OtHub *hub;
  OtServer *server;
  OtListener *admin_listener;
  OtConsole *console; /* NULL: no admin.listen */
  OtAdmin admin;
  OtAuditLog *audit;
  OtMetrics metrics;
  OtPulse pulse;

  OtSupervisor supervisor;
  OtTimer alive_timer;
  OtTimer quiet_timer; /* while it drains, and while calls that were ended are written */
  gint64 quiet_deadline_us;
  guint signal_ids[3];
  gboolean draining;
  gboolean stopping;
  GError *error; /* owned: why it could not start */
} OtApp;

static void stop (OtApp *self);
static gboolean reload (gpointer user_data, OtReload *report, GError **error);

/* ---- what calls need of the outside ---- */

static void
tell_session (gpointer self, const char *session_id, const OtOut *event)
{
  ot_hub_send (((OtApp *) self)->hub, session_id, event);
}

static void
tell_user (gpointer self, const char *user_id, const char *except_session_id, const OtOut *event)
{
  ot_hub_send_user (((OtApp *) self)->hub, user_id, except_session_id, event);
}

static gboolean
is_online (gpointer self, const char *user_id)
{
  return ot_hub_is_online (((OtApp *) self)->hub, user_id);
}

static const OtIceServer *
ice_servers (gpointer user_data, const char *user_id, gsize *n_servers)
{
  OtApp *self = user_data;

  return ot_ice_servers_get (self->ice_servers, user_id, ot_clock_wall_us (self->clock) / G_USEC_PER_SEC, n_servers);
}

static OtTellPort
tell_port (OtApp *self)
{
  return (OtTellPort) { self, tell_session, tell_user, is_online, ice_servers };
}

static OtCallPorts
call_ports (OtApp *self)
{
  const OtConfig *config = self->config;

  return (OtCallPorts) {
    .record = *ot_store_record_port (self->store),
    .media = ot_media_server_port (self->media),
    .tell = tell_port (self),
    .clock = self->clock,
    .settings = ot_rules_of_calls (config),
  };
}

/* ---- what the outside tells calls ---- */

static void
on_media (const OtMediaEvent *event, gpointer user_data)
{
  OtApp *self = user_data;

  if (event->type == OT_MEDIA_FILE || event->type == OT_MEDIA_FILE_GONE) {
    if (self->librarian != NULL)
      ot_librarian_on_media (self->librarian, event);
  } else if (self->registry != NULL) {
    ot_registry_on_media (event, self->registry);
  }
}

static void
on_opened (gpointer user_data, OtSession *session)
{
  OtApp *self = user_data;
  OtSender sender = ot_router_sender (session);

  ot_registry_opened (self->registry, &sender);
}

static void
on_event (gpointer user_data, OtSession *session, const OtIn *event, gint64 sequence)
{
  OtApp *self = user_data;
  OtRouter router = { self->registry, self->chat };

  ot_router_event (&router, session, event, sequence);
}

static void
on_refused (gpointer user_data, OtSession *session, OtCode code, const char *message, const char *original_event,
    const char *call_id)
{
  OtApp *self = user_data;
  OtSender sender = ot_router_sender (session);

  if (sender.user_id != NULL)
    ot_registry_note_refused (self->registry, &sender, code, original_event, call_id);
}

static void
on_closed (gpointer user_data, OtSession *session)
{
  OtApp *self = user_data;
  OtSender sender = ot_router_sender (session);

  ot_registry_closed (self->registry, &sender);
}

static gboolean
on_needed (gpointer user_data, OtSession *session)
{
  OtApp *self = user_data;
  OtSender sender = ot_router_sender (session);

  return ot_registry_needs (self->registry, &sender);
}

static void
on_over (gpointer user_data, const char *user_id, const char *session_id)
{
  OtApp *self = user_data;
  OtSender sender = { .user_id = user_id, .session_id = session_id };

  ot_chat_closed (self->chat, &sender);
}

static void
on_alive (gpointer user_data)
{
  OtApp *self = user_data;
  g_autoptr (GPtrArray) ids = ot_registry_alive_ids (self->registry);

  g_ptr_array_add (ids, NULL);
  ot_store_renew (self->store, (const char *const *) ids->pdata, ot_clock_mono_us (self->clock));
  ot_timer_arm (&self->alive_timer, ot_clock_mono_us (self->clock) + ALIVE_INTERVAL_US, on_alive, self);
}

/* ---- up ---- */

static gboolean
make_state_dir (const char *dir, GError **error)
{
  if (g_mkdir_with_parents (dir, 0700) != 0 || access (dir, W_OK | X_OK) != 0) {
    g_set_error (error, OT_APP_ERROR, OT_APP_ERROR_STATE_DIR, "state directory %s can't be written: %s", dir,
        g_strerror (errno));
    return FALSE;
  }
  return TRUE;
}

static gboolean
start_media (OtApp *self, GError **error)
{
  OtMediaOptions options = { .address = self->config->media_address,
                             .bind_address = self->config->media_bind_address,
                             .port = (guint16) self->config->media_port,
                             .n_threads = (guint) self->config->media_threads,
                             .n_prepared = (guint) self->config->media_prepared_calls,
                             .late_us = self->config->limit_media_lag_us,
                             .consent_us = self->config->media_consent_timeout_us,
                             .recordings_dir = self->recordings_dir };

  if (!ot_media_check_plugins (error))
    return FALSE;
  self->media = ot_media_server_new (&options, on_media, self, error);
  return self->media != NULL;
}

static void
start_courier (OtApp *self)
{
  OtCourierOptions options = { .first_pause_us = self->config->webhook_retry_us,
                               .max_tries = (int) self->config->webhook_tries };

  if (self->webhook_sender != NULL)
    self->courier = ot_courier_new (self->store, g_steal_pointer (&self->webhook_sender), &options, self->clock);
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

static OtHealth
ask_health (gpointer user_data)
{
  OtApp *self = user_data;

  return (OtHealth) { .database = ot_store_is_available (self->store),
                      .media = ot_media_server_is_serving (self->media),
                      .busy = ot_registry_is_busy (self->registry),
                      .draining = self->draining || self->stopping };
}

static void
start_monitoring (OtApp *self)
{
  self->metrics = (OtMetrics) { .registry = self->registry,
                                .hub = self->hub,
                                .server = self->server,
                                .store = self->store,
                                .media = self->media,
                                .librarian = &self->librarian,
                                .courier = &self->courier,
                                .pulse = &self->pulse,
                                .ask_health = ask_health,
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
  ot_health_add (ot_console_get_http (self->console), ask_health, self);
  return TRUE;
}

static gboolean
start_serving (OtApp *self, GError **error)
{
  OtHubListener listener = { self, on_opened, on_event, on_refused, on_needed, on_closed, on_over };
  OtNetLimits limits = ot_rules_of_connections (self->config);
  OtListenerLimits http_limits = { .max_connections = (guint) self->config->limit_connections };
  OtServerOptions options = { .limits = &http_limits, .door = self->door, .origins = self->origins };
  OtCallPorts ports = call_ports (self);
  OtChatPort channels = ot_store_chat_port (self->store);
  g_autofree char *socket = ot_admin_socket_path (self->state_dir);

  self->librarian = ot_librarian_new (self->store, self->media, self->recordings_dir,
      (int) self->config->recording_keep_days, self->clock);
  self->registry = ot_registry_new (&ports);
  self->chat = ot_chat_new (&channels, &ports.tell);
  self->hub = ot_hub_new (&listener, &limits, self->auth, self->door, self->clock);
  self->admin = (OtAdmin) { .store = self->store,
                            .registry = self->registry,
                            .hub = self->hub,
                            .librarian = self->librarian,
                            .may_record = ports.settings.recording != OT_RECORDING_OFF,
                            .clock = self->clock,
                            .default_price_points = self->config->billing_default_price,
                            .audit = self->audit,
                            .reload = reload,
                            .reload_data = self };
  self->admin_listener = ot_listener_new (NULL, NULL);
  ot_admin_add (ot_listener_get_server (self->admin_listener), &self->admin);
  self->server = ot_server_new (self->hub, &options);
  ot_health_add (ot_server_get_http (self->server), ask_health, self);
  start_monitoring (self);
  if (!ot_listener_listen_unix (self->admin_listener, socket, error) || !start_console (self, error))
    return FALSE;
  if (self->dev) {
    ot_pages_add (ot_server_get_http (self->server), "/", "/otomo/web", page_policy);
    ot_demo_add (ot_server_get_http (self->server), self->store, self->clock, (int) self->config->billing_unit_seconds);
  }
  if (!ot_secrets_load_certificate (self->config, self->server, error)
      || !ot_server_listen (self->server, self->config->server_listen, error))
    return FALSE;
  on_alive (self);
  start_courier (self);
  return TRUE;
}

static void
give_up (OtApp *self, GError *error)
{
  if (self->error == NULL)
    self->error = error;
  else
    g_error_free (error);
  stop (self);
}

static void
serve (OtApp *self)
{
  GError *error = NULL;

  if (self->stopping)
    return;
  if (!start_serving (self, &error)) {
    give_up (self, error);
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
    give_up (user_data, error);
}

static void
on_webhook_rules_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtApp *self = user_data;
  GError *error = NULL;

  if (!ot_store_set_webhook_rules_finish (self->store, result, &error))
    give_up (self, error);
  else if (self->dev && !self->stopping)
    ot_store_seed_demo_async (self->store, NULL, on_demo_seeded, self);
  else
    serve (self);
}

static void
on_store_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtApp *self = user_data;
  OtWebhookRules rules = { .wallet_low_points = self->config->webhook_wallet_low,
                           .keep_days = (int) self->config->webhook_keep_days };
  GError *error = NULL;

  if (ot_store_start_finish (self->store, result, &error))
    ot_store_set_webhook_rules_async (self->store, self->webhook_sender != NULL ? &rules : NULL,
        on_webhook_rules_set, self);
  else
    give_up (self, error);
}

/* Its calls are closed in the database, by somebody else; here they end with system_error. Whoever starts it again
 * gets a new epoch, or hears that its name is taken. */
static void
on_lease_lost (gpointer user_data)
{
  OtApp *self = user_data;

  if (self->registry != NULL)
    ot_registry_shut_down (self->registry, TRUE);
  give_up (self, g_error_new (OT_APP_ERROR, OT_APP_ERROR_LEASE_LOST,
      "another server has taken over the calls of \"%s\"; start it again to serve on", self->config->server_node));
}

static gboolean
start (OtApp *self, GError **error)
{
  const OtConfig *config = self->config;
  OtStoreOptions options = { .database = config->database_url,
                             .state_dir = self->state_dir,
                             .node_id = config->server_node,
                             .lease_us = config->database_lease_us,
                             .takeover_us = config->database_takeover_us,
                             .lost = on_lease_lost,
                             .lost_data = self,
                             .unit_seconds = (int) config->billing_unit_seconds,
                             .share_percent = (int) config->billing_share_percent,
                             .charge = ot_charge_mode_parse (config->billing_charge),
                             .partial_unit = ot_partial_unit_parse (config->billing_partial_unit) };
  OtPeoplePort people;

  self->recordings_dir = config->recording_directory != NULL
                             ? g_canonicalize_filename (config->recording_directory, NULL)
                             : g_build_filename (self->state_dir, "recordings", NULL);
  self->audit = ot_audit_log_new (config->log_audit_file, self->clock, error);
  if (self->audit == NULL || !make_door (self, error) || !make_state_dir (self->state_dir, error)
      || !start_media (self, error))
    return FALSE;
  self->ice_servers = ot_secrets_make_ice_servers (config, error);
  if (self->ice_servers == NULL)
    return FALSE;
  self->store = ot_store_new (&options);
  people = ot_people_port (self->store);
  self->auth = ot_auth_new (&people, self->clock);
  if (!ot_secrets_load_keys (config, self->auth, error)
      || !ot_secrets_make_webhook_sender (config, self->clock, &self->webhook_sender, error))
    return FALSE;
  ot_store_start_async (self->store, NULL, on_store_started, self);
  return TRUE;
}

/* ---- down ---- */

static void
on_store_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtApp *self = user_data;

  ot_store_close_finish (self->store, result);
  g_main_loop_quit (self->loop);
}

static void
close_store (OtApp *self)
{
  g_clear_pointer (&self->librarian, ot_librarian_free);
  if (self->courier != NULL)
    ot_courier_stop (self->courier);
  ot_store_close_async (self->store, on_store_closed, self);
}

static void
on_hub_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtApp *self = user_data;

  ot_hub_close_finish (self->hub, result);
  close_store (self);
}

/* Calls are over when the database has their ends; then people may go. */
static void
on_quiet (gpointer user_data)
{
  OtApp *self = user_data;
  gint64 now_us = ot_clock_mono_us (self->clock);

  if (!(ot_registry_is_quiet (self->registry) && ot_media_server_is_quiet (self->media))
      && now_us < self->quiet_deadline_us) {
    ot_timer_arm (&self->quiet_timer, now_us + QUIET_INTERVAL_US, on_quiet, self);
    return;
  }
  if (!ot_registry_is_quiet (self->registry))
    ot_warning ("the database did not take the end of every call in time; the next start closes them");
  ot_hub_close_async (self->hub, on_hub_closed, self);
}

static void
stop (OtApp *self)
{
  if (self->stopping)
    return;
  self->stopping = TRUE;
  ot_info ("stopping");
  ot_supervisor_stopping (&self->supervisor);
  ot_timer_cancel (&self->alive_timer);
  if (self->registry == NULL) {
    close_store (self);
    return;
  }
  if (self->server != NULL)
    ot_server_stop (self->server);
  ot_listener_stop (self->admin_listener);
  if (self->console != NULL)
    ot_console_stop (self->console);
  ot_registry_shut_down (self->registry, FALSE);
  self->quiet_deadline_us = ot_clock_mono_us (self->clock) + QUIET_DEADLINE_US;
  on_quiet (self);
}

static void
on_drained (gpointer user_data)
{
  OtApp *self = user_data;
  gint64 now_us = ot_clock_mono_us (self->clock);
  guint n_live = ot_registry_n_live (self->registry);

  if (n_live > 0 && now_us < self->quiet_deadline_us) {
    ot_timer_arm (&self->quiet_timer, now_us + QUIET_INTERVAL_US, on_drained, self);
    return;
  }
  if (n_live > 0)
    ot_warning ("%u calls still go on after server.drain_timeout: they end now", n_live);
  stop (self);
}

static void
drain (OtApp *self)
{
  guint n_live = self->registry != NULL ? ot_registry_n_live (self->registry) : 0;
  g_autofree char *status = g_strdup_printf ("draining: %u calls may go on for %g s; a second signal ends them", n_live,
      (double) self->config->server_drain_timeout_us / G_USEC_PER_SEC);

  if (self->stopping || n_live == 0 || self->config->server_drain_timeout_us == 0) {
    stop (self);
    return;
  }
  self->draining = TRUE;
  ot_registry_drain (self->registry);
  ot_supervisor_draining (&self->supervisor, status, self->config->server_drain_timeout_us);
  ot_info ("%s", status);
  self->quiet_deadline_us = ot_clock_mono_us (self->clock) + self->config->server_drain_timeout_us;
  on_drained (self);
}

static gboolean
on_terminate (gpointer user_data)
{
  OtApp *self = user_data;

  if (self->draining)
    stop (self);
  else
    drain (self);
  return G_SOURCE_CONTINUE;
}

/* Somebody at a terminal does not want to wait. */
static gboolean
on_interrupt (gpointer user_data)
{
  stop (user_data);
  return G_SOURCE_CONTINUE;
}

/* ---- again ---- */

static void
renew_secrets (OtApp *self, OtReload *reload)
{
  OtIceServers *ice_servers;
  GError *error = NULL;

  ot_secrets_load_certificate (self->config, self->server, &error);
  ot_reload_add_failure (reload, g_steal_pointer (&error));
  ot_secrets_load_keys (self->config, self->auth, &error);
  ot_reload_add_failure (reload, g_steal_pointer (&error));
  if (self->courier != NULL)
    ot_courier_load_secret (self->courier, self->config->webhook_secret_file, &error);
  ot_reload_add_failure (reload, g_steal_pointer (&error));
  ice_servers = ot_secrets_make_ice_servers (self->config, &error);
  if (ice_servers != NULL) {
    ot_ice_servers_free (self->ice_servers);
    self->ice_servers = ice_servers;
  }
  ot_reload_add_failure (reload, g_steal_pointer (&error));
  ot_audit_log_reopen (self->audit, &error);
  ot_reload_add_failure (reload, error);
}

/* Everything that calls and connections ask anew each time. */
static void
renew_rules (OtApp *self)
{
  OtCallSettings calls = ot_rules_of_calls (self->config);
  OtNetLimits limits = ot_rules_of_connections (self->config);

  ot_registry_set_admission (self->registry, &calls.admission);
  ot_hub_set_limits (self->hub, &limits);
  self->admin.default_price_points = self->config->billing_default_price;
  if (self->config->log_debug != NULL)
    ot_log_set_levels (self->config->log_debug);
}

/* Settings and secrets are read again, without touching a call. A bad file of settings changes nothing, a bad secret
 * leaves the one of before. */
static gboolean
reload (gpointer user_data, OtReload *report, GError **error)
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
  renew_rules (self);
  g_clear_pointer (&before, ot_config_free);
  ot_reload_log (report);
  return TRUE;
}

static gboolean
on_hang_up (gpointer user_data)
{
  OtApp *self = user_data;
  g_auto (OtReload) report = { 0 };
  g_autoptr (GError) error = NULL;

  ot_reload_init (&report);
  if (self->server != NULL && !self->stopping)
    reload (self, &report, &error);
  return G_SOURCE_CONTINUE;
}

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
  g_clear_pointer (&self->webhook_sender, ot_webhook_sender_free);
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
