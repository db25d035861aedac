/* The listener's second use: HTTP on a Unix socket of this user's. A real client, real sockets, one
 * loop. */

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "listener.h"

typedef struct {
  char *folder;
  char *path;
  OtListener *listener;
} Fixture;

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);

  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_COPY, body->data,
                                    body->length);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->folder = g_dir_make_tmp ("otomo-XXXXXX", &error);
  g_assert_no_error (error);
  self->path = g_build_filename (self->folder, "admin.socket", NULL);
  self->listener = ot_listener_new (NULL, NULL);
  soup_server_add_handler (ot_listener_get_server (self->listener), "/", on_request, NULL, NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  ot_listener_free (self->listener);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_unlink (self->path);
  g_rmdir (self->folder);
  g_free (self->path);
  g_free (self->folder);
}

static void
on_answer (GObject *session, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  *(GBytes **)user_data =
      soup_session_send_and_read_finish (SOUP_SESSION (session), result, &error);
  g_assert_no_error (error);
}

static void
test_answers (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (self->path);
  g_autoptr (SoupSession) session =
      soup_session_new_with_options ("remote-connectable", address, NULL);
  g_autoptr (SoupMessage) message = soup_message_new ("POST", "http://localhost/echo");
  g_autoptr (GBytes) body = g_bytes_new_static ("hello", 5);
  g_autoptr (GBytes) answer = NULL;
  GStatBuf status;

  g_assert_true (ot_listener_listen_unix (self->listener, self->path, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (ot_listener_get_address (self->listener), ==, self->path);
  g_assert_cmpint (g_stat (self->path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  soup_message_set_request_body_from_bytes (message, "text/plain", body);
  soup_session_send_and_read_async (session, message, G_PRIORITY_DEFAULT, NULL, on_answer, &answer);
  while (answer == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (soup_message_get_status (message), ==, SOUP_STATUS_OK);
  g_assert_true (g_bytes_equal (answer, body));
}

static void
test_in_use (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  OtListener *second = ot_listener_new (NULL, NULL);

  g_assert_true (ot_listener_listen_unix (self->listener, self->path, NULL));
  g_assert_false (ot_listener_listen_unix (second, self->path, &error));
  g_assert_error (error, OT_LISTENER_ERROR, OT_LISTENER_ERROR_IN_USE);
  ot_listener_free (second);
  g_assert_true (g_file_test (self->path, G_FILE_TEST_EXISTS));
}

/* What a killed server leaves behind is no obstacle; anything else stays as it is. */
static void
test_left_behind (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (self->path);
  GSocket *left =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  g_assert_true (g_socket_bind (left, address, FALSE, NULL));
  g_object_unref (left);
  g_assert_true (g_file_test (self->path, G_FILE_TEST_EXISTS));
  g_assert_true (ot_listener_listen_unix (self->listener, self->path, &error));
  g_assert_no_error (error);
  ot_listener_stop (self->listener);
  g_assert_false (g_file_test (self->path, G_FILE_TEST_EXISTS));
}

static void
test_refused (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) file = NULL;
  g_autoptr (GError) too_long = NULL;
  g_autofree char *longest = g_strnfill (108, 'x');

  g_assert_true (g_file_set_contents (self->path, "mine", -1, NULL));
  g_assert_false (ot_listener_listen_unix (self->listener, self->path, &file));
  g_assert_error (file, OT_LISTENER_ERROR, OT_LISTENER_ERROR_ADDRESS);
  g_assert_true (g_file_test (self->path, G_FILE_TEST_IS_REGULAR));
  g_assert_false (ot_listener_listen_unix (self->listener, longest, &too_long));
  g_assert_error (too_long, OT_LISTENER_ERROR, OT_LISTENER_ERROR_ADDRESS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/net/listener/answers", Fixture, NULL, set_up, test_answers, tear_down);
  g_test_add ("/net/listener/in-use", Fixture, NULL, set_up, test_in_use, tear_down);
  g_test_add ("/net/listener/left-behind", Fixture, NULL, set_up, test_left_behind, tear_down);
  g_test_add ("/net/listener/refused", Fixture, NULL, set_up, test_refused, tear_down);
  return g_test_run ();
}
