/* The WebSocket endpoint: handshake by libsoup, connection taken from it, guard put in. Keeps
 * nothing of a client. */

#include "server.h"

#include "log.h"
#include "origins.h"

#define PATH "/v1/socket"
#define TOO_MANY_REQUESTS 429 /* RFC 6585; libsoup has no name for it */

struct _OtServer {
  OtHub *hub;           /* borrowed */
  OtListener *listener; /* owned */
  OtPollShards *shards; /* owned; NULL: everything in the main context */
  char **origins;       /* owned; NULL: any */
};

/* From the upgrade; NULL: init_connection will bring it. */
static char *
find_token (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *authorization = soup_message_headers_get_one (headers, "Authorization");
  const char *query = g_uri_get_query (soup_server_message_get_uri (message));
  g_autoptr (GHashTable) parameters = query != NULL ? soup_form_decode (query) : NULL;

  if (authorization != NULL && g_ascii_strncasecmp (authorization, "Bearer ", 7) == 0)
    return g_strstrip (g_strdup (authorization + 7));
  return parameters != NULL ? g_strdup (g_hash_table_lookup (parameters, "access_token")) : NULL;
}

static SoupWebsocketConnection *
make_connection (SoupServerMessage *message,
                 GIOStream *stream,
                 OtPeerStream *peer,
                 OtFrameGuard *guard)
{
  g_autoptr (GMainContextPusher) inside = ot_peer_stream_enter (peer);

  return soup_websocket_connection_new (
      stream, soup_server_message_get_uri (message), SOUP_WEBSOCKET_CONNECTION_SERVER,
      soup_message_headers_get_one (soup_server_message_get_request_headers (message), "Origin"),
      soup_message_headers_get_one (soup_server_message_get_response_headers (message),
                                    "Sec-WebSocket-Protocol"),
      g_list_append (NULL, guard));
}

static void
on_upgraded (SoupServerMessage *message, OtServer *self)
{
  g_autoptr (SoupServerMessage) kept = g_object_ref (message);
  g_autofree char *token = find_token (message);
  OtFrameGuard *guard = ot_frame_guard_new (ot_hub_max_message_bytes (self->hub));
  OtPeerStream *peer;
  g_autoptr (GIOStream) stream = ot_listener_steal (self->listener, message, &peer);

  if (self->shards != NULL)
    ot_peer_stream_move (peer, self->shards);
  ot_hub_adopt (self->hub, make_connection (message, stream, peer, guard), peer, guard, token);
}

static gboolean
is_welcome (OtServer *self, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *origin = soup_message_headers_get_one (headers, "Origin");

  if (!ot_origins_allow (self->origins, origin)) {
    g_autofree char *words = ot_log_text (origin);

    ot_info ("a page of %s: not in server.origins", words);
    soup_server_message_set_status (message, SOUP_STATUS_FORBIDDEN, NULL);
    return FALSE;
  }
  if (ot_listener_admit (self->listener, message))
    return TRUE;
  soup_server_message_set_status (message, TOO_MANY_REQUESTS, "Too Many Requests");
  return FALSE;
}

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  const char *protocols[] = { ot_format_subprotocol (OT_FORMAT_FLAT),
                              ot_format_subprotocol (OT_FORMAT_ENVELOPE), NULL };

  if (!g_str_equal (path, PATH)) {
    soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
    return;
  }
  if (!is_welcome (user_data, message))
    return;
  if (soup_websocket_server_process_handshake (message, NULL, (char **)protocols, NULL, NULL))
    g_signal_connect (message, "wrote-informational", G_CALLBACK (on_upgraded), user_data);
}

OtServer *
ot_server_new (OtHub *hub, const OtServerOptions *options)
{
  OtServer *self = g_new0 (OtServer, 1);
  g_autoptr (GError) error = NULL;

  self->hub = hub;
  self->shards = ot_poll_shards_new (&error);
  if (self->shards == NULL)
    ot_warning ("many clients will make the loop slow: %s", error->message);
  self->listener = ot_listener_new (options->limits, options->door);
  soup_server_add_handler (ot_server_get_http (self), PATH, on_request, self, NULL);
  return self;
}

void
ot_server_set_origins (OtServer *self, char **origins)
{
  g_strfreev (self->origins);
  self->origins = origins;
}

void
ot_server_set_max_connections (OtServer *self, guint max_connections)
{
  ot_listener_set_max_connections (self->listener, max_connections);
}

void
ot_server_free (OtServer *self)
{
  g_clear_pointer (&self->listener, ot_listener_free);
  g_clear_pointer (&self->shards, ot_poll_shards_unref);
  g_clear_pointer (&self->origins, g_strfreev);
  g_free (self);
}

SoupServer *
ot_server_get_http (OtServer *self)
{
  return ot_listener_get_server (self->listener);
}

gboolean
ot_server_use_tls (OtServer *self,
                   const char *certificate_file,
                   const char *key_file,
                   GError **error)
{
  SSL_CTX *context = ot_tls_context_load (certificate_file, key_file, error);

  if (context == NULL)
    return FALSE;
  ot_listener_set_tls (self->listener, context);
  return TRUE;
}

gboolean
ot_server_listen (OtServer *self, const char *address, GError **error)
{
  return ot_listener_listen (self->listener, address, error);
}

const char *
ot_server_get_address (OtServer *self)
{
  return ot_listener_get_address (self->listener);
}

void
ot_server_stop (OtServer *self)
{
  ot_listener_stop (self->listener);
}

guint
ot_server_n_connections (OtServer *self)
{
  return ot_listener_n_connections (self->listener);
}
