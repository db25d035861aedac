/* The room net as a process of its own, for test_*.py: the real server, hub and auth over people
 * made up from their tokens. Says on standard output what it tells its app, a line each; takes
 * commands from standard input. */

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ice-servers.h"
#include "server.h"
#include "timer.h"

typedef struct {
  OtClock clock;
  gint64 wall_offset_us;
} SteppedClock;

static char *needed; /* the user whose connections are needed; NULL: nobody */

/* ---- a clock whose UTC can be stepped ---- */

static gint64
read_mono (const OtClock *self)
{
  return ot_clock_mono_us (ot_clock_real ());
}

static gint64
read_wall (const OtClock *self)
{
  return ot_clock_wall_us (ot_clock_real ()) + ((const SteppedClock *)self)->wall_offset_us;
}

static SteppedClock stepped = { { read_mono, read_wall }, 0 };

static void G_GNUC_PRINTF (1, 2) say (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  vprintf (format, args);
  va_end (args);
  putchar ('\n');
  fflush (stdout);
}

/* ---- people ----
 * "token-ann" is ann's, "hour-ann" too, for an hour; "blocked-ann" is of a blocked ann, "late-ann"
 * can't be known now, and "held-ann" is asked until the test says "answer N": N turns of the
 * loop later. */

typedef struct {
  OtTimer timer;
  int turns; /* of a held one that is answered: until then */
  char *name;
  OtPersonFound found;
  gpointer user_data;
} Question;

static Question *held; /* borrowed: nobody else has it; NULL: none */

static void
on_answer (gpointer user_data)
{
  Question *question = user_data;
  const char *dash = strchr (question->name, '-');
  OtPerson person = {
    .user_id = dash != NULL ? dash + 1 : question->name,
    .is_otomo = g_str_has_suffix (question->name, "otomo"),
    .is_blocked = g_str_has_prefix (question->name, "blocked-"),
    .token_expires_us = g_str_has_prefix (question->name, "hour-")
                            ? read_wall (&stepped.clock) + G_TIME_SPAN_HOUR
                            : G_MAXINT64,
  };
  OtPersonLookup lookup = g_str_has_prefix (question->name, "late-") ? OT_PERSON_UNAVAILABLE
                          : dash == NULL                             ? OT_PERSON_UNKNOWN
                                                                     : OT_PERSON_FOUND;

  question->found (lookup, lookup == OT_PERSON_FOUND ? &person : NULL, question->user_data);
  g_free (question->name);
  g_free (question);
}

static void
on_held_turn (gpointer user_data)
{
  if (held->turns-- == 0)
    on_answer (held);
  else
    ot_timer_arm (&held->timer, 0, on_held_turn, NULL);
}

static void
answer_held (const char *turns)
{
  held->turns = atoi (turns);
  on_held_turn (NULL);
}

static void
find_token (gpointer self, const char *token, OtPersonFound found, gpointer user_data)
{
  Question *question = g_new0 (Question, 1);

  *question = (Question){ .name = g_strdup (token), .found = found, .user_data = user_data };
  if (g_str_has_prefix (token, "held-"))
    held = question;
  else
    ot_timer_arm (&question->timer, 0, on_answer, question);
}

static void
find_user (gpointer self, const char *user_id, OtPersonFound found, gpointer user_data)
{
  g_autofree char *token =
      g_strconcat (g_str_equal (user_id, "nobody") ? "" : "jwt-", user_id, NULL);

  find_token (self, token, found, user_data);
}

typedef struct {
  GMainLoop *loop;
  OtAuth *auth;
  OtJwtSettings jwt;
  OtHub *hub;
  OtServer *server;
} Bench;

/* ---- what the app is told ---- */

static void
on_opened (gpointer self, OtSession *session)
{
  say ("opened %s %s", ot_session_get_user_id (session), ot_session_get_id (session));
}

