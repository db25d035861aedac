/* From an address to a socket that listens. Keeps nothing; blocks on nothing, since names are not
 * looked up. */

#include "listen-socket.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>

#define BACKLOG 1024
#define MAX_UNIX_PATH_BYTES 107

/* Each way, inherited by what is accepted; left alone the kernel would give a slow reader
 * megabytes. */
#define BUFFER_BYTES (128 * 1024)

static gboolean
fail (GError **error, OtListenerError code, const char *address, const char *why)
{
  g_set_error (error, OT_LISTENER_ERROR, code, "Cannot listen on %s: %s", address, why);
  return FALSE;
}

static void
fail_with (GError **error, const GError *why, const char *address)
{
  if (g_error_matches (why, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    fail (error, OT_LISTENER_ERROR_IN_USE, address, "it is in use already");
  else
    fail (error, OT_LISTENER_ERROR_ADDRESS, address, why->message);
}

/* "192.0.2.1:80" or "[2001:db8::1]:80"; NULL when it is neither. */
static GSocketAddress *
parse (const char *text)
{
  const char *colon = strrchr (text, ':');
  g_autofree char *host = colon != NULL ? g_strndup (text, colon - text) : NULL;
  gsize length = host != NULL ? strlen (host) : 0;
  guint64 port;

  if (host == NULL || !g_ascii_string_to_unsigned (colon + 1, 10, 0, G_MAXUINT16, &port, NULL))
    return NULL;
  if (host[0] == '[' && length > 2 && host[length - 1] == ']') {
    host[length - 1] = '\0';
    return g_inet_socket_address_new_from_string (host + 1, (guint)port);
  }
  if (strchr (host, ':') != NULL)
    return NULL;
  return g_inet_socket_address_new_from_string (host, (guint)port);
}

static GSocket *
bind_to (GSocketAddress *address, const char *name, GError **error)
{
  GSocketFamily family = g_socket_address_get_family (address);
  g_autoptr (GError) why = NULL;
  g_autoptr (GSocket) socket =
      g_socket_new (family, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &why);

  if (socket != NULL && g_socket_bind (socket, address, TRUE, &why))
    return g_steal_pointer (&socket);
  fail_with (error, why, name);
  return NULL;
}

static gboolean
start (GSocket *socket, const char *name, GError **error)
{
  g_autoptr (GError) why = NULL;

  g_socket_set_listen_backlog (socket, BACKLOG);
  g_socket_set_option (socket, SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES, NULL);
  g_socket_set_option (socket, SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES, NULL);
  if (g_socket_listen (socket, &why))
    return TRUE;
  fail_with (error, why, name);
  return FALSE;
}

GSocket *
ot_listen_socket_new (const char *address, GError **error)
{
  g_autoptr (GSocketAddress) parsed = parse (address);
  g_autoptr (GSocket) socket = NULL;

  if (parsed == NULL) {
    fail (error, OT_LISTENER_ERROR_ADDRESS, address,
          "not of the form ADDRESS:PORT, as in 127.0.0.1:8080");
    return NULL;
  }
  socket = bind_to (parsed, address, error);
  return socket != NULL && start (socket, address, error) ? g_steal_pointer (&socket) : NULL;
}

/* A path whose server is gone is nobody's. */
static gboolean
make_room (const char *path, GSocketAddress *address, GError **error)
{
  g_autoptr (GError) why = NULL;
  g_autoptr (GSocket) probe =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &why);
  GStatBuf status;

  if (g_lstat (path, &status) != 0)
    return TRUE;
  if (!S_ISSOCK (status.st_mode))
    return fail (error, OT_LISTENER_ERROR_ADDRESS, path, "something that is no socket is there");
  if (probe == NULL)
    return fail (error, OT_LISTENER_ERROR_ADDRESS, path, why->message);
  g_socket_set_blocking (probe, FALSE);
  if (g_socket_connect (probe, address, NULL, &why)
      || !g_error_matches (why, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    return fail (error, OT_LISTENER_ERROR_IN_USE, path, "another server listens there already");
  g_unlink (path);
  return TRUE;
}

GSocket *
ot_listen_socket_new_unix (const char *path, GError **error)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) socket = NULL;

  if (strlen (path) > MAX_UNIX_PATH_BYTES) {
    fail (error, OT_LISTENER_ERROR_ADDRESS, path,
          "longer than the 107 bytes that a socket's path may have");
    return NULL;
  }
  address = g_unix_socket_address_new (path);
  if (!make_room (path, address, error))
    return NULL;
  socket = bind_to (address, path, error);
  if (socket == NULL)
    return NULL;
  if (g_chmod (path, 0600) != 0) { /* in time: nobody can connect between bind and listen */
    fail (error, OT_LISTENER_ERROR_ADDRESS, path, g_strerror (errno));
    return NULL;
  }
  return start (socket, path, error) ? g_steal_pointer (&socket) : NULL;
}
