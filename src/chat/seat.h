#pragma once

#include <glib.h>

#include "reason.h"
#include "tell-port.h"

/** OT_SEAT_JOINED_MAX, OT_SEAT_WAITING_MAX: channels that one session has joined, and questions of
 * it that are not answered yet; what is beyond is refused. */
#define OT_SEAT_JOINED_MAX 50
#define OT_SEAT_WAITING_MAX 32

/**
 * OtSeat:
 *
 * One session in the chat. It outlives its session until its last question is off the queues, and
 * frees itself then; nobody is told anything any more.
 *
 * Thread: main loop.
 */
typedef struct {
  char *session_id;  /* owned */
  char *user_id;     /* owned */
  GPtrArray *joined; /* owned; of OtChannel, borrowed; kept by the channels */
  guint n_waiting;   /* questions; kept by the channels */
  gboolean gone;
} OtSeat;

/** ot_seat_new: the strings are copied. */
OtSeat *ot_seat_new (const char *session_id, const char *user_id);

/** ot_seat_leave: the session is gone; it has left all channels. */
void ot_seat_leave (OtSeat *self);

/** ot_seat_answered: one question less waits. */
void ot_seat_answered (OtSeat *self);

/** ot_seat_tell: an event, or an `error`; nothing once it is gone. */
void ot_seat_tell (const OtSeat *self, const OtTellPort *tell, const OtOut *event);
void ot_seat_refuse (const OtSeat *self,
                     const OtTellPort *tell,
                     OtCode code,
                     const char *message,
                     OtInType original_event,
                     gint64 original_sequence);