static void
on_event (gpointer self, OtSession *session, const OtIn *event, gint64 sequence)
{
  const char *call_id = ot_in_get_call_id (event);
  OtOut error = { OT_OUT_ERROR, .error = { .code = ot_code_name (OT_CODE_CALL_NOT_FOUND),
                                           .message = "There is no such call",
                                           .original_sequence = sequence,
                                           .has_original_sequence = sequence != 0 } };

  say ("event %s %s %s", ot_session_get_user_id (session), ot_in_type_name (event->type),
       call_id != NULL ? call_id : "-");
  if (event->type == OT_IN_CALL_CANCEL)
    ot_session_send (session, &error);
  if (event->type == OT_IN_CALL_REJECT) { /* lost, and spoken to before anybody knows that */
    ot_session_end (session, OT_CLOSE_KEEP_ALIVE_LOST, "lost");
    ot_hub_send (((Bench *)self)->hub, ot_session_get_id (session), &error);
    ot_hub_send_user (((Bench *)self)->hub, ot_session_get_user_id (session), NULL, &error);
  }
}

static void
on_refused (gpointer self,
            OtSession *session,
            OtCode code,
            const char *message,
            const char *original_event,
            const char *call_id)
{
  say ("refused %s %s", ot_code_name (code), message);
}

static void
on_closed (gpointer self, OtSession *session)
{
  say ("closed %s %s", ot_session_get_user_id (session), ot_session_get_id (session));
}

static gboolean
on_needed (gpointer self, OtSession *session)
{
  say ("asked %s", ot_session_get_user_id (session));
  return g_strcmp0 (needed, ot_session_get_user_id (session)) == 0;
}

static void
on_over (gpointer self, const char *user_id, const char *session_id)
{
  say ("over %s %s", user_id, session_id);
}

/* ---- commands ---- */

static void
flood (Bench *bench, const char *user_id, int n)
{
  g_autofree char *text = g_strnfill (4000, 'x');
  OtOut event = { OT_OUT_NEW_MESSAGE,
                  .new_message = {
                      "channel",
                      { .id = "m", .text = text, .author = { "a", "b" }, .timestamp = "t" } } };

  for (int i = 0; i < n; i++)
    ot_hub_send_user (bench->hub, user_id, NULL, &event);
}

static void
hub_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Bench *bench = user_data;

  ot_hub_close_finish (bench->hub, result);
  g_main_loop_quit (bench->loop);
}

static void
need (const char *user_id)
{
  g_free (needed);
  needed = g_strdup (user_id);
}

static void
reload (Bench *bench)
{
  g_autoptr (GError) error = NULL;

  if (ot_auth_set_jwt (bench->auth, &bench->jwt, &error))
    say ("reloaded");
  else
    say ("kept %s", error->message);
}

static void
renew_tls (Bench *bench, const char *certificate, const char *key)
{
  g_autoptr (GError) error = NULL;

  if (ot_server_use_tls (bench->server, certificate, key, &error))
    say ("reloaded");
  else
    say ("kept %s", error->message);
}

static gboolean
on_command (int fd, GIOCondition condition, gpointer user_data)
{
  Bench *bench = user_data;
  char line[200] = "";
  g_auto (GStrv) words = NULL;

  if (fgets (line, sizeof line, stdin) == NULL) {
    g_main_loop_quit (bench->loop);
    return G_SOURCE_REMOVE;
  }
  words = g_strsplit (g_strchomp (line), " ", -1);
  if (g_str_equal (words[0], "flood"))
    flood (bench, words[1], atoi (words[2]));
  else if (g_str_equal (words[0], "end"))
    ot_hub_end_user (bench->hub, words[1], atoi (words[2]), "the test says so");
  else if (g_str_equal (words[0], "count"))
    say ("count %u %u", ot_hub_n_sessions (bench->hub), ot_server_n_connections (bench->server));
  else if (g_str_equal (words[0], "step"))
    stepped.wall_offset_us += g_ascii_strtoll (words[1], NULL, 10) * G_USEC_PER_SEC;
  else if (g_str_equal (words[0], "answer"))
    answer_held (words[1]);
  else if (g_str_equal (words[0], "need"))
    need (words[1]);
  else if (g_str_equal (words[0], "reload"))
    reload (bench);
  else if (g_str_equal (words[0], "tls"))
    renew_tls (bench, words[1], words[2]);
  else if (g_str_equal (words[0], "close"))
    ot_hub_close_async (bench->hub, hub_closed, bench);
  else
    say ("what?");
  return G_SOURCE_CONTINUE;
}

