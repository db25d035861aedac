#pragma once

#include <glib.h>

/**
 * OtConfig:
 *
 * The settings, each under the name GROUP.KEY of the table in config.c, which also holds type,
 * default, range and a line of help. Immutable once read. Strings are owned by the config; NULL
 * where a text has no value.
 */
typedef struct {
  char *server_listen;
  char *server_tls_certificate;
  char *server_tls_key;
  char *server_node;
  char *admin_listen;
  gint64 server_devices;
  gint64 server_ping_seconds;
  char *server_origins;
  char *server_proxies;
  gint64 server_drain_timeout_us;
  char *database_url;
  char *database_password_file;
  gint64 database_lease_us;
  gint64 database_takeover_us;
  gint64 billing_unit_seconds;
  char *billing_charge;
  char *billing_partial_unit;
  gint64 billing_share_percent;
  gint64 billing_default_price;
  gint64 call_request_timeout_us;
  gint64 call_ring_timeout_us;
  gint64 call_media_timeout_us;
  gint64 call_rtp_pause_us;
  gint64 call_rtp_timeout_us;
  gint64 call_lost_timeout_us;
  gint64 call_resume_window_us;
  gint64 call_database_timeout_us;
  gint64 limit_messages;
  gint64 limit_bytes;
  gint64 limit_person_messages;
  gint64 limit_person_bytes;
  gint64 limit_invalid;
  gint64 limit_connections;
  gint64 limit_address_connections;
  gint64 limit_unauthenticated;
  gint64 limit_wrong_tokens;
  gint64 limit_calls;
  gint64 limit_new_calls;
  gint64 limit_person_calls;
  gint64 limit_loop_stall_us;
  gint64 limit_media_lag_us;
  gint64 limit_record_lag_us;
  char *media_address;
  char *media_bind_address;
  gint64 media_port;
  gint64 media_threads;
  gint64 media_prepared_calls;
  gint64 media_consent_timeout_us;
  char *recording_mode;
  char *recording_directory;
  gint64 recording_keep_days;
  char *auth_jwt_algorithm;
  char *auth_jwt_key_file;
  char *auth_jwt_keys;
  char *auth_jwt_issuer;
  char *auth_jwt_audience;
  gint64 auth_jwt_leeway_us;
  gint64 auth_token_notice_us;
  gint64 auth_token_grace_us;
  char *ice_servers;
  char *ice_turn_secret_file;
  char *webhook_url;
  char *webhook_secret_file;
  gint64 webhook_wallet_low;
  gint64 webhook_retry_us;
  gint64 webhook_tries;
  gint64 webhook_keep_days;
  char *log_debug;
  char *log_audit_file;
  char *log_format;

  char *file; /* what it was read from, for ot_config_reload() */
  char **sets;
} OtConfig;

#define OT_CONFIG_ERROR (g_quark_from_static_string ("ot-config-error"))
typedef enum {
  OT_CONFIG_ERROR_FILE,    /* can't be read, or is no key file */
  OT_CONFIG_ERROR_UNKNOWN, /* no such setting */
  OT_CONFIG_ERROR_VALUE,   /* not of the type, or out of range */
} OtConfigError;

/**
 * ot_config_new:
 * @file: (nullable): a key file
 * @sets: (nullable) (array zero-terminated=1): "GROUP.KEY=VALUE", strongest last
 *
 * Defaults, then what is in $CREDENTIALS_DIRECTORY (for a secret, the file GROUP.KEY), then the
 * file, then the environment (OTOMO_GROUP_KEY; OTOMO_DATABASE for database.url), then @sets.
 *
 * Returns: (transfer full) (nullable): NULL with @error, whose message names the place and what
 * would be right
 */
OtConfig *ot_config_new (const char *file, const char *const *sets, GError **error);

/**
 * ot_config_reload:
 * @running: what the server runs with
 * @changed: (element-type utf8): gets the names of settings that have another value now
 * @kept: (element-type utf8): gets those that have one that only the next start can use; the result
 * has their old value
 *
 * Reads again what @running was read from.
 *
 * Returns: (transfer full) (nullable): NULL with @error, as of ot_config_new()
 */
OtConfig *
ot_config_reload (const OtConfig *running, GPtrArray *changed, GPtrArray *kept, GError **error);

/** ot_config_refuse: for who uses a setting: OT_CONFIG_ERROR_VALUE, "SETTING: WHY". Returns: FALSE
 */
gboolean ot_config_refuse (GError **error, const char *setting, const GError *why);

void ot_config_free (OtConfig *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OtConfig, ot_config_free)

/** ot_config_print: the settings as a commented key file, to standard output. Passwords within it
 * are hidden. */
void ot_config_print (const OtConfig *self);
