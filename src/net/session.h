#pragma once

#include <libsoup/soup.h>

#include "auth.h"
#include "codec.h"
#include "doorkeeper.h"
#include "frame-guard.h"
#include "net-limits.h"
#include "peer-stream.h"
#include "track.h"

/**
 * OtSession:
 *
 * One client over its connection (connection.h): authentication, its format and numbering, its
 * limits. Answers `heartbeat` and what is wrong itself; hands everything else on. Owned by the hub,
 * which frees it after `finished`.
 *
 * A broken message is answered with `error` and changes nothing else; so is one of too many at
 * once. Too many of either end the connection. When its token expires, it says so (before, and
 * then), and after a grace it closes with %OT_CLOSE_UNAUTHENTICATED unless it is needed;
 * init_connection with a fresh token of the same user begins anew.
 *
 * Thread: main loop.
 */
typedef struct _OtSession OtSession;

/** OtSessionListener: calls come from the main loop, never from inside a call of the session's
 * owner. */
typedef struct {
  gpointer self;

  /** Authenticated: has a user_id, `connection_ack` is sent. */
  void (*opened) (gpointer self, OtSession *session);

  /** An event of an authenticated client; @event borrowed; @sequence: the client's own number of
   * it, 0: none. Never heartbeat and init_connection. */
  void (*event) (gpointer self, OtSession *session, const OtIn *event, gint64 sequence);

  /** One more message of an authenticated client: whether its person may send that much. */
  gboolean (*spend) (gpointer self, OtSession *session, gsize n_bytes);

  /** A message was answered with `error`, before or after opened; @original_event, @call_id
   * nullable; all from the client. */
  void (*refused) (gpointer self,
                   OtSession *session,
                   OtCode code,
                   const char *message,
                   const char *original_event,
                   const char *call_id);

  /** An authenticated client wants to take up a session of before, whose connection ends by it.
   * Returns: (transfer full) (nullable): that session, if it is @user_id's, @session is resumable
   * and everything after @last_sequence is kept. */
  OtTrack *(*resume) (gpointer self,
                      OtSession *session,
                      const char *user_id,
                      const char *session_id,
                      gint64 last_sequence);

  /** The token of an open connection has expired: whether the connection stays all the same, since
   * something that goes on needs it. Asked again and again. */
  gboolean (*is_needed) (gpointer self, OtSession *session);

  /** No more events, and nothing is sent any more; once, and only after opened. */
  void (*closed) (gpointer self, OtSession *session);

  /** The last call: free it. */
  void (*finished) (gpointer self, OtSession *session);
} OtSessionListener;

/** OtSessionContext: what all sessions share; borrowed for their lives. */
typedef struct {
  OtSessionListener listener;
  OtNetLimits limits;
  const OtClock *clock;
  OtAuth *auth;
  OtDoorkeeper *door; /* (nullable): told of wrong tokens */
} OtSessionContext;

/**
 * ot_session_new:
 * @websocket, @stream, @guard: as of ot_connection_new()
 * @token: (nullable): what the upgrade carried; authenticated with it at once
 *
 * Returns: (transfer full)
 */
OtSession *ot_session_new (const OtSessionContext *context,
                           SoupWebsocketConnection *websocket,
                           OtPeerStream *stream,
                           OtFrameGuard *guard,
                           const char *token);

/** ot_session_look_at_token: whether its end is near, or over; about once a second, since it is an
 * instant of UTC, whose clock may be set. May end the session. */
void ot_session_look_at_token (OtSession *self, gint64 wall_us, gint64 mono_us);

/** ot_session_free: ends it without a word; not from inside its own callbacks but `finished`. */
void ot_session_free (OtSession *self);

/** ot_session_tell_closed: has it ended, and `closed` was not called yet, it is called now. */
void ot_session_tell_closed (OtSession *self);

/** ot_session_take_track: what can be taken up again when the connection was lost.
 *
 * Only from within `closed`. Returns: (transfer full) (nullable): NULL: it has ended for good. */
OtTrack *ot_session_take_track (OtSession *self);

/** ot_session_hand_over: ends with %OT_CLOSE_REPLACED; `closed` is not called. Returns: (transfer
 * full) (nullable): as of an open session; NULL: it can't be taken up. */
OtTrack *ot_session_hand_over (OtSession *self);

/** ot_session_get_id: random, 128 bits; that of before once it was resumed; borrowed. */
const char *ot_session_get_id (const OtSession *self);

/** ot_session_get_user_id: (nullable): NULL until opened; borrowed. */
const char *ot_session_get_user_id (const OtSession *self);

/** ot_session_is_resumable: what it is sent is kept (envelope format). */
gboolean ot_session_is_resumable (const OtSession *self);

/** ot_session_is_open: opened, and not ending. */
gboolean ot_session_is_open (const OtSession *self);

/** ot_session_has_expired: its token has expired and no fresh one has come: what is under way may
 * go on, nothing new is begun. */
gboolean ot_session_has_expired (const OtSession *self);

/**
 * ot_session_send:
 *
 * Writes the event at once, or queues it. A client whose queue is full is closed; to one that is
 * closing nothing is sent, but its track keeps the event.
 */
void ot_session_send (OtSession *self, const OtOut *event);

/**
 * ot_session_end:
 * @reason: static; for a person
 *
 * Closes with @code from the next turn of the loop on; no event comes after this. Ended already:
 * nothing.
 */
void ot_session_end (OtSession *self, OtCloseCode code, const char *reason);
