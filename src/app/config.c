/* The settings: one table, from which reading, checking, printing and the reference page come. No
 * setting is read anywhere else. */

#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* SECRET: the name of a file, which may also come as a systemd credential. */
typedef enum { TEXT, WHOLE, SECONDS, CHOICE, SECRET } SettingType;

/* When a change takes effect: at the next start; at a reload, which touches no call, if there was
 * something before that can be renewed; at a reload. */
typedef enum { AT_START, RENEWED, LIVE } SettingTime;

typedef struct {
  const char *group;
  const char *key;
  SettingType type;
  SettingTime time;
  gsize offset;
  const char *initial; /* NULL: no value */
  double least, most;  /* WHOLE, SECONDS */
  const char *choices; /* CHOICE: separated by spaces */
  const char *help;
} Setting;

#define AT(member) G_STRUCT_OFFSET (OtConfig, member)

/* clang-format off */
static const Setting settings[] = {
  { "server", "listen", TEXT, AT_START, AT (server_listen), "127.0.0.1:8080", 0, 0, NULL,
    "Address and port of the public HTTP and WebSocket server; port 0 picks a free one" },
  { "server", "tls_certificate", TEXT, RENEWED, AT (server_tls_certificate), NULL, 0, 0, NULL,
    "File with the certificate and those that vouch for it (PEM): then the server speaks https and wss only; SIGHUP reads it again" },
  { "server", "tls_key", SECRET, RENEWED, AT (server_tls_key), NULL, 0, 0, NULL,
    "File with the certificate's private key (PEM, without a password)" },
  { "server", "node", TEXT, AT_START, AT (server_node), "main", 0, 0, NULL,
    "This server's name in the database; unique among servers that share one" },
  { "server", "devices", WHOLE, LIVE, AT (server_devices), "5", 1, 100, NULL,
    "How many connections a person may hold; one more closes the oldest with 4409" },
  { "server", "ping_seconds", WHOLE, LIVE, AT (server_ping_seconds), "30", 1, 3600, NULL,
    "How often a connection is pinged; one that does not answer two of them is closed with 4440" },
  { "server", "origins", TEXT, LIVE, AT (server_origins), NULL, 0, 0, NULL,
    "The only pages that may connect, as browsers name them (https://example.org), separated by spaces; without it any" },
  { "server", "proxies", TEXT, LIVE, AT (server_proxies), "127.0.0.1 ::1", 0, 0, NULL,
    "Addresses and networks (10.0.0.0/8) of proxies, whose X-Forwarded-For is believed and which have no limits of their own" },
  { "server", "drain_timeout", SECONDS, LIVE, AT (server_drain_timeout_us), "600", 0, 86400, NULL,
    "How long live calls may go on after SIGTERM; then, and at a second signal, they end with server_shutdown" },
  { "admin", "listen", TEXT, AT_START, AT (admin_listen), NULL, 0, 0, NULL,
    "Address and port of the console (docs/console.md) and of /metrics, as in 127.0.0.1:8090; without it there are none" },
  { "database", "url", TEXT, AT_START, AT (database_url), NULL, 0, 0, NULL,
    "postgresql://…; without it the server runs a private PostgreSQL under its state directory" },
  { "database", "password_file", SECRET, RENEWED, AT (database_password_file), NULL, 0, 0, NULL,
    "File with the password of database.url's login, one line; stronger than one within the URL" },
  { "database", "lease", SECONDS, AT_START, AT (database_lease_us), "15", 3, 3600, NULL,
    "How long a server that is not heard of counts as alive; until then no other of its name starts" },
  { "database", "takeover", SECONDS, AT_START, AT (database_takeover_us), "30", 1, 86400, NULL,
    "How long after that another server waits until it closes the dead one's calls" },
  { "billing", "unit_seconds", WHOLE, AT_START, AT (billing_unit_seconds), "60", 1, 86400, NULL, "Length of a billed unit" },
  { "billing", "charge", CHOICE, AT_START, AT (billing_charge), "advance", 0, 0, "advance arrears",
    "When a unit is charged: before it is spoken, or after; then one unit is held from the start" },
  { "billing", "partial_unit", CHOICE, AT_START, AT (billing_partial_unit), "charge", 0, 0, "charge free pro_rata",
    "In arrears: what an unfinished unit costs" },
  { "billing", "share_percent", WHOLE, AT_START, AT (billing_share_percent), "50", 0, 100, NULL,
    "The otomo's share of a unit's price, unless the otomo has one of its own" },
  { "billing", "default_price", WHOLE, LIVE, AT (billing_default_price), "100", 1, 1000000000, NULL,
    "Points a unit of an otomo that is added without a price of its own" },
  { "call", "request_timeout", SECONDS, LIVE, AT (call_request_timeout_us), "5", 0.1, 3600, NULL,
    "How long the database may take to answer a request; then the caller is told to try again" },
  { "call", "ring_timeout", SECONDS, LIVE, AT (call_ring_timeout_us), "45", 0.1, 3600, NULL,
    "How long a call rings" },
  { "call", "media_timeout", SECONDS, LIVE, AT (call_media_timeout_us), "30", 0.1, 3600, NULL,
    "How long an accepted call may take until RTP comes" },
  { "call", "rtp_pause", SECONDS, LIVE, AT (call_rtp_pause_us), "3", 0.1, 3600, NULL,
    "Silence of a side after which the call is reconnecting and nothing is charged" },
  { "call", "rtp_timeout", SECONDS, LIVE, AT (call_rtp_timeout_us), "10", 0.1, 3600, NULL,
    "Silence of a side that ends the call" },
  { "call", "lost_timeout", SECONDS, LIVE, AT (call_lost_timeout_us), "5", 0.1, 3600, NULL,
    "Silence of a side without a connection that ends the call" },
  { "call", "resume_window", SECONDS, LIVE, AT (call_resume_window_us), "60", 0.1, 3600, NULL,
    "How long a side may be without a connection while its voice flows" },
  { "call", "database_timeout", SECONDS, LIVE, AT (call_database_timeout_us), "30", 0.1, 3600, NULL,
    "How long a call goes on while the database does not answer" },
  { "limit", "messages", WHOLE, LIVE, AT (limit_messages), "50", 1, 100000, NULL,
    "Messages a second of a connection, twice as many at once; beyond it RATE_LIMITED, and 4429 when it goes on" },
  { "limit", "bytes", WHOLE, LIVE, AT (limit_bytes), "131072", 65536, 1000000000, NULL, "Bytes a second of a connection, likewise" },
  { "limit", "person_messages", WHOLE, LIVE, AT (limit_person_messages), "100", 1, 100000, NULL,
    "Messages a second of all connections of a person, likewise" },
  { "limit", "person_bytes", WHOLE, LIVE, AT (limit_person_bytes), "262144", 65536, 1000000000, NULL,
    "Bytes a second of all connections of a person, likewise" },
  { "limit", "invalid", WHOLE, LIVE, AT (limit_invalid), "20", 1, 100000, NULL,
    "Messages a minute that can't be accepted; beyond it 4400" },
  { "limit", "connections", WHOLE, LIVE, AT (limit_connections), "10000", 10, 1000000, NULL,
    "Connections at a time; further ones are closed at once. Never more than the process may have open files, less 200" },
  { "limit", "address_connections", WHOLE, LIVE, AT (limit_address_connections), "200", 0, 1000000, NULL,
    "Connections at a time of one address (IPv6: of a /64); 0: any number" },
  { "limit", "unauthenticated", WHOLE, LIVE, AT (limit_unauthenticated), "1000", 1, 1000000, NULL,
    "Connections at a time that are not authenticated yet; one more closes the oldest of them with 4408" },
  { "limit", "wrong_tokens", WHOLE, LIVE, AT (limit_wrong_tokens), "20", 1, 100000, NULL,
    "Wrong tokens a minute of one address (IPv6: of a /64); beyond it 4429, whatever the token" },
  { "limit", "calls", WHOLE, LIVE, AT (limit_calls), "2000", 1, 4000, NULL,
    "Calls at a time; one more gets TEMPORARILY_UNAVAILABLE" },
  { "limit", "new_calls", WHOLE, LIVE, AT (limit_new_calls), "50", 1, 100000, NULL,
    "Calls begun a second, twice as many at once; one more gets TEMPORARILY_UNAVAILABLE" },
  { "limit", "person_calls", WHOLE, LIVE, AT (limit_person_calls), "20", 1, 1000000, NULL,
    "call_requests a minute of one person; beyond it RATE_LIMITED" },
  { "limit", "loop_stall", SECONDS, LIVE, AT (limit_loop_stall_us), "0.1", 0, 60, NULL,
    "After the main loop stood still for longer, new calls get TEMPORARILY_UNAVAILABLE for two seconds; 0: it may" },
  { "limit", "media_lag", SECONDS, LIVE, AT (limit_media_lag_us), "0.05", 0, 60, NULL,
    "The same after more than one in a hundred packets of voice waited longer for their thread; 0: they may" },
  { "limit", "record_lag", SECONDS, LIVE, AT (limit_record_lag_us), "0.1", 0, 60, NULL,
    "While records of calls wait longer for the database, new calls get TEMPORARILY_UNAVAILABLE, since bills are late then; 0: they may" },
  { "media", "address", TEXT, AT_START, AT (media_address), "127.0.0.1", 0, 0, NULL,
    "The addresses that clients send media to, IPv4, IPv6 or both, separated by spaces, the preferred one first; "
    "behind 1:1 NAT the public ones" },
  { "media", "bind_address", TEXT, AT_START, AT (media_bind_address), NULL, 0, 0, NULL,
    "The addresses of this machine that media come to, one IPv4 and one IPv6 at most; "
    "without it any, and 127.0.0.1 or ::1 where only that is announced" },
  { "media", "port", WHOLE, AT_START, AT (media_port), "0", 0, 65535, NULL,
    "UDP port of the first media thread, the others have those after it; 0 picks free ones" },
  { "media", "threads", WHOLE, AT_START, AT (media_threads), "1", 1, 64, NULL, "How many threads carry voice, each with a port" },
  { "media", "prepared_calls", WHOLE, AT_START, AT (media_prepared_calls), "16", 0, 256,
    NULL, "Calls whose media is made ready while there is time, so that they answer at once; each takes two threads and half a megabyte" },
  { "media", "consent_timeout", SECONDS, AT_START, AT (media_consent_timeout_us), "30", 1, 3600, NULL,
    "A client that sends no ICE check for so long is gone, and nothing is sent to it (RFC 7675)" },
  { "recording", "mode", CHOICE, LIVE, AT (recording_mode), "off", 0, 0, "off on-request all",
    "Which calls are recorded: none, those that the operator asks for (otomoctl call record), all" },
  { "recording", "directory", TEXT, AT_START, AT (recording_directory), NULL, 0, 0, NULL,
    "Where recordings live; without it in recordings/ under the state directory" },
  { "recording", "keep_days", WHOLE, LIVE, AT (recording_keep_days), "90", 0, 36500, NULL,
    "How long recordings are kept; then they are deleted. 0: for ever" },
  { "auth", "jwt_algorithm", CHOICE, RENEWED, AT (auth_jwt_algorithm), NULL, 0, 0, "HS256 RS256 ES256 EdDSA",
    "Algorithm of the key in auth.jwt_key_file" },
  { "auth", "jwt_key_file", SECRET, RENEWED, AT (auth_jwt_key_file), NULL, 0, 0, NULL,
    "File with the secret (HS256, 32 bytes at least) or the public key (PEM); a key without a name" },
  { "auth", "jwt_keys", TEXT, RENEWED, AT (auth_jwt_keys), NULL, 0, 0, NULL,
    "Directory of keys, each in a file named KID.ALGORITHM; without any key only session tokens are taken" },
  { "auth", "jwt_issuer", TEXT, RENEWED, AT (auth_jwt_issuer), NULL, 0, 0, NULL,
    "What a JWT's iss must be; without it iss is not looked at" },
  { "auth", "jwt_audience", TEXT, RENEWED, AT (auth_jwt_audience), NULL, 0, 0, NULL,
    "What a JWT's aud must be, or hold; without it aud is not looked at" },
  { "auth", "jwt_leeway", SECONDS, LIVE, AT (auth_jwt_leeway_us), "5", 0, 300, NULL,
    "How far the issuer's clock and this server's may differ: for exp and nbf" },
  { "auth", "token_notice", SECONDS, LIVE, AT (auth_token_notice_us), "60", 0, 3600, NULL,
    "How long before its token expires a connection is told to send a fresh one" },
  { "auth", "token_grace", SECONDS, LIVE, AT (auth_token_grace_us), "30", 0.1, 3600, NULL,
    "How long a connection without a call stays after its token expired; then 4401" },
  { "ice", "servers", TEXT, LIVE, AT (ice_servers), NULL, 0, 0, NULL,
    "STUN and TURN URLs for clients, separated by spaces" },
  { "ice", "turn_secret_file", SECRET, LIVE, AT (ice_turn_secret_file), NULL, 0, 0, NULL,
    "File with the secret shared with the TURN server (REST credentials)" },
  { "webhook", "url", TEXT, LIVE, AT (webhook_url), NULL, 0, 0, NULL,
    "Where events for the operator's own systems are posted (docs/webhooks.md); without it there are none" },
  { "webhook", "secret_file", SECRET, LIVE, AT (webhook_secret_file), NULL, 0, 0, NULL,
    "File with the secret that signs them, whsec_…; two lines while one takes over from the other" },
  { "webhook", "wallet_low", WHOLE, LIVE, AT (webhook_wallet_low), "300", 0, 1000000000000, NULL,
    "Points: wallet.low is told each time that a wallet falls below; 0: never" },
  { "webhook", "retry", SECONDS, LIVE, AT (webhook_retry_us), "5", 0.1, 3600, NULL,
    "Pause after the first try that failed; three times as long after each, at most 8 hours" },
  { "webhook", "tries", WHOLE, LIVE, AT (webhook_tries), "12", 1, 100, NULL,
    "How often an event is tried until it is given up (otomoctl webhooks); 12 take about two days" },
  { "webhook", "keep_days", WHOLE, LIVE, AT (webhook_keep_days), "7", 1, 3650, NULL,
    "How long events are kept that were sent or given up" },
  { "log", "audit_file", TEXT, LIVE, AT (log_audit_file), NULL, 0, 0, NULL,
    "File that gets a line of JSON for what operators do and for what they are refused; without it the log, topic otomo-audit" },
  { "log", "format", CHOICE, LIVE, AT (log_format), "text", 0, 0, "text json journal",
    "What a line of the log is: text for people, a JSON object, or an entry of journald with fields" },
  { "log", "debug", TEXT, LIVE, AT (log_debug), NULL, 0, 0, NULL,
    "Log levels in GST_DEBUG's syntax, beside GST_DEBUG itself: otomo-call:5,otomo*:4" },
};
/* clang-format on */

