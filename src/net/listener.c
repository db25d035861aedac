/* Accepts, counts, times. One Peer a connection, alive as long as its stream; it is found again
 * from a message by the address object that libsoup passes through, the only thing of ours that it
 * does. */

#include "listener.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "timer.h"
#include "tls-stream.h"

#define DEFAULT_CONNECTIONS 10000
#define FILES_FOR_OTHERS 200
#define MAX_TURN_ACCEPTS 64
#define CROWD 100
#define SWEEP_INTERVAL_US (G_USEC_PER_SEC / 5)

typedef struct {
  OtListener *listener;    /* borrowed; NULL once that is gone */
  OtPeerStream *stream;    /* borrowed; ends this by a weak reference */
  GSocketAddress *address; /* owned; the key */
  OtDoorkeeper *door;      /* borrowed; nullable */
  char *visitor;           /* owned; whom it counts for; NULL: nobody */
  OtTimer deadline;        /* of HTTP; not armed once upgraded */
  gsize body_bytes;        /* of the request that comes in */
} Peer;

struct _OtListener {
  OtListenerLimits limits;
  SSL_CTX *tls;       /* owned; NULL: without TLS */
  OtDoorkeeper *door; /* borrowed, nullable */
  SoupServer *server; /* owned */
  GSocket *socket;    /* owned; NULL before listening, and once stopped */
  GSource *accepting; /* owned; NULL while it does not */
  GHashTable *peers;  /* address → Peer; borrowed, a Peer takes itself out */
  OtTimer sweep;      /* for memory, and for what is told once for many */
  char *address;      /* owned, nullable */
  gboolean is_unix;
  guint n_too_many; /* closed since the last sweep */
  guint n_of_one;   /* closed since the last sweep, for their visitor has too many */
  guint n_most;     /* connections at a time, since memory was given back */
  guint n_before;   /* connections at the last sweep */
  gboolean is_crowd_going;
};

/* Of the machine, not of a test: these deadlines guard sockets. */
static gint64
now_us (void)
{
  return ot_clock_mono_us (ot_clock_real ());
}

/* ---- the listening socket ---- */

static gboolean on_incoming (GSocket *socket, GIOCondition condition, gpointer user_data);
static void on_sweep (gpointer user_data);

static void
start_accepting (OtListener *self)
{
  self->accepting = g_socket_create_source (self->socket, G_IO_IN, NULL);
  g_source_set_callback (self->accepting, G_SOURCE_FUNC (on_incoming), self, NULL);
  g_source_attach (self->accepting, g_main_context_get_thread_default ());
}

static void
stop_accepting (OtListener *self)
{
  if (self->accepting != NULL)
    g_source_destroy (self->accepting);
  g_clear_pointer (&self->accepting, g_source_unref);
}

/* ---- one connection ---- */

static void
arm_sweep (OtListener *self)
{
  if (!ot_timer_is_armed (&self->sweep))
    ot_timer_arm (&self->sweep, now_us () + SWEEP_INTERVAL_US, on_sweep, self);
}

/* The C library keeps what a crowd has taken: free pages below others that are in use. Given back
 * as the crowd goes, and once more when the last of it has gone. */
static void
give_memory_back (OtListener *self)
{
  guint n_connections = g_hash_table_size (self->peers);
  guint n_gone;
  gboolean is_over = n_connections == self->n_before || n_connections == 0;

  self->n_before = n_connections;
  self->n_most = MAX (self->n_most, n_connections);
  n_gone = self->n_most - n_connections;
  if (n_gone < CROWD && !(self->is_crowd_going && is_over))
    return;
  malloc_trim (0);
  self->n_most = n_connections;
  self->is_crowd_going = n_gone >= CROWD;
}

static void
on_sweep (gpointer user_data)
{
  OtListener *self = user_data;

  give_memory_back (self);
  if (self->n_too_many > 0)
    ot_warning ("%s: %u connections more than %u: closed", self->address, self->n_too_many,
                self->limits.max_connections);
  if (self->n_of_one > 0)
    ot_warning ("%s: %u connections from addresses that have too many: closed", self->address,
                self->n_of_one);
  self->n_too_many = self->n_of_one = 0;
  if (self->socket != NULL && self->accepting == NULL)
    start_accepting (self);
  if (g_hash_table_size (self->peers) > 0)
    arm_sweep (self);
}

