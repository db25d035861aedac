/* One request to the server over its admin socket. The operator's tool may wait, and shows that it
 * does; the server never waits. */

#include "client.h"

#include <gio/gunixsocketaddress.h>
#include <libsoup/soup.h>
#include <sysexits.h>

#include "paths.h"
#include "progress.h"

#define PULSE_MS 100
#define TIMEOUT_SECONDS (11 * 60) /* the server itself gives a slow answer up after 10 minutes */
#define SERVER "http://otomo"     /* no name of a machine: the socket has none */

/* What who waits is told. */
typedef struct {
  const char *what;
  const char *progress_path; /* (nullable) */
} Watched;

static const Watched unwatched = { "waiting for the server", NULL };

static char *state_dir; /* owned; NULL: the default */

void
ctl_set_state_dir (const char *dir)
{
  g_free (state_dir);
  state_dir = g_strdup (dir);
}

char *
ctl_path (const char *format, const char *id)
{
  g_autofree char *escaped = g_uri_escape_string (id, NULL, FALSE);
  g_autofree char *named = g_strconcat (id[0] == '.' ? "~" : "", escaped, NULL);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return g_strdup_printf (format, named);
#pragma GCC diagnostic pop
}

void
ctl_add_query (GString *query, const char *key, const char *value)
{
  if (value == NULL)
    return;
  g_string_append_printf (query, "%s%s=", query->len > 0 ? "&" : "", key);
  g_string_append_uri_escaped (query, value, NULL, FALSE);
}

/* The server says what was wrong as {"error": "…"}. */
static void
print_refusal (const char *body, guint status)
{
  g_autoptr (JsonNode) root = json_from_string (body, NULL);

  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root)
      && json_object_has_member (json_node_get_object (root), "error"))
    g_printerr ("otomoctl: %s\n",
                json_object_get_string_member (json_node_get_object (root), "error"));
  else
    g_printerr ("otomoctl: the server answered with status %u\n", status);
}

static int
exit_code_of (guint status)
{
  if (status == SOUP_STATUS_NOT_FOUND)
    return EX_NOUSER;
  if (status == SOUP_STATUS_BAD_REQUEST || status == SOUP_STATUS_CONFLICT)
    return EX_DATAERR;
  return status == SOUP_STATUS_SERVICE_UNAVAILABLE ? EX_TEMPFAIL : EX_SOFTWARE;
}

