/* Everything that ends it is noted and done in a turn of the loop of its own (on_turn), since
 * libsoup calls from the middle of its work, where it survives neither a close nor a free. */

#include "connection.h"

#include "log.h"
#include "timer.h"

typedef enum {
  NEW,   /* the deadline is for its client to say who it is */
  ALIVE, /* the deadline is for a pong */
  ENDED, /* nothing goes in or out but the close; the deadline is for the other side's */
} State;

struct _OtConnection {
  SoupWebsocketConnection *websocket; /* owned */
  OtPeerStream *stream;               /* owned */
  OtFrameGuard *guard;                /* owned */
  guint64 written_before_bytes;       /* of the handshake */
  const OtNetLimits *limits;          /* borrowed */
  const OtClock *clock;               /* borrowed */
  const OtConnectionListener *listener;
  gpointer user_data; /* borrowed */

  State state;
  gboolean was_known; /* it was kept alive before it ended */
  OtTimer deadline;
  OtTimer turn;
  OtCloseCode end_code;   /* to be sent; 0: none */
  const char *end_reason; /* static */
  gboolean is_gone;       /* libsoup is done with it */
  gboolean has_told;      /* that it has ended */
};

/* libsoup calls us from a shard's turn; what is begun then is the main context's (poll-shards.h).
 */
#define OUTSIDE_THE_SHARD()                                                                        \
  g_autoptr (GMainContextPusher) outside = g_main_context_pusher_new (g_main_context_default ())

/* ---- the end ---- */

static void
on_deadline (gpointer user_data)
{
  OtConnection *self = user_data;

  switch (self->state) {
  case NEW:
    ot_connection_end (self, OT_CLOSE_NO_INIT, "no init_connection in time");
    return;
  case ALIVE:
    ot_connection_end (self, OT_CLOSE_KEEP_ALIVE_LOST, "pings were not answered");
    return;
  case ENDED:
    self->listener->finished (self->user_data);
    return;
  }
}

/* Instead of what it had. */
static void
give_time (OtConnection *self, gint64 time_us)
{
  ot_timer_arm (&self->deadline, ot_clock_mono_us (self->clock) + time_us, on_deadline, self);
}

