#pragma once

#include "net-limits.h"
#include "track.h"

/**
 * OtParking:
 *
 * Sessions whose connection was lost, until they are taken up again or it has lasted too long. What
 * is sent to them meanwhile is numbered and kept. Bounded by their number, a person's number, and
 * the bytes of all; the oldest goes.
 *
 * Thread: main loop.
 */
typedef struct _OtParking OtParking;

/** OtParkingGone: a session can't be taken up any more; @track borrowed. Never from inside a take.
 */
typedef void (*OtParkingGone) (const OtTrack *track, gpointer user_data);

/** ot_parking_new: @limits: borrowed; followed as they change: resume_window_us, max_devices of a
 * person, max_parked and max_parked_bytes of all. */
OtParking *ot_parking_new (const OtNetLimits *limits, OtParkingGone gone, gpointer user_data);

/** ot_parking_free: without a word to anybody. */
void ot_parking_free (OtParking *self);

/** ot_parking_put: @track: (transfer full); lost at @now_us. */
void ot_parking_put (OtParking *self, OtTrack *track, gint64 now_us);

/** ot_parking_take: Returns: (transfer full) (nullable): the session of this id and person. */
OtTrack *ot_parking_take (OtParking *self, const char *session_id, const char *user_id);

/** ot_parking_send: to one session; not here: nothing happens. */
void ot_parking_send (OtParking *self, const char *session_id, const OtOut *event);

/** ot_parking_send_user: to a person's sessions but one (@except_session_id nullable). */
void ot_parking_send_user (OtParking *self,
                           const char *user_id,
                           const char *except_session_id,
                           const OtOut *event);

/** ot_parking_expire: what was lost too long before @now_us goes. */
void ot_parking_expire (OtParking *self, gint64 now_us);

/** ot_parking_drop_user: a person's sessions go; NULL: everybody's. */
void ot_parking_drop_user (OtParking *self, const char *user_id);

guint ot_parking_n_sessions (const OtParking *self);
