#pragma once

#include <gio/gio.h>

/**
 * OtPollShards:
 *
 * Connections in main contexts of their own, OT_POLL_SHARD_SIZE in each, so that a turn of the loop
 * costs nothing for those that are quiet. A GMainContext looks at each of its sources in each of
 * its turns, and poll() at each file: 10,000 idle clients take 2 ms a turn. Here the main context
 * has one source, an epoll, which says in which contexts something came; only those turn. For
 * what libsoup does by timers of its own (its pings) a context turns a tenth of a second after
 * they are due, at the latest.
 *
 * libsoup attaches its sources to the thread-default context of the moment. So whoever lets it
 * begin something that lasts does so between ot_poll_shard_enter() and its end, and whoever it
 * calls from a shard's turn makes the main context that one again before doing anything of its own:
 *
 *     g_autoptr (GMainContextPusher) outside = g_main_context_pusher_new (g_main_context_default
 * ());
 *
 * Limits: OT_POLL_SHARD_EVENTS connections a turn; the others come with the next.
 * Thread: main loop. What is added may outlive the OtPollShards' owner: both hold it.
 */
typedef struct _OtPollShards OtPollShards;

/** OtPollShard: (borrowed): one of the contexts; alive as long as something of it is added. */
typedef struct _OtPollShard OtPollShard;

#define OT_POLL_SHARD_SIZE 16
#define OT_POLL_SHARD_EVENTS 64

/** ot_poll_shards_new: Returns: (transfer full): or NULL with @error set: the system has no more
 * files */
OtPollShards *ot_poll_shards_new (GError **error);

/** ot_poll_shards_unref: of its owner; goes once nothing is added any more. */
void ot_poll_shards_unref (OtPollShards *self);

/**
 * ot_poll_shards_add:
 * @socket: open, and not added yet
 *
 * Returns: (nullable): to be given to ot_poll_shard_remove() before @socket is closed; NULL: the
 * kernel watches no more of them, and the main context is to be used
 */
OtPollShard *ot_poll_shards_add (OtPollShards *self, GSocket *socket);
void ot_poll_shard_remove (OtPollShard *self, GSocket *socket);

/** ot_poll_shard_enter: Makes its context the thread-default one, until what is returned is freed.
 * It turns soon after, and knows of the timers that were made meanwhile. */
GMainContextPusher *ot_poll_shard_enter (OtPollShard *self);