static void
on_late (gpointer user_data)
{
  Peer *peer = user_data;

  ot_debug ("%s: too slow", ot_peer_stream_get_address (peer->stream));
  ot_peer_stream_shut_down (peer->stream);
}

static void
give_time (Peer *peer, gint64 timeout_us)
{
  ot_timer_arm (&peer->deadline, now_us () + timeout_us, on_late, peer);
}

static void
on_stream_gone (gpointer user_data, GObject *stream)
{
  Peer *peer = user_data;

  ot_timer_cancel (&peer->deadline);
  if (peer->listener != NULL)
    g_hash_table_remove (peer->listener->peers, peer->address);
  if (peer->visitor != NULL)
    ot_doorkeeper_leave (peer->door, peer->visitor);
  g_free (peer->visitor);
  g_object_unref (peer->address);
  g_free (peer);
}

/* @visitor: (transfer full) (nullable): has entered. */
static Peer *
peer_new (OtListener *self, OtPeerStream *stream, GSocketAddress *address, char *visitor)
{
  Peer *peer = g_new0 (Peer, 1);

  peer->listener = self;
  peer->door = self->door;
  peer->visitor = visitor;
  ot_peer_stream_set_visitor (stream, visitor);
  peer->stream = stream;
  peer->address = g_object_ref (address);
  g_object_weak_ref (G_OBJECT (stream), on_stream_gone, peer);
  g_hash_table_insert (self->peers, address, peer);
  arm_sweep (self);
  give_time (peer, self->limits.request_timeout_us);
  return peer;
}

static Peer *
find_peer (OtListener *self, SoupServerMessage *message)
{
  return g_hash_table_lookup (self->peers, soup_server_message_get_remote_address (message));
}

/* ---- HTTP ---- */

static void
on_body (SoupServerMessage *message, GBytes *chunk, OtListener *self)
{
  Peer *peer = find_peer (self, message);

  if (peer == NULL)
    return;
  peer->body_bytes += g_bytes_get_size (chunk);
  if (peer->body_bytes > self->limits.max_body_bytes) {
    ot_info ("%s: a request of more than %" G_GSIZE_FORMAT " bytes",
             ot_peer_stream_get_address (peer->stream), self->limits.max_body_bytes);
    ot_peer_stream_shut_down (peer->stream);
  }
}

/* Also for the request that may follow on the same connection. */
static void
on_request_started (SoupServer *server, SoupServerMessage *message, OtListener *self)
{
  Peer *peer = find_peer (self, message);

  if (peer == NULL)
    return;
  peer->body_bytes = 0;
  give_time (peer, self->limits.request_timeout_us);
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_body), self);
}

static void
on_request_read (SoupServer *server, SoupServerMessage *message, OtListener *self)
{
  Peer *peer = find_peer (self, message);

  if (peer != NULL)
    give_time (peer, self->limits.answer_timeout_us);
}

/* ---- accepting ---- */

static GSocketAddress *
loopback (void)
{
  return g_inet_socket_address_new_from_string ("127.0.0.1", 0);
}

/* @visitor: (out): who it is; NULL: nobody that is known. Returns: FALSE: has too many connections.
 */
static gboolean
let_in (OtListener *self, GSocketAddress *remote, char **visitor)
{
  GInetAddress *address;

  *visitor = NULL;
  if (self->door == NULL || self->is_unix)
    return TRUE;
  address = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote));
  *visitor = ot_doorkeeper_visitor (self->door, address, NULL);
  if (*visitor == NULL || ot_doorkeeper_enter (self->door, *visitor))
    return TRUE;
  g_clear_pointer (visitor, g_free);
  self->n_of_one++;
  arm_sweep (self);
  return FALSE;
}

