#pragma once

#include <gio/gio.h>

#include "poll-shards.h"
#include "pollable-stream.h"

/**
 * OtPeerStream:
 *
 * An accepted connection as libsoup gets it: passes everything through, but
 * - counts the bytes that the socket took, which libsoup itself tells nobody, though it queues
 * without end for a client that does not read;
 * - gives at most 16 KiB in one turn of the loop, since libsoup reads on as long as there is
 * something, and one fast client would keep the loop to itself.
 *
 * Thread: main loop.
 */
#define OT_TYPE_PEER_STREAM (ot_peer_stream_get_type ())
G_DECLARE_FINAL_TYPE (OtPeerStream, ot_peer_stream, OT, PEER_STREAM, OtPollableStream)

/**
 * ot_peer_stream_new:
 * @base: what carries the bytes, TLS or not; its streams are pollable
 * @socket: the socket underneath
 * @address: who it is, for the log
 *
 * Returns: (transfer full)
 */
OtPeerStream *ot_peer_stream_new (GIOStream *base, GSocket *socket, const char *address);

/** ot_peer_stream_get_address: "192.0.2.7:54321"; borrowed. */
const char *ot_peer_stream_get_address (OtPeerStream *self);

/** ot_peer_stream_get_visitor: (nullable): who comes by it (doorkeeper.h); NULL: nobody that is
 * known; borrowed. */
const char *ot_peer_stream_get_visitor (OtPeerStream *self);
void ot_peer_stream_set_visitor (OtPeerStream *self, const char *visitor);

/** ot_peer_stream_get_written_bytes: how many bytes the socket has taken so far, or TLS for it. */
guint64 ot_peer_stream_get_written_bytes (OtPeerStream *self);

/** ot_peer_stream_move: the sources that libsoup makes for it belong to a context of @shards from
 * now on, if there is room. Once. */
void ot_peer_stream_move (OtPeerStream *self, OtPollShards *shards);

/** ot_peer_stream_enter: (transfer full): to be held while libsoup begins something for it, see
 * ot_poll_shard_enter(). */
GMainContextPusher *ot_peer_stream_enter (OtPeerStream *self);

/** ot_peer_stream_shut_down: both directions end now; whoever reads or writes it finds out from the
 * loop. */
void ot_peer_stream_shut_down (OtPeerStream *self);
