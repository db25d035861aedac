/* One request to the server over its admin socket. The operator's tool may wait, and shows that it
 * does; the server never waits. */

#include "client.h"

#include <gio/gunixsocketaddress.h>
#include <libsoup/soup.h>
#include <sysexits.h>

#include "paths.h"
#include "progress.h"

#define PULSE_MS 100

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

static gboolean
on_waiting (gpointer user_data)
{
  ctl_progress_pulse (user_data);
  return G_SOURCE_CONTINUE;
}

/* Returns: (transfer full) (nullable) */
static GBytes *
wait_for (SoupSession *session, SoupMessage *message, GError **error)
{
  g_autoptr (CtlProgress) progress = ctl_progress_new ("waiting for the server");
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Answer answer = { .loop = loop };
  guint pulse = g_timeout_add (PULSE_MS, on_waiting, progress);

  soup_session_send_and_read_async (session, message, G_PRIORITY_DEFAULT, NULL, on_answered,
                                    &answer);
  g_main_loop_run (loop);
  g_source_remove (pulse);
  if (answer.error != NULL)
    g_propagate_error (error, answer.error);
  return answer.bytes;
}

char *
ctl_request (const char *method, const char *path, const char *query, int *exit_code)
{
  g_autofree char *dir = state_dir != NULL ? g_strdup (state_dir) : ot_default_state_dir ();
  g_autofree char *socket = ot_admin_socket_path (dir);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (socket);
  g_autoptr (SoupSession) session =
      soup_session_new_with_options ("remote-connectable", address, "timeout", 60, NULL);
  g_autofree char *uri =
      g_strconcat ("http://otomo", path, query != NULL ? "?" : NULL, query, NULL);
  g_autoptr (SoupMessage) message = soup_message_new (method, uri);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = wait_for (session, message, &error);
  g_autofree char *body = NULL;

  if (bytes == NULL) {
    g_printerr ("otomoctl: no server answers in %s: %s\n", dir, error->message);
    *exit_code = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED) ? EX_NOPERM
                                                                                   : EX_UNAVAILABLE;
    return NULL;
  }
  body = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  if (!SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (message))) {
    print_refusal (body, soup_message_get_status (message));
    *exit_code = exit_code_of (soup_message_get_status (message));
    return NULL;
  }
  *exit_code = EX_OK;
  return g_steal_pointer (&body);
}

JsonNode *
ctl_request_json (const char *method, const char *path, const char *query, int *exit_code)
{
  g_autofree char *body = ctl_request (method, path, query, exit_code);
  g_autoptr (GError) error = NULL;
  JsonNode *root;

  if (body == NULL)
    return NULL;
  root = json_from_string (body, &error);
  if (root == NULL) {
    g_printerr ("otomoctl: the server's answer can't be read: %s\n",
                error != NULL ? error->message : "empty");
    *exit_code = EX_PROTOCOL;
  }
  return root;
}