static const Setting *
find (const char *group, const char *key)
{
  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    if (g_str_equal (settings[i].group, group) && g_str_equal (settings[i].key, key))
      return &settings[i];
  return NULL;
}

static gboolean
bad_value (const Setting *setting,
           const char *where,
           const char *value,
           const char *wanted,
           GError **error)
{
  g_set_error (error, OT_CONFIG_ERROR, OT_CONFIG_ERROR_VALUE, "%s: %s.%s: \"%s\" is not %s", where,
               setting->group, setting->key, value, wanted);
  return FALSE;
}

static gboolean
set_number (
    OtConfig *self, const Setting *setting, const char *where, const char *value, GError **error)
{
  gboolean whole = setting->type == WHOLE;
  g_autofree char *wanted =
      g_strdup_printf ("%s from %g to %g", whole ? "a whole number" : "a number of seconds",
                       setting->least, setting->most);
  char *end = NULL;
  double number = g_ascii_strtod (value, &end);

  if (end == value || *end != '\0' || !isfinite (number) || number < setting->least
      || number > setting->most || (whole && number != floor (number)))
    return bad_value (setting, where, value, wanted, error);
  G_STRUCT_MEMBER (gint64, self, setting->offset) =
      whole ? (gint64)number : llround (number * G_USEC_PER_SEC);
  return TRUE;
}

