#pragma once

#include <libsoup/soup.h>

#include "clock.h"
#include "frame-guard.h"
#include "net-limits.h"
#include "peer-stream.h"

/**
 * OtConnection:
 *
 * One WebSocket: its deadlines, its pings, its bounded queue, and its end. What is said over it is
 * the session's.
 *
 * A life: new, with limits.init_timeout_us for its client to say who it is → kept alive by pings →
 * ended. Thread: main loop.
 */
typedef struct _OtConnection OtConnection;

/** OtConnectionListener: what its session does about it. */
typedef struct {
  /** A text message; none after the end. @text: borrowed, not terminated */
  void (*message) (gpointer user_data, const char *text, gsize length);

  /** It ends, and nothing is sent any more. Once; also from inside any call, so that it may only be
   * noted. */
  void (*ending) (gpointer user_data);

  /** The same, once, from a turn of its own. */
  void (*ended) (gpointer user_data);

  /** The last call: free it. */
  void (*finished) (gpointer user_data);
} OtConnectionListener;

/**
 * ot_connection_new:
 * @websocket: (transfer full): after the handshake
 * @stream: what @websocket writes to
 * @guard: the extension of @websocket
 * @limits, @clock, @listener, @user_data: borrowed for its life
 *
 * Returns: (transfer full)
 */
OtConnection *ot_connection_new (SoupWebsocketConnection *websocket,
                                 OtPeerStream *stream,
                                 OtFrameGuard *guard,
                                 const OtNetLimits *limits,
                                 const OtClock *clock,
                                 const OtConnectionListener *listener,
                                 gpointer user_data);

/** ot_connection_free: ends it without a word; not from inside its own callbacks but `finished`. */
void ot_connection_free (OtConnection *self);

/** ot_connection_keep_alive: Its client is known: pings from now on, and time for the pongs. */
void ot_connection_keep_alive (OtConnection *self);

/** ot_connection_send: Writes @text at once, or queues it; not after the end. A client whose queue
 * is full is closed. */
void ot_connection_send (OtConnection *self, const char *text);

/**
 * ot_connection_end:
 * @reason: static; for a person
 *
 * Closes with @code from the next turn of the loop on; no message comes after this. Ended already:
 * nothing.
 */
void ot_connection_end (OtConnection *self, OtCloseCode code, const char *reason);

/** ot_connection_get_end: (out) @code: 0: the client's end; (out) (nullable) @reason: static. */
void ot_connection_get_end (const OtConnection *self, OtCloseCode *code, const char **reason);

/** ot_connection_was_lost: after the end: neither have we ended it (but for its silence) nor has
 * the client said that it is done. */
gboolean ot_connection_was_lost (const OtConnection *self);

/** ot_connection_get_address: for the log; borrowed. */
const char *ot_connection_get_address (const OtConnection *self);

/** ot_connection_get_visitor: (nullable): as of ot_peer_stream_get_visitor(). */
const char *ot_connection_get_visitor (const OtConnection *self);
