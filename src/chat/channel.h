#pragma once

#include "chat-port.h"
#include "seat.h"
#include "tell-port.h"

/**
 * OtChannel:
 *
 * One channel while somebody here has joined it or asks something of it: who has joined, and a FIFO
 * of what was asked, one question at a time to the database. So a join is answered with what stood
 * before it, everything after it is told live, and nobody misses a message or gets it twice. What
 * the database stored although its answer was lost is told with the next answer.
 *
 * While the database doesn't answer, everything that waits is refused with
 * `TEMPORARILY_UNAVAILABLE`.
 *
 * Thread: main loop.
 */
typedef struct _OtChannel OtChannel;

typedef struct {
  OtChatPort store;
  OtTellPort tell;
  gpointer self;

  /** Nobody has joined the channel any more and nothing waits: may be freed in here. */
  void (*idle) (gpointer self, OtChannel *channel);
} OtChannelPorts;

/** ot_channel_new: @ports: borrowed. Whether there is such a channel, the database says later. */
OtChannel *ot_channel_new (const OtChannelPorts *ports, const char *id);

/** ot_channel_free: when it is idle, or after the store was closed. */
void ot_channel_free (OtChannel *self);

/** ot_channel_get_id: borrowed. */
const char *ot_channel_get_id (const OtChannel *self);

/** ot_channel_ask: a join_channel, leave_channel or send_message for this channel; @sequence: the
 * client's own number of it, 0: none. May end with idle(). */
void ot_channel_ask (OtChannel *self, OtSeat *seat, const OtIn *event, gint64 sequence);

/** ot_channel_leave: the seat is no longer among those who have joined. May end with idle(). */
void ot_channel_leave (OtChannel *self, OtSeat *seat);
