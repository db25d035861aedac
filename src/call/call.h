#pragma once

#include <glib.h>

#include "admission.h"
#include "billing.h"
#include "call-figures.h"
#include "call-fsm.h"
#include "clock.h"
#include "event.h"
#include "media-port.h"
#include "negotiation.h"
#include "outbox.h"
#include "record.h"
#include "rtp-watch.h"
#include "sender.h"
#include "tell-port.h"
#include "timer.h"

/** OtRecordingMode: which calls are recorded. */
typedef enum { OT_RECORDING_OFF, OT_RECORDING_ON_REQUEST, OT_RECORDING_ALL } OtRecordingMode;

/** OtCallSettings: durations in µs; the names are those of the configuration. */
typedef struct {
  gint64 unit_us;             /* billing.unit_seconds */
  gint64 request_timeout_us;  /* call.request_timeout */
  gint64 ring_timeout_us;     /* call.ring_timeout */
  gint64 media_timeout_us;    /* call.media_timeout */
  gint64 database_timeout_us; /* call.database_timeout: a call ends when its oldest record has
                                 waited so long */
  OtWatchLimits watch;        /* call.rtp_pause, rtp_timeout, lost_timeout, resume_window */
  OtChargeMode charge;        /* billing.charge */
  OtRecordingMode recording;  /* recording.mode */
  OtAdmissionRules admission;
  gint64 look_us; /* how often all calls are looked at; 0: ten times a second. What comes of it does
                     not depend on it, only when */
} OtCallSettings;

/** OtCallPorts: what calls need of the outside; borrowed by every call for its whole life. */
typedef struct {
  OtRecordPort record;
  OtMediaPort media;
  OtTellPort tell;
  const OtClock *clock;
  OtCallSettings settings;
  OtCallFigures *figures; /* written by calls; the registry sets its own */
} OtCallPorts;

/** OtParty: one of the two people of a call. */
typedef struct {
  char *user_id;    /* owned */
  char *session_id; /* owned; the device that holds the call, NULL: none, or (callee) not accepted
                       yet */
  gint64 lost_since_us; /* when that device's connection was lost; 0: it is there, or there never
                           was one */
  guint device;         /* counts the devices that have held the call */
  gint64 returned_us;   /* when a connection came back and it isn't known yet whether its media did;
                           0: no such doubt */
} OtParty;

/**
 * OtCall:
 *
 * One call: its state, its two parties, its clock, its way to the database. Owned by the registry
 * alone; every pointer handed to others is for the time of the call only. Its state is call.c's
 * alone to write; the rest is written by the parts of call-private.h, and read by announce.c.
 *
 * Thread: main loop.
 */
typedef struct {
  char *id;                 /* owned */
  const OtCallPorts *ports; /* borrowed from the registry */
  OtCallSettings settings;  /* those of its beginning, whatever a reload brings */
  OtCallState state;
  OtReason reason;
  OtParty party[OT_N_SIDES];
  OtNegotiation negotiation;
  OtBilling billing;
  gint64 accepted_us;      /* monotonic; 0: not yet */
  guint legs_up;           /* bits of OtSide: whose leg has been up */
  gint64 connected_us;     /* the clock's zero, monotonic; 0: never connected */
  gint64 talked_until_us;  /* when it left in_call last, monotonic; 0: it has not */
  gint64 ended_us;         /* monotonic; 0: live */
  char *request_session;   /* owned; who sent call_request, and is told when it is refused */
  gint64 request_sequence; /* that one's own number of it; 0: none */
  gint64 wall_offset_us; /* UTC − monotonic when the call was made: the call's own wall clock, which
                            no step moves */
  gint64 price_points;   /* per unit, frozen by the database at the request */
  OtTimer phase_timer;   /* requested, ringing, accepted: their timeouts */
  OtTimer billing_timer;              /* in_call: next unit */
  OtOutbox *outbox;                   /* owned */
  OtRtpEvidence evidence[OT_N_SIDES]; /* what proved the call */
  gboolean recording;                 /* a file is being written */
  OtQuality quality[OT_N_SIDES];      /* what was known of the voices when media was closed */
  gboolean handling;                  /* an event is being handled: no other may come in between */
  gboolean released;                  /* everything was told; kept for late messages */
} OtCall;

