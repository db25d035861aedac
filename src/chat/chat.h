#pragma once

#include "channel.h"
#include "sender.h"

/**
 * OtChat:
 *
 * All channels that somebody here has joined, and the sessions that have (PROTOCOL.md section 3:
 * join_channel, leave_channel, send_message, new_message). Holds no message longer than it takes to
 * store and tell it. A session joins at most OT_SEAT_JOINED_MAX channels, and beyond
 * OT_SEAT_WAITING_MAX unanswered questions it gets `RATE_LIMITED`.
 *
 * Thread: main loop.
 */
typedef struct _OtChat OtChat;

/** ot_chat_new: the ports are copied. Returns: (transfer full) */
OtChat *ot_chat_new (const OtChatPort *store, const OtTellPort *tell);

/** ot_chat_free: after the store was closed. */
void ot_chat_free (OtChat *self);

/** ot_chat_event: join_channel, leave_channel or send_message: done, or refused with an `error`. */
void ot_chat_event (OtChat *self, const OtSender *sender, const OtIn *event);

/** ot_chat_closed: a session is gone, and has left its channels. */
void ot_chat_closed (OtChat *self, const OtSender *sender);