/* libsoup takes for granted that an address is an IP address. */
static void
hand_over (OtListener *self, GIOStream *base, GSocketConnection *connection)
{
  GSocket *socket = g_socket_connection_get_socket (connection);
  g_autoptr (GSocketAddress) remote =
      self->is_unix ? loopback () : g_socket_connection_get_remote_address (connection, NULL);
  g_autoptr (GSocketAddress) local =
      self->is_unix ? loopback () : g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (OtPeerStream) stream = NULL;
  g_autofree char *name = NULL;
  char *visitor;

  if (remote == NULL || local == NULL) /* gone already */
    return;
  if (!let_in (self, remote, &visitor))
    return;
  name = self->is_unix ? g_strdup ("local")
                       : g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (remote));
  stream = ot_peer_stream_new (base, socket, name);
  peer_new (self, stream, remote, visitor);
  soup_server_accept_iostream (self->server, G_IO_STREAM (stream), local, remote, NULL);
}

static gboolean
is_trusted (GSocket *socket)
{
  g_autoptr (GCredentials) credentials = g_socket_get_credentials (socket, NULL);
  uid_t uid = credentials != NULL ? g_credentials_get_unix_user (credentials, NULL) : (uid_t)-1;

  return uid != (uid_t)-1 && (uid == 0 || uid == geteuid ());
}

static void
welcome (OtListener *self, GSocket *socket)
{
  g_autoptr (GSocketConnection) connection = g_socket_connection_factory_create_connection (socket);
  g_autoptr (GIOStream) stream = NULL;

  if (g_hash_table_size (self->peers) >= self->limits.max_connections) {
    self->n_too_many++;
    return;
  }
  if (self->is_unix && !is_trusted (socket)) {
    ot_warning ("%s: a connection of another user: closed", self->address);
    return;
  }
  if (!self->is_unix)
    g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  if (self->tls != NULL) /* the handshake comes with the first read, within the request's time */
    stream = G_IO_STREAM (ot_tls_stream_new (connection, self->tls));
  else
    stream = g_object_ref (G_IO_STREAM (connection));
  hand_over (self, stream, connection);
}

/* Several at once, or a crowd would wait for as many turns of the loop. When the system has no more
 * files, asking again at once would not bring any: the next sweep does. */
static gboolean
on_incoming (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  OtListener *self = user_data;

  for (int i = 0; i < MAX_TURN_ACCEPTS; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GSocket) accepted = g_socket_accept (socket, NULL, &error);

    if (accepted != NULL) {
      welcome (self, accepted);
    } else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
      break;
    } else {
      ot_warning ("%s: %s", self->address, error->message);
      stop_accepting (self);
      arm_sweep (self);
      return G_SOURCE_REMOVE;
    }
  }
  return G_SOURCE_CONTINUE;
}

/* ---- listening ---- */

/* Of @wanted as many as there may be files. */
static guint
possible (guint wanted)
{
  struct rlimit files = { .rlim_cur = 1024 };

  getrlimit (RLIMIT_NOFILE, &files);
  if (files.rlim_cur < (rlim_t)wanted + FILES_FOR_OTHERS)
    return (guint)MAX ((int)files.rlim_cur - FILES_FOR_OTHERS, 1);
  return wanted;
}

static OtListenerLimits
fill_limits (const OtListenerLimits *limits)
{
  OtListenerLimits all = limits != NULL ? *limits : (OtListenerLimits){ 0 };

  all.max_connections =
      possible (all.max_connections > 0 ? all.max_connections : DEFAULT_CONNECTIONS);
  if (all.request_timeout_us == 0)
    all.request_timeout_us = 10 * G_USEC_PER_SEC;
  if (all.answer_timeout_us == 0)
    all.answer_timeout_us = 60 * G_USEC_PER_SEC;
  if (all.max_body_bytes == 0)
    all.max_body_bytes = 64 * 1024;
  return all;
}

void
ot_listener_set_max_connections (OtListener *self, guint max_connections)
{
  self->limits.max_connections = possible (max_connections);
}

