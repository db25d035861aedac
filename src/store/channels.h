#pragma once

#include "chat-port.h"
#include "store.h"

/**
 * SECTION:channels
 *
 * The store's operations on channels (data/sql/008-channels.sql). They have a connection of their
 * own, so that no money waits behind chat; a question of the chat waits 5 s. Errors, completions
 * and threads are as in store.h.
 */

/** ot_store_chat_port: channels as the chat sees them. @self: borrowed; after a successful start.
 */
OtChatPort ot_store_chat_port (OtStore *self);

/** ot_store_add_channel_async: a channel without members. Errors: %OT_STORE_ERROR_CONFLICT (a
 * call's), %OT_STORE_ERROR_INVALID (no id). */
void ot_store_add_channel_async (OtStore *self,
                                 const char *channel_id,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback done,
                                 gpointer user_data);

/** ot_store_add_channel_member_async: errors: %OT_STORE_ERROR_NOT_FOUND (no such channel, or user),
 * %OT_STORE_ERROR_CONFLICT (a call's has its two parties and nobody else). */
void ot_store_add_channel_member_async (OtStore *self,
                                        const char *channel_id,
                                        const char *user_id,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback done,
                                        gpointer user_data);

/** ot_store_add_channel_finish: for the two above. */
gboolean ot_store_add_channel_finish (OtStore *self, GAsyncResult *result, GError **error);

/** ot_store_channels_json_async: an array of channels, newest first, at most @limit; @calls: those
 * of calls as well. Ends with ot_store_json_finish(). */
void ot_store_channels_json_async (OtStore *self,
                                   gboolean calls,
                                   int limit,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback done,
                                   gpointer user_data);