/* ---- settings: NAME=VALUE on the command line ---- */

static const char *
get (char **argv, const char *name)
{
  for (char **arg = argv + 1; *arg != NULL; arg++)
    if (g_str_has_prefix (*arg, name) && (*arg)[strlen (name)] == '=')
      return *arg + strlen (name) + 1;
  return NULL;
}

static gint64
get_number (char **argv, const char *name, gint64 otherwise)
{
  return get (argv, name) != NULL ? g_ascii_strtoll (get (argv, name), NULL, 10) : otherwise;
}

static gboolean
set_jwt (Bench *bench, char **argv, GError **error)
{
  bench->jwt = (OtJwtSettings){
    .algorithm = get (argv, "jwt"),
    .key_file = get (argv, "key"),
    .keys_dir = get (argv, "keys"),
    .rules = { get (argv, "issuer"), get (argv, "audience"),
               get_number (argv, "leeway_seconds", 5) * G_USEC_PER_SEC },
  };
  return (bench->jwt.key_file == NULL && bench->jwt.keys_dir == NULL)
         || ot_auth_set_jwt (bench->auth, &bench->jwt, error);
}

/* certificate=FILE, where the key lies too, unless there is certificate_key=FILE. */
static gboolean
use_tls (Bench *bench, char **argv, GError **error)
{
  const char *certificate = get (argv, "certificate");
  const char *key = get (argv, "certificate_key");

  return certificate == NULL
         || ot_server_use_tls (bench->server, certificate, key != NULL ? key : certificate, error);
}

static gboolean
listen_at (OtServer *server, char **argv, GError **error)
{
  const char *address = get (argv, "listen");

  return ot_server_listen (server, address != NULL ? address : "127.0.0.1:0", error);
}

int
main (int argc, char **argv)
{
  static const OtPeoplePort people = { NULL, find_user, find_token };
  OtNetLimits limits = OT_NET_LIMITS_DEFAULT;
  OtListenerLimits http = {
    .max_connections = get_number (argv, "connections", 0),
    .request_timeout_us = get_number (argv, "request_ms", 0) * 1000,
  };
  g_autoptr (GError) error = NULL;
  OtServerOptions options;
  OtHubListener listener = { NULL, on_opened, on_event, on_refused, on_needed, on_closed, on_over };
  Bench bench = { .loop = g_main_loop_new (NULL, FALSE),
                  .auth = ot_auth_new (&people, &stepped.clock) };
  guint command_id;

  setvbuf (stdin, NULL, _IONBF, 0);
  limits.init_timeout_us = get_number (argv, "init_ms", 10000) * 1000;
  limits.token_grace_us = get_number (argv, "grace_ms", 30000) * 1000;
  limits.ping_seconds = get_number (argv, "ping_seconds", 30);
  limits.linger_us = get_number (argv, "linger_ms", 5000) * 1000;
  limits.resume_window_us = get_number (argv, "resume_ms", 60000) * 1000;
  limits.max_queue_bytes = get_number (argv, "queue_bytes", limits.max_queue_bytes);
  limits.send = limits.person = (OtAllowanceRules){ 0 }; /* the scenarios are about those */
  listener.self = &bench;
  bench.hub = ot_hub_new (&listener, &limits, bench.auth, NULL, &stepped.clock);
  options = (OtServerOptions){ .limits = &http };
  bench.server = ot_server_new (bench.hub, &options);
  if (!set_jwt (&bench, argv, &error) || !use_tls (&bench, argv, &error)
      || !listen_at (bench.server, argv, &error)) {
    say ("failed %s", error->message);
  } else {
    say ("listening %s", ot_server_get_address (bench.server));
    command_id = g_unix_fd_add (0, G_IO_IN | G_IO_HUP, on_command, &bench);
    g_main_loop_run (bench.loop);
    (void)command_id;
  }
  ot_server_free (bench.server);
  ot_hub_free (bench.hub);
  ot_auth_free (bench.auth);
  while (g_main_context_iteration (NULL, FALSE))
    ; /* what libsoup closes comes with the next turns */
  g_main_loop_unref (bench.loop);
  return error != NULL;
}
