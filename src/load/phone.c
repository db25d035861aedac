/* A WebSocket client. While it connects, the connecting holds a reference; closing lets go of the
 * listener first, so what is still under way reaches nobody. */

#include "phone.h"

struct _LoadPhone {
  gatomicrefcount references;
  LoadPhoneListener listener; /* NULL: closed */
  gpointer user_data;
  char *name;                          /* owned */
  char *token;                         /* owned */
  GCancellable *cancellable;           /* owned */
  SoupWebsocketConnection *connection; /* owned (nullable) */
};

static void
unref_phone (LoadPhone *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_clear_object (&self->connection);
  g_object_unref (self->cancellable);
  g_free (self->name);
  g_free (self->token);
  g_free (self);
}

static void
tell (LoadPhone *self, const char *type, JsonObject *fields, const char *message)
{
  if (self->listener != NULL)
    self->listener (self, type, fields, message, self->user_data);
}

/* The flat format has the fields beside the type, call_connected alone has them in "payload". */
static void
on_message (SoupWebsocketConnection *connection, int kind, GBytes *data, LoadPhone *self)
{
  gsize size;
  const char *text = g_bytes_get_data (data, &size);
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *object;

  if (kind != SOUP_WEBSOCKET_DATA_TEXT
      || !json_parser_load_from_data (parser, text, (gssize)size, NULL)
      || !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    return;
  object = json_node_get_object (json_parser_get_root (parser));
  tell (self, json_object_get_string_member_with_default (object, "type", ""), object, NULL);
}

static void
on_closed (SoupWebsocketConnection *connection, LoadPhone *self)
{
  g_autofree char *message = g_strdup_printf (
      "connection closed (%u)", soup_websocket_connection_get_close_code (connection));

  tell (self, NULL, NULL, message);
}

static void
on_connected (GObject *session, GAsyncResult *result, gpointer user_data)
{
  LoadPhone *self = user_data;
  g_autoptr (GError) error = NULL;

  self->connection = soup_session_websocket_connect_finish (SOUP_SESSION (session), result, &error);
  if (self->connection == NULL)
    tell (self, NULL, NULL, error->message);
  else if (self->listener == NULL)
    soup_websocket_connection_close (self->connection, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, NULL);
  else {
    g_signal_connect (self->connection, "message", G_CALLBACK (on_message), self);
    g_signal_connect (self->connection, "closed", G_CALLBACK (on_closed), self);
    load_phone_send (self, "init_connection", "userId", self->name, "token", self->token, NULL);
  }
  unref_phone (self);
}

LoadPhone *
load_phone_new (SoupSession *session,
                const char *url,
                const char *name,
                const char *token,
                LoadPhoneListener listener,
                gpointer user_data)
{
  LoadPhone *self = g_new0 (LoadPhone, 1);
  g_autoptr (SoupMessage) message = soup_message_new (SOUP_METHOD_GET, url);

  g_atomic_ref_count_init (&self->references);
  self->listener = listener;
  self->user_data = user_data;
  self->name = g_strdup (name);
  self->token = g_strdup (token);
  self->cancellable = g_cancellable_new ();
  g_atomic_ref_count_inc (&self->references);
  soup_session_websocket_connect_async (session, message, NULL, NULL, G_PRIORITY_DEFAULT,
                                        self->cancellable, on_connected, self);
  return self;
}

static void
send_object (LoadPhone *self, JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = json_to_string (node, FALSE);

  if (self->connection != NULL
      && soup_websocket_connection_get_state (self->connection) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_send_text (self->connection, text);
  json_object_unref (object);
}

void
load_phone_send (LoadPhone *self, const char *type, ...)
{
  JsonObject *object = json_object_new ();
  va_list fields;

  json_object_set_string_member (object, "type", type);
  va_start (fields, type);
  for (const char *name = va_arg (fields, const char *); name != NULL;
       name = va_arg (fields, const char *))
    json_object_set_string_member (object, name, va_arg (fields, const char *));
  va_end (fields);
  send_object (self, object);
}

void
load_phone_send_offer (LoadPhone *self, const char *call_id, const char *sdp)
{
  JsonObject *object = json_object_new ();
  JsonObject *offer = json_object_new ();

  json_object_set_string_member (offer, "type", "offer");
  json_object_set_string_member (offer, "sdp", sdp);
  json_object_set_string_member (object, "type", "webrtc_offer");
  json_object_set_string_member (object, "callId", call_id);
  json_object_set_object_member (object, "offer", offer);
  send_object (self, object);
}

void
load_phone_close (LoadPhone *self)
{
  self->listener = NULL;
  g_cancellable_cancel (self->cancellable);
  if (self->connection != NULL) {
    g_signal_handlers_disconnect_by_data (self->connection, self);
    if (soup_websocket_connection_get_state (self->connection) == SOUP_WEBSOCKET_STATE_OPEN)
      soup_websocket_connection_close (self->connection, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
  }
  unref_phone (self);
}