static gboolean
set_text (
    OtConfig *self, const Setting *setting, const char *where, const char *value, GError **error)
{
  char **place = &G_STRUCT_MEMBER (char *, self, setting->offset);

  if (setting->type == CHOICE) {
    g_auto (GStrv) choices = g_strsplit (setting->choices, " ", -1);
    g_autofree char *wanted = g_strdup_printf ("one of: %s", setting->choices);
    if (!g_strv_contains ((const char *const *)choices, value))
      return bad_value (setting, where, value, wanted, error);
  }
  g_free (*place);
  *place = value[0] != '\0' ? g_strdup (value) : NULL;
  return TRUE;
}

static gboolean
set (OtConfig *self, const Setting *setting, const char *where, const char *value, GError **error)
{
  if (setting->type == WHOLE || setting->type == SECONDS)
    return set_number (self, setting, where, value, error);
  return set_text (self, setting, where, value, error);
}

static gboolean
is_text (const Setting *setting)
{
  return setting->type == TEXT || setting->type == CHOICE || setting->type == SECRET;
}

static gboolean
unknown (const char *where, const char *group, const char *key, GError **error)
{
  g_set_error (error, OT_CONFIG_ERROR, OT_CONFIG_ERROR_UNKNOWN,
               "%s: there is no setting %s.%s (otomod --print-config lists them)", where, group,
               key);
  return FALSE;
}