static char *
text_of (GBytes *bytes)
{
  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static SoupMessage *
make_message (const char *method, const char *path, const char *query)
{
  g_autofree char *uri = g_strconcat (SERVER, path, query != NULL ? "?" : NULL, query, NULL);

  return soup_message_new (method, uri);
}

typedef struct {
  GMainLoop *loop;
  GBytes *bytes; /* owned */
  GError *error; /* owned */
} Answer;

static void
on_answered (GObject *session, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  answer->bytes =
      soup_session_send_and_read_finish (SOUP_SESSION (session), result, &answer->error);
  g_main_loop_quit (answer->loop);
}

/* What is seen meanwhile: that it goes on, or how far it is, once that is known. */
typedef struct {
  const char *progress_path; /* (nullable): asked for it */
  CtlProgress *progress;
  SoupSession *session;
  GCancellable *over;
  gboolean is_asking;
  gboolean is_known;
} Wait;

static void
on_progress (GObject *session, GAsyncResult *result, gpointer user_data)
{
  Wait *wait = user_data;
  g_autoptr (GBytes) bytes =
      soup_session_send_and_read_finish (SOUP_SESSION (session), result, NULL);
  g_autofree char *body = bytes != NULL ? text_of (bytes) : NULL;
  g_autoptr (JsonNode) root = body != NULL ? json_from_string (body, NULL) : NULL;
  JsonObject *far =
      root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;

  wait->is_asking = FALSE;
  if (far == NULL || json_object_get_int_member_with_default (far, "done", 0) == 0)
    return;
  wait->is_known = TRUE;
  ctl_progress_set (wait->progress, json_object_get_int_member (far, "done"),
                    json_object_get_int_member_with_default (far, "of", 0));
}

static gboolean
on_waiting (gpointer user_data)
{
  Wait *wait = user_data;
  g_autoptr (SoupMessage) message = NULL;

  if (!wait->is_known)
    ctl_progress_pulse (wait->progress);
  if (wait->progress_path == NULL || wait->is_asking)
    return G_SOURCE_CONTINUE;
  message = make_message ("GET", wait->progress_path, NULL);
  wait->is_asking = TRUE;
  soup_session_send_and_read_async (wait->session, message, G_PRIORITY_DEFAULT, wait->over,
                                    on_progress, wait);
  return G_SOURCE_CONTINUE;
}

/* Returns: (transfer full) (nullable) */
static GBytes *
wait_for (SoupSession *session, SoupMessage *message, const Watched *watched, GError **error)
{
  g_autoptr (CtlProgress) progress = ctl_progress_new (watched->what);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCancellable) over = g_cancellable_new ();
  Wait wait = { watched->progress_path, progress, session, over };
  Answer answer = { .loop = loop };
  guint pulse = g_timeout_add (PULSE_MS, on_waiting, &wait);

  soup_session_send_and_read_async (session, message, G_PRIORITY_DEFAULT, NULL, on_answered,
                                    &answer);
  g_main_loop_run (loop);
  g_source_remove (pulse);
  g_cancellable_cancel (over);
  while (wait.is_asking)
    g_main_context_iteration (NULL, TRUE);
  if (answer.error != NULL)
    g_propagate_error (error, answer.error);
  return answer.bytes;
}

static char *
request (
    const char *method, const char *path, const char *query, const Watched *watched, int *exit_code)
{
  g_autofree char *dir = state_dir != NULL ? g_strdup (state_dir) : ot_default_state_dir ();
  g_autofree char *socket = ot_admin_socket_path (dir);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (socket);
  g_autoptr (SoupSession) session = soup_session_new_with_options (
      "remote-connectable", address, "timeout", TIMEOUT_SECONDS, NULL);
  g_autoptr (SoupMessage) message = make_message (method, path, query);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = wait_for (session, message, watched, &error);
  g_autofree char *body = NULL;

  if (bytes == NULL) {
    g_printerr ("otomoctl: no server answers in %s: %s\n", dir, error->message);
    *exit_code = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED) ? EX_NOPERM
                                                                                   : EX_UNAVAILABLE;
    return NULL;
  }
  body = text_of (bytes);
  if (!SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (message))) {
    print_refusal (body, soup_message_get_status (message));
    *exit_code = exit_code_of (soup_message_get_status (message));
    return NULL;
  }
  *exit_code = EX_OK;
  return g_steal_pointer (&body);
}

/* @body: (transfer full) (nullable): NULL: said already what was wrong. */
static JsonNode *
parse (char *body, int *exit_code)
{
  g_autofree char *text = body;
  g_autoptr (GError) error = NULL;
  JsonNode *root;

  if (text == NULL)
    return NULL;
  root = json_from_string (text, &error);
  if (root == NULL) {
    g_printerr ("otomoctl: the server's answer can't be read: %s\n",
                error != NULL ? error->message : "empty");
    *exit_code = EX_PROTOCOL;
  }
  return root;
}

char *
ctl_request (const char *method, const char *path, const char *query, int *exit_code)
{
  return request (method, path, query, &unwatched, exit_code);
}

JsonNode *
ctl_request_json (const char *method, const char *path, const char *query, int *exit_code)
{
  return parse (request (method, path, query, &unwatched, exit_code), exit_code);
}

JsonNode *
ctl_request_watched (const char *path, const char *what, const char *progress_path, int *exit_code)
{
  const Watched watched = { what, progress_path };

  return parse (request ("GET", path, NULL, &watched, exit_code), exit_code);
}