/**
 * OtCallInput:
 *
 * An event with what belongs to it; everything borrowed for the time of ot_call_handle().
 */
typedef struct {
  OtCallEvent event;
  OtActor by;
  gint64 at_us;             /* when it came true, monotonic */
  const char *session_id;   /* from a person: the device */
  gint64 sequence;          /* from a person: the device's own number of the message; 0: none */
  OtReason reason;          /* REJECT */
  gboolean client_offers;   /* ACCEPT: "offerer": "client" */
  const char *sdp;          /* OFFER, ANSWER */
  OtIceCandidate candidate; /* CANDIDATE */
  const char *detail;       /* RECORDING_ENDED: (nullable): why */
  const OtRtpEvidence *evidence; /* FIRST_RTP: of both sides */
  const OtRecordResult *result;  /* REQUEST_REFUSED */
} OtCallInput;

/**
 * ot_call_new:
 *
 * A call in state requested; its record is on the way to the database.
 *
 * Returns: (transfer full): free with ot_call_free()
 */
OtCall *ot_call_new (const OtCallPorts *ports,
                     const OtSender *caller,
                     const char *call_id,
                     const char *callee_id);

/** ot_call_free: only when ot_call_is_idle(), or after the record port was closed. */
void ot_call_free (OtCall *self);

/**
 * ot_call_handle:
 * @text: (out) (optional): why it was refused, for a person; static
 *
 * Finds the rule for an event and carries it out. A refusal of what a person brought changes
 * nothing; the caller tells the person. What the server itself brings out of season is ignored.
 *
 * Returns: %OT_CODE_NONE, or the code of the refusal
 */
OtCode ot_call_handle (OtCall *self, const OtCallInput *input, const char **text);

/** ot_call_record: the operator wants it recorded, or no more. Returns: FALSE when nobody talks. */
gboolean ot_call_record (OtCall *self, gboolean on);

/** ot_call_on_media: an event of the media server. */
void ot_call_on_media (OtCall *self, const OtMediaEvent *event);

/**
 * ot_call_look: looks at the media, the clock and the database's delay, and acts on what came true
 * by @now_us. Called for every live call by the registry's one timer, and before anything that
 * could end a call.
 */
void ot_call_look (OtCall *self, gint64 now_us);

/** ot_call_connection_closed / _opened: a device of one of the parties went or came. */
void ot_call_connection_closed (OtCall *self, OtSide side, const char *session_id);
void ot_call_connection_opened (OtCall *self, OtSide side, const char *session_id);

/** ot_call_side_of: Returns: whether @user_id is a party; @side says which. */
gboolean ot_call_side_of (const OtCall *self, const char *user_id, OtSide *side);

/** ot_call_was_refused: the database did not take the request: there never was such a call. */
gboolean ot_call_was_refused (const OtCall *self);

/** ot_call_is_idle: over, released, and nothing on the way to the database. */
gboolean ot_call_is_idle (const OtCall *self);

/** ot_call_record_lag_us: how long the oldest of what is on the way to the database has been on it;
 * 0: nothing is. */
gint64 ot_call_record_lag_us (const OtCall *self, gint64 at_us);

/** ot_call_wall_us: a monotonic instant as UTC by the call's own clock. */
gint64 ot_call_wall_us (const OtCall *self, gint64 mono_us);

/** ot_call_total_seconds: whole seconds from the connection to @end_us; 0 when never connected. */
gint64 ot_call_total_seconds (const OtCall *self, gint64 end_us);