/* The line of a key, or of a group (@key NULL); the last one counts, as it does for GKeyFile. */
static guint
line_of (char **lines, const char *group, const char *key)
{
  g_autofree char *heading = g_strdup_printf ("[%s]", group);
  gboolean within = FALSE;
  guint found = 0;

  for (guint i = 0; lines[i] != NULL; i++) {
    g_autofree char *line = g_strstrip (g_strdup (lines[i]));

    if (line[0] == '[')
      within = g_str_equal (line, heading);
    if (!within || line[0] == '#')
      continue;
    if (key == NULL)
      return i + 1;
    if (g_str_has_prefix (line, key) && g_strchug (line + strlen (key))[0] == '=')
      found = i + 1;
  }
  return found;
}

/* What a key file has: groups, keys with a value in a group, comments. 0: all are. */
static guint
first_bad_line (char **lines)
{
  gboolean within = FALSE;

  for (guint i = 0; lines[i] != NULL; i++) {
    g_autofree char *line = g_strstrip (g_strdup (lines[i]));
    gsize length = strlen (line);
    gboolean heading = length > 2 && line[0] == '[' && line[length - 1] == ']';

    within = within || heading;
    if (length > 0 && line[0] != '#' && !heading
        && (!within || strchr (line, '=') == NULL || line[0] == '='))
      return i + 1;
  }
  return 0;
}

