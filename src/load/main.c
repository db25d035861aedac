/* otomo-load: holds many calls, and people who only are there, against a running server and says
 * what they got. `otomoctl load-test` runs it with people it has made for it. Its numbers and
 * phases: run.h; one call: call.h; one person's voice: talker.h. Exit codes: sysexits.h; 1: calls
 * failed, or more than 1 % of the packets were lost. */

#include <locale.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "report.h"

#define CALLS_MAX 4000
#define IDLE_MAX 15000
#define SECONDS_MAX 3600

static struct {
  char *url;
  char *tokens;
  int calls;
  int idle;
  int first_id;
  double rate;
  double seconds;
  double hold;
  double max_seconds;
  int payload;
  int server_pid;
  gboolean json;
} set = {
  .calls = 10, .first_id = 1, .rate = 10, .seconds = 20, .max_seconds = 300, .payload = 80
};

static const GOptionEntry entries[] = {
  { "url", 0, 0, G_OPTION_ARG_STRING, &set.url, "The server: ws://127.0.0.1:8080/v1/socket",
    "URL" },
  { "tokens", 0, 0, G_OPTION_ARG_FILENAME, &set.tokens,
    "Lines \"ID TOKEN\" for u1, o1, …, as `otomoctl seed` writes them", "FILE" },
  { "calls", 0, 0, G_OPTION_ARG_INT, &set.calls, "How many at once (10, at most 4000)", "N" },
  { "idle", 0, 0, G_OPTION_ARG_INT, &set.idle,
    "People who are connected beside the calls and do nothing (0, at most 15000)", "N" },
  { "first-id", 0, 0, G_OPTION_ARG_INT, &set.first_id, "Number of the first pair of people (1)",
    "N" },
  { "rate", 0, 0, G_OPTION_ARG_DOUBLE, &set.rate, "Calls begun a second (10)", "N" },
  { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &set.seconds, "How long is measured once all are up (20)",
    "N" },
  { "hold", 0, 0, G_OPTION_ARG_DOUBLE, &set.hold,
    "A storm: each call is hung up so long after it came up, nothing is measured but set-ups",
    "N" },
  { "max-seconds", 0, 0, G_OPTION_ARG_DOUBLE, &set.max_seconds, "When it ends at the latest (300)",
    "N" },
  { "payload", 0, 0, G_OPTION_ARG_INT, &set.payload, "Bytes of voice a packet, 32 to 255 (80)",
    "N" },
  { "server-pid", 0, 0, G_OPTION_ARG_INT, &set.server_pid,
    "A process of this machine whose CPU, memory and threads are read", "PID" },
  { "json", 0, 0, G_OPTION_ARG_NONE, &set.json, "One line of JSON instead of the table", NULL },
  { NULL },
};

static gboolean
check_options (void)
{
  if (set.url == NULL || set.tokens == NULL)
    g_printerr ("otomo-load: --url and --tokens are needed\n");
  else if (set.calls < 0 || set.calls > CALLS_MAX || set.idle < 0 || set.idle > IDLE_MAX
           || set.calls + set.idle == 0)
    g_printerr ("otomo-load: --calls is at most %d, --idle at most %d, not both 0\n", CALLS_MAX,
                IDLE_MAX);
  else if (set.first_id < 1)
    g_printerr ("otomo-load: --first-id is 1 or more\n");
  else if (!(set.rate > 0 && set.rate <= 1000))
    g_printerr ("otomo-load: --rate is more than 0, at most 1000\n");
  else if (!(set.seconds > 0 && set.seconds <= SECONDS_MAX && set.max_seconds > 0
             && set.max_seconds <= SECONDS_MAX && set.hold >= 0 && set.hold <= SECONDS_MAX))
    g_printerr ("otomo-load: seconds are more than 0 (--hold: or 0), at most %d\n", SECONDS_MAX);
  else if (set.payload < LOAD_PAYLOAD_MIN || set.payload > LOAD_PAYLOAD_MAX)
    g_printerr ("otomo-load: --payload is %d to %d\n", LOAD_PAYLOAD_MIN, LOAD_PAYLOAD_MAX);
  else
    return TRUE;
  return FALSE;
}

/* (transfer full) (nullable): person → token. */
static GHashTable *
read_tokens (const char *file, GError **error)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  GHashTable *tokens;

  if (!g_file_get_contents (file, &text, NULL, error))
    return NULL;
  tokens = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_auto (GStrv) words = g_strsplit (lines[i], " ", 2);

    if (g_strv_length (words) == 2)
      g_hash_table_insert (tokens, g_strdup (words[0]), g_strdup (words[1]));
  }
  return tokens;
}

/* A call takes two WebSockets and two UDP sockets. */
static void
raise_file_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit (RLIMIT_NOFILE, &limit);
  }
}

static int
test (const LoadContext *context)
{
  const LoadOptions options = { .n_idle = (guint)set.idle,
                                .n_calls = (guint)set.calls,
                                .first_id = (guint)set.first_id,
                                .rate = set.rate,
                                .seconds = set.seconds,
                                .hold = set.hold,
                                .max_seconds = set.max_seconds,
                                .server_pid = set.server_pid,
                                .payload_size = (guint)set.payload };
  g_autofree LoadFigures *figures = g_new0 (LoadFigures, 1);
  g_autofree char *json = NULL;

  load_run (&options, context, figures);
  json = load_report_json (figures);
  if (set.json)
    g_print ("%s\n", json);
  else
    load_report_print (json);
  g_hash_table_unref (figures->failures);
  return figures->crowd.n_lost == 0 && figures->n_up == options.n_calls && figures->n_dropped == 0
                 && figures->n_strange == 0 && figures->n_lost * 100 <= figures->n_heard
             ? EX_OK
             : 1;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) options =
      g_option_context_new ("- holds many calls against an Otomo server and measures them");
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) tokens = NULL;
  LoadContext context = { 0 };
  LoadIdentity *identity;
  int code;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error)) {
    g_printerr ("otomo-load: %s\n", error->message);
    return EX_USAGE;
  }
  if (!check_options ())
    return EX_USAGE;
  tokens = read_tokens (set.tokens, &error);
  identity = tokens != NULL ? load_identity_new (&error) : NULL;
  if (identity == NULL) {
    g_printerr ("otomo-load: %s\n", error->message);
    return EX_NOINPUT;
  }
  raise_file_limit ();
  context.session = soup_session_new_with_options (
      "max-conns", 2 * CALLS_MAX + IDLE_MAX, "max-conns-per-host", 2 * CALLS_MAX + IDLE_MAX, NULL);
  soup_session_remove_feature_by_type (context.session, SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);
  context.url = set.url;
  context.tokens = tokens;
  context.identity = identity;
  context.clock = ot_clock_real ();
  context.voice = load_voice_new (context.clock);
  context.run = g_random_int ();
  context.payload_size = (guint)set.payload;
  code = test (&context);
  load_voice_free (context.voice);
  g_object_unref (context.session);
  load_identity_free (identity);
  return code;
}