static void
on_turn (gpointer user_data)
{
  OtConnection *self = user_data;

  if (!self->is_gone
      && soup_websocket_connection_get_state (self->websocket) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (self->websocket, self->end_code, self->end_reason);
  if (!self->has_told) {
    self->has_told = TRUE;
    self->listener->ended (self->user_data);
  }
  if (self->is_gone)
    self->listener->finished (self->user_data);
  else
    give_time (self, self->was_known ? self->limits->linger_us : self->limits->fresh_linger_us);
}

static void
leave (OtConnection *self)
{
  gboolean is_first = self->state != ENDED;

  self->was_known = self->was_known || self->state == ALIVE;
  self->state = ENDED;
  ot_frame_guard_swallow (self->guard);
  ot_timer_cancel (&self->deadline);
  ot_timer_arm (&self->turn, 0, on_turn, self);
  if (is_first)
    self->listener->ending (self->user_data);
}

void
ot_connection_end (OtConnection *self, OtCloseCode code, const char *reason)
{
  if (self->state == ENDED)
    return;
  self->end_code = code;
  self->end_reason = reason;
  leave (self);
}

void
ot_connection_get_end (const OtConnection *self, OtCloseCode *code, const char **reason)
{
  *code = self->end_code;
  *reason = self->end_reason;
}

gboolean
ot_connection_was_lost (const OtConnection *self)
{
  return self->end_code == OT_CLOSE_KEEP_ALIVE_LOST
         || (self->end_code == 0
             && soup_websocket_connection_get_close_code (self->websocket) != OT_CLOSE_NORMAL);
}

/* ---- what libsoup says ---- */

static void
on_closing (SoupWebsocketConnection *websocket, OtConnection *self)
{
  OUTSIDE_THE_SHARD ();

  if (self->state != ENDED)
    leave (self); /* the client's close; libsoup answers it */
}

static void
on_closed (SoupWebsocketConnection *websocket, OtConnection *self)
{
  OUTSIDE_THE_SHARD ();

  self->is_gone = TRUE;
  leave (self);
}

/* libsoup closes after this, or has no way to; what it collected for a client that goes on sending
 * would only grow. For a frame that is too big it would close without a code. */
static void
on_error (SoupWebsocketConnection *websocket, GError *error, OtConnection *self)
{
  OUTSIDE_THE_SHARD ();

  ot_debug ("%s: %s", ot_connection_get_address (self), error->message);
  if (g_error_matches (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_TOO_BIG)
      && soup_websocket_connection_get_state (websocket) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (websocket, SOUP_WEBSOCKET_CLOSE_TOO_BIG, NULL);
  self->is_gone = TRUE;
  leave (self);
}

static void
on_message (SoupWebsocketConnection *websocket, int type, GBytes *message, OtConnection *self)
{
  OUTSIDE_THE_SHARD ();
  gsize length;
  const char *text = g_bytes_get_data (message, &length);

  if (self->state != ENDED)
    self->listener->message (self->user_data, text, length);
}

/* ---- what the guard says ---- */

static void
on_refused_frame (gpointer user_data, OtCloseCode code)
{
  OUTSIDE_THE_SHARD ();

  ot_connection_end (user_data, code,
                     code == OT_CLOSE_BINARY ? "binary frames are not taken"
                                             : "longer than 64 KiB");
}

static void
on_queued_frame (gpointer user_data)
{
  OUTSIDE_THE_SHARD ();
  OtConnection *self = user_data;
  guint64 written = ot_peer_stream_get_written_bytes (self->stream) - self->written_before_bytes;
  guint64 queued = ot_frame_guard_get_queued_bytes (self->guard);

  if (queued > written && queued - written > self->limits->max_queue_bytes)
    ot_connection_end (self, OT_CLOSE_KEEP_ALIVE_LOST, "the client does not read");
}

/* Whoever goes on sending does not wait for our farewell either. */
static void
on_flooded (gpointer user_data)
{
  OUTSIDE_THE_SHARD ();
  OtConnection *self = user_data;

  if (self->state == ENDED)
    give_time (self, 0);
}

static const OtFrameGuardListener guard_listener = { on_refused_frame, on_queued_frame,
                                                     on_flooded };

/* ---- keep-alive ---- */

/* Lost is known when the next ping would be due. */
static void
await_pong (OtConnection *self)
{
  const OtNetLimits *limits = self->limits;

  give_time (self, (limits->missed_pongs + 1) * limits->ping_seconds * (gint64)G_USEC_PER_SEC);
}

static void
on_pong (SoupWebsocketConnection *websocket, GBytes *data, OtConnection *self)
{
  OUTSIDE_THE_SHARD ();

  if (self->state == ALIVE)
    await_pong (self);
}

/* libsoup's timer for the pings is the shard's, as is its source. */
void
ot_connection_keep_alive (OtConnection *self)
{
  g_autoptr (GMainContextPusher) inside = ot_peer_stream_enter (self->stream);

  g_return_if_fail (self->state == NEW);
  self->state = ALIVE;
  soup_websocket_connection_set_keepalive_interval (self->websocket, self->limits->ping_seconds);
  await_pong (self);
}

/* ---- out, and the rest ---- */

void
ot_connection_send (OtConnection *self, const char *text)
{
  if (self->state != ENDED
      && soup_websocket_connection_get_state (self->websocket) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_send_text (self->websocket, text);
}

const char *
ot_connection_get_address (const OtConnection *self)
{
  return ot_peer_stream_get_address (self->stream);
}

const char *
ot_connection_get_visitor (const OtConnection *self)
{
  return ot_peer_stream_get_visitor (self->stream);
}

OtConnection *
ot_connection_new (SoupWebsocketConnection *websocket,
                   OtPeerStream *stream,
                   OtFrameGuard *guard,
                   const OtNetLimits *limits,
                   const OtClock *clock,
                   const OtConnectionListener *listener,
                   gpointer user_data)
{
  OtConnection *self = g_new0 (OtConnection, 1);

  self->websocket = websocket;
  self->stream = g_object_ref (stream);
  self->guard = g_object_ref (guard);
  self->written_before_bytes = ot_peer_stream_get_written_bytes (stream);
  self->limits = limits;
  self->clock = clock;
  self->listener = listener;
  self->user_data = user_data;
  soup_websocket_connection_set_max_incoming_payload_size (websocket, limits->max_message_bytes);
  ot_frame_guard_listen (guard, &guard_listener, self);
  g_signal_connect (websocket, "message", G_CALLBACK (on_message), self);
  g_signal_connect (websocket, "pong", G_CALLBACK (on_pong), self);
  g_signal_connect (websocket, "error", G_CALLBACK (on_error), self);
  g_signal_connect (websocket, "closing", G_CALLBACK (on_closing), self);
  g_signal_connect (websocket, "closed", G_CALLBACK (on_closed), self);
  give_time (self, limits->init_timeout_us);
  return self;
}

void
ot_connection_free (OtConnection *self)
{
  /* or TLS would wait for a client that does not read its farewell */
  if (soup_websocket_connection_get_state (self->websocket) != SOUP_WEBSOCKET_STATE_CLOSED)
    ot_peer_stream_shut_down (self->stream);
  ot_timer_cancel (&self->turn);
  ot_timer_cancel (&self->deadline);
  ot_frame_guard_listen (self->guard, NULL, NULL);
  g_signal_handlers_disconnect_by_data (self->websocket, self);
  g_clear_object (&self->websocket);
  g_clear_object (&self->guard);
  g_clear_object (&self->stream);
  g_free (self);
}