OtListener *
ot_listener_new (const OtListenerLimits *limits, OtDoorkeeper *door)
{
  OtListener *self = g_new0 (OtListener, 1);

  self->limits = fill_limits (limits);
  self->door = door;
  self->peers = g_hash_table_new (NULL, NULL);
  self->server = soup_server_new (NULL, NULL);
  g_signal_connect (self->server, "request-started", G_CALLBACK (on_request_started), self);
  g_signal_connect (self->server, "request-read", G_CALLBACK (on_request_read), self);
  return self;
}

void
ot_listener_set_tls (OtListener *self, SSL_CTX *context)
{
  g_clear_pointer (&self->tls, SSL_CTX_free);
  self->tls = context;
}

void
ot_listener_free (OtListener *self)
{
  GHashTableIter iter;
  gpointer peer;

  ot_listener_stop (self);
  g_signal_handlers_disconnect_by_data (self->server, self);
  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    ((Peer *)peer)->listener = NULL; /* the streams may outlive us in sessions */
  ot_timer_cancel (&self->sweep);
  g_clear_pointer (&self->peers, g_hash_table_unref);
  soup_server_disconnect (self->server);
  g_clear_object (&self->server);
  g_clear_pointer (&self->tls, SSL_CTX_free);
  g_free (self->address);
  g_free (self);
}

SoupServer *
ot_listener_get_server (OtListener *self)
{
  return self->server;
}

static gboolean
start (OtListener *self, GSocket *socket, GError **error)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, error);

  if (address == NULL)
    return FALSE;
  self->is_unix = G_IS_UNIX_SOCKET_ADDRESS (address);
  self->address = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
  self->socket = g_object_ref (socket);
  g_socket_set_blocking (socket, FALSE);
  start_accepting (self);
  return TRUE;
}

gboolean
ot_listener_listen (OtListener *self, const char *address, GError **error)
{
  g_autoptr (GSocket) socket = NULL;

  g_return_val_if_fail (self->address == NULL, FALSE);
  socket = ot_listen_socket_new (address, error);
  return socket != NULL && start (self, socket, error);
}

gboolean
ot_listener_listen_unix (OtListener *self, const char *path, GError **error)
{
  g_autoptr (GSocket) socket = NULL;

  g_return_val_if_fail (self->address == NULL, FALSE);
  socket = ot_listen_socket_new_unix (path, error);
  return socket != NULL && start (self, socket, error);
}

const char *
ot_listener_get_address (OtListener *self)
{
  return self->address;
}

void
ot_listener_stop (OtListener *self)
{
  if (self->socket == NULL)
    return;
  stop_accepting (self);
  g_socket_close (self->socket, NULL);
  g_clear_object (&self->socket);
  if (self->is_unix)
    g_unlink (self->address);
}

gboolean
ot_listener_admit (OtListener *self, SoupServerMessage *message)
{
  Peer *peer = find_peer (self, message);
  GSocketAddress *remote = soup_server_message_get_remote_address (message);
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  g_autofree char *visitor = NULL;

  if (peer == NULL || peer->door == NULL || self->is_unix)
    return TRUE;
  visitor = ot_doorkeeper_visitor (
      peer->door, g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote)),
      soup_message_headers_get_list (headers, "X-Forwarded-For"));
  if (g_strcmp0 (visitor, peer->visitor) == 0)
    return TRUE;
  if (visitor != NULL && !ot_doorkeeper_enter (peer->door, visitor))
    return FALSE;
  if (peer->visitor != NULL)
    ot_doorkeeper_leave (peer->door, peer->visitor);
  g_free (peer->visitor);
  peer->visitor = g_steal_pointer (&visitor);
  ot_peer_stream_set_visitor (peer->stream, peer->visitor);
  return TRUE;
}

guint
ot_listener_n_connections (OtListener *self)
{
  return g_hash_table_size (self->peers);
}

GIOStream *
ot_listener_steal (OtListener *self, SoupServerMessage *message, OtPeerStream **peer)
{
  Peer *found = find_peer (self, message);

  g_assert (found != NULL);
  ot_timer_cancel (&found->deadline);
  *peer = found->stream;
  return soup_server_message_steal_connection (message);
}
