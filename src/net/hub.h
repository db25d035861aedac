#pragma once

#include "hub-figures.h"
#include "session.h"

/**
 * OtHub:
 *
 * Owns all connections of this server and knows which person has which. A person may have several
 * devices; beyond the limit the oldest goes. A session whose connection was lost waits for its
 * client for a while (parking.h), and is sent to as if it were there; only it is not online.
 *
 * Thread: main loop.
 */
typedef struct _OtHub OtHub;

/** OtHubListener: as #OtSessionListener, without `finished`, `resume` and `spend`. @session is
 * valid until closed returns. A resumed session is opened again, under its id. */
typedef struct {
  gpointer self;
  void (*opened) (gpointer self, OtSession *session);
  void (*event) (gpointer self, OtSession *session, const OtIn *event, gint64 sequence);
  void (*refused) (gpointer self,
                   OtSession *session,
                   OtCode code,
                   const char *message,
                   const char *original_event,
                   const char *call_id);
  gboolean (*is_needed) (gpointer self, OtSession *session);
  void (*closed) (gpointer self, OtSession *session);

  /** After closed, at once or when nobody has resumed it in time: the session is over. */
  void (*over) (gpointer self, const char *user_id, const char *session_id);
} OtHubListener;

/**
 * ot_hub_new:
 * @listener: copied
 * @limits: (nullable): copied; NULL: #OT_NET_LIMITS_DEFAULT
 * @auth: borrowed
 * @door: (nullable): borrowed
 * @clock: borrowed
 *
 * Returns: (transfer full)
 */
OtHub *ot_hub_new (const OtHubListener *listener,
                   const OtNetLimits *limits,
                   OtAuth *auth,
                   OtDoorkeeper *door,
                   const OtClock *clock);

/** ot_hub_set_limits: from now on, for all connections and lost sessions. */
void ot_hub_set_limits (OtHub *self, const OtNetLimits *limits);

/** ot_hub_free: drops what is still connected, without a word to anybody. Not while
 * ot_hub_close_async() waits. */
void ot_hub_free (OtHub *self);

/** ot_hub_adopt: a new connection, see ot_session_new(). */
void ot_hub_adopt (OtHub *self,
                   SoupWebsocketConnection *connection,
                   OtPeerStream *stream,
                   OtFrameGuard *guard,
                   const char *token);

/** ot_hub_max_message_bytes: what a frame guard of this hub's connections takes. */
gsize ot_hub_max_message_bytes (const OtHub *self);

/** ot_hub_is_online: whether the person has an open session, or one that just takes the place of
 * another. */
gboolean ot_hub_is_online (OtHub *self, const char *user_id);

/** ot_hub_send: to one session; gone already: nothing happens. */
void ot_hub_send (OtHub *self, const char *session_id, const OtOut *event);

/** ot_hub_send_user: to all devices of a person but one (@except_session_id nullable). */
void ot_hub_send_user (OtHub *self,
                       const char *user_id,
                       const char *except_session_id,
                       const OtOut *event);

/** ot_hub_end_user: closes all devices of a person, e.g. with %OT_CLOSE_BLOCKED; @reason static. */
void ot_hub_end_user (OtHub *self, const char *user_id, OtCloseCode code, const char *reason);

/** ot_hub_n_sessions: how many connections there are, also those not authenticated or closing. */
guint ot_hub_n_sessions (OtHub *self);

/** ot_hub_n_in_place: how many sessions are there. */
guint ot_hub_n_in_place (OtHub *self, OtHubPlace place);

/** ot_hub_get_figures: (transfer none): live as long as the hub. */
const OtHubFigures *ot_hub_get_figures (const OtHub *self);

/**
 * ot_hub_close_async:
 *
 * Ends every session with %OT_CLOSE_DRAINING and completes when the last one is gone, which takes
 * at most the limits' linger. A connection that is adopted meanwhile is ended as well. Once.
 */
void ot_hub_close_async (OtHub *self, GAsyncReadyCallback done, gpointer user_data);
void ot_hub_close_finish (OtHub *self, GAsyncResult *result);