static gboolean
read_group (OtConfig *self,
            GKeyFile *file,
            const char *name,
            char **lines,
            const char *group,
            GError **error)
{
  g_auto (GStrv) keys = g_key_file_get_keys (file, group, NULL, NULL);

  for (guint i = 0; keys[i] != NULL; i++) {
    const Setting *setting = find (group, keys[i]);
    g_autofree char *value = g_key_file_get_string (file, group, keys[i], error);
    g_autofree char *where = g_strdup_printf ("%s:%u", name, line_of (lines, group, keys[i]));
    if (setting == NULL) {
      g_clear_error (error);
      return unknown (where, group, keys[i], error);
    }
    if (value == NULL) {
      g_prefix_error (error, "%s: ", where);
      return FALSE;
    }
    if (!set (self, setting, where, g_strstrip (value), error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_file (OtConfig *self, const char *name, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) why = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_auto (GStrv) groups = NULL;

  if (g_file_get_contents (name, &text, NULL, &why))
    lines = g_strsplit (text, "\n", -1);
  if (lines != NULL && first_bad_line (lines) != 0) {
    g_set_error (error, OT_CONFIG_ERROR, OT_CONFIG_ERROR_FILE,
                 "configuration %s can't be read: line %u is no [group], KEY=VALUE or # comment",
                 name, first_bad_line (lines));
    return FALSE;
  }
  if (lines == NULL || !g_key_file_load_from_data (file, text, (gsize)-1, G_KEY_FILE_NONE, &why)) {
    g_set_error (error, OT_CONFIG_ERROR, OT_CONFIG_ERROR_FILE, "configuration %s can't be read: %s",
                 name, why->message);
    return FALSE;
  }
  groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i] != NULL; i++)
    if (!read_group (self, file, name, lines, groups[i], error))
      return FALSE;
  return TRUE;
}

/* Of each secret, a credential named as the setting (systemd.exec(5), LoadCredential=): its file.
 */
static void
find_credentials (OtConfig *self)
{
  const char *directory = g_getenv ("CREDENTIALS_DIRECTORY");

  for (gsize i = 0; directory != NULL && i < G_N_ELEMENTS (settings); i++) {
    g_autofree char *name = g_strdup_printf ("%s.%s", settings[i].group, settings[i].key);
    g_autofree char *path = g_build_filename (directory, name, NULL);

    if (settings[i].type == SECRET && g_file_test (path, G_FILE_TEST_EXISTS))
      G_STRUCT_MEMBER (char *, self, settings[i].offset) = g_steal_pointer (&path);
  }
}

static char *
environment_name (const Setting *setting)
{
  g_autofree char *name = NULL;

  if (setting->offset == AT (database_url))
    return g_strdup ("OTOMO_DATABASE");
  name = g_strdup_printf ("OTOMO_%s_%s", setting->group, setting->key);
  return g_ascii_strup (name, -1);
}

static gboolean
read_environment (OtConfig *self, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
    g_autofree char *name = environment_name (&settings[i]);
    const char *value = g_getenv (name);
    if (value != NULL && !set (self, &settings[i], name, value, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_option (OtConfig *self, const char *option, GError **error)
{
  const char *dot = strchr (option, '.');
  const char *equals = strchr (option, '=');
  g_autofree char *group = NULL;
  g_autofree char *key = NULL;
  const Setting *setting;

  if (dot == NULL || equals == NULL || dot > equals) {
    g_set_error (error, OT_CONFIG_ERROR, OT_CONFIG_ERROR_VALUE,
                 "--set %s: it must be GROUP.KEY=VALUE", option);
    return FALSE;
  }
  group = g_strndup (option, dot - option);
  key = g_strndup (dot + 1, equals - dot - 1);
  setting = find (group, key);
  return setting != NULL ? set (self, setting, "--set", equals + 1, error)
                         : unknown ("--set", group, key, error);
}

static gboolean
read_all (OtConfig *self, const char *file, const char *const *sets, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    if (settings[i].initial != NULL
        && !set (self, &settings[i], "default", settings[i].initial, error))
      return FALSE;
  find_credentials (self);
  if (file != NULL && !read_file (self, file, error))
    return FALSE;
  if (!read_environment (self, error))
    return FALSE;
  for (guint i = 0; sets != NULL && sets[i] != NULL; i++)
    if (!read_option (self, sets[i], error))
      return FALSE;
  return TRUE;
}

OtConfig *
ot_config_new (const char *file, const char *const *sets, GError **error)
{
  g_autoptr (OtConfig) self = g_new0 (OtConfig, 1);

  self->file = g_strdup (file);
  self->sets = g_strdupv ((char **)sets);
  return read_all (self, file, sets, error) ? g_steal_pointer (&self) : NULL;
}

void
ot_config_free (OtConfig *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    if (is_text (&settings[i]))
      g_free (G_STRUCT_MEMBER (char *, self, settings[i].offset));
  g_free (self->file);
  g_strfreev (self->sets);
  g_free (self);
}

static char *
value_text (const OtConfig *self, const Setting *setting)
{
  if (setting->type == WHOLE)
    return g_strdup_printf ("%" G_GINT64_FORMAT, G_STRUCT_MEMBER (gint64, self, setting->offset));
  if (setting->type == SECONDS)
    return g_strdup_printf ("%g", (double)G_STRUCT_MEMBER (gint64, self, setting->offset)
                                      / G_USEC_PER_SEC);
  return g_strdup (G_STRUCT_MEMBER (char *, self, setting->offset));
}

/* A database's password may be within its URL: nobody sees it. */
static char *
hide_passwords (const char *value)
{
  g_autoptr (GRegex) regex =
      g_regex_new ("(://[^:/@]*:)[^@]*(?=@)|(password\\s*=\\s*)('[^']*'|[^\\s&]*)", 0, 0, NULL);

  return g_regex_replace (regex, value, -1, 0, "\\1\\2***", 0, NULL);
}

void
ot_config_print (const OtConfig *self)
{
  const char *group = "";

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
    const Setting *setting = &settings[i];
    g_autofree char *value = value_text (self, setting);
    g_autofree char *shown = NULL;
    if (!g_str_equal (group, setting->group))
      printf ("%s[%s]\n", i > 0 ? "\n" : "", setting->group);
    group = setting->group;
    printf ("# %s", setting->help);
    if (setting->type == CHOICE)
      printf (" (%s)", setting->choices);
    if (setting->type == WHOLE || setting->type == SECONDS)
      printf (" (%g to %g%s)", setting->least, setting->most,
              setting->type == SECONDS ? " seconds" : "");
    if (setting->type == SECRET)
      printf (" [secret]");
    if (setting->time != AT_START)
      printf (" [live]");
    shown = hide_passwords (value != NULL ? value : "");
    printf ("\n%s%s=%s\n", value == NULL ? "#" : "", setting->key, shown);
  }
}

/* ---- reading again ---- */

/* Text of the running server takes the place of what can't be changed now. */
static void
keep (OtConfig *self, const OtConfig *running, const Setting *setting)
{
  if (is_text (setting)) {
    g_free (G_STRUCT_MEMBER (char *, self, setting->offset));
    G_STRUCT_MEMBER (char *, self, setting->offset) =
        g_strdup (G_STRUCT_MEMBER (char *, running, setting->offset));
  } else {
    G_STRUCT_MEMBER (gint64, self, setting->offset) =
        G_STRUCT_MEMBER (gint64, running, setting->offset);
  }
}

gboolean
ot_config_refuse (GError **error, const char *setting, const GError *why)
{
  g_set_error (error, OT_CONFIG_ERROR, OT_CONFIG_ERROR_VALUE, "%s: %s", setting, why->message);
  return FALSE;
}

OtConfig *
ot_config_reload (const OtConfig *running, GPtrArray *changed, GPtrArray *kept, GError **error)
{
  OtConfig *self = ot_config_new (running->file, (const char *const *)running->sets, error);

  for (gsize i = 0; self != NULL && i < G_N_ELEMENTS (settings); i++) {
    const Setting *setting = &settings[i];
    g_autofree char *before = value_text (running, setting);
    g_autofree char *after = value_text (self, setting);
    gboolean live =
        setting->time == LIVE || (setting->time == RENEWED && (before == NULL) == (after == NULL));

    if (g_strcmp0 (before, after) == 0)
      continue;
    g_ptr_array_add (live ? changed : kept,
                     g_strdup_printf ("%s.%s", setting->group, setting->key));
    if (!live)
      keep (self, running, setting);
  }
  return self;
}
