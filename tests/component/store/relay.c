/* Two sockets a line, bytes from one to the other. */

#include "relay.h"

#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <glib/gstdio.h>

struct _Relay {
  char *socket;
  GSocketService *service;
  GList *lines; /* of Line */
  gboolean lose, lost;
};

typedef struct {
  Relay *relay;
  GSocketConnection *client, *server;
  GSource *sources[2];
} Line;

static void
line_free (gpointer data)
{
  Line *line = data;

  for (int i = 0; i < 2; i++) {
    g_source_destroy (line->sources[i]);
    g_source_unref (line->sources[i]);
  }
  g_io_stream_close (G_IO_STREAM (line->client), NULL, NULL);
  g_io_stream_close (G_IO_STREAM (line->server), NULL, NULL);
  g_object_unref (line->client);
  g_object_unref (line->server);
  g_free (line);
}

static void
cut (Relay *self)
{
  g_list_free_full (g_steal_pointer (&self->lines), line_free);
}

static gboolean
carry (Line *line, GSocketConnection *from, GSocketConnection *to)
{
  Relay *self = line->relay;
  char bytes[4096];
  gssize length =
      g_socket_receive (g_socket_connection_get_socket (from), bytes, sizeof bytes, NULL, NULL);

  if (length > 0 && from == line->server && self->lose) {
    self->lose = FALSE;
    self->lost = TRUE;
    cut (self);
    return G_SOURCE_REMOVE;
  }
  if (length > 0
      && g_socket_send (g_socket_connection_get_socket (to), bytes, (gsize)length, NULL, NULL)
             == length)
    return G_SOURCE_CONTINUE;
  self->lines = g_list_remove (self->lines, line);
  line_free (line);
  return G_SOURCE_REMOVE;
}

static gboolean
from_client (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Line *line = user_data;

  return carry (line, line->client, line->server);
}

static gboolean
from_server (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Line *line = user_data;

  return carry (line, line->server, line->client);
}

static void
watch (Line *line, int index, GSocketConnection *connection, GSocketSourceFunc func)
{
  GSource *source =
      g_socket_create_source (g_socket_connection_get_socket (connection), G_IO_IN, NULL);

  g_source_set_callback (source, (GSourceFunc)(void (*) (void))func, line, NULL);
  g_source_attach (source, NULL);
  line->sources[index] = source;
}

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             gpointer user_data)
{
  Relay *self = user_data;
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (self->socket);
  Line *line = g_new0 (Line, 1);

  line->relay = self;
  line->client = g_object_ref (connection);
  line->server = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, NULL);
  if (line->server == NULL) {
    g_object_unref (line->client);
    g_free (line);
    return TRUE;
  }
  watch (line, 0, line->client, from_client);
  watch (line, 1, line->server, from_server);
  self->lines = g_list_prepend (self->lines, line);
  return TRUE;
}

Relay *
relay_new (const char *directory, const char *socket)
{
  Relay *self = g_new0 (Relay, 1);
  g_autofree char *path = g_build_filename (directory, ".s.PGSQL.5432", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GError) error = NULL;

  self->socket = g_strdup (socket);
  self->service = g_socket_service_new ();
  g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), address, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (self->service, "incoming", G_CALLBACK (on_incoming), self);
  return self;
}

void
relay_lose_answer (Relay *self)
{
  self->lose = TRUE;
  self->lost = FALSE;
}

gboolean
relay_has_lost (gpointer self)
{
  return ((Relay *)self)->lost;
}

void
relay_free (Relay *self)
{
  cut (self);
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
  g_free (self->socket);
  g_free (self);
}
