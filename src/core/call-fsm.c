/* The transition table and its look-up. Pure. A state that can't be left by an event has no row for
 * it; that is the refusal. Reading order: the way of a good call first, then its ends. */

#include "call-fsm.h"

/* clang-format off */
#define NOW(...) { __VA_ARGS__ }
#define THEN(...) { __VA_ARGS__ }

/* What ends before a connection, and after one. */
#define FAIL(from_, event_, by_, reason_)                                                                      \
  { from_, event_, by_, OT_CALL_FAILED, reason_, NOW (OT_FX_CLOSE_MEDIA), OT_REC_ENDED,                        \
    THEN (OT_FX_TELL_STATE, OT_FX_TELL_END, OT_FX_RELEASE) }
#define END(from_, event_, by_, reason_)                                                                       \
  { from_, event_, by_, OT_CALL_ENDED, reason_, NOW (OT_FX_CLOSE_MEDIA), OT_REC_ENDED,                         \
    THEN (OT_FX_TELL_STATE, OT_FX_TELL_END, OT_FX_RELEASE) }
#define FORCE(from_, event_, to_, reason_)                                                                     \
  { from_, event_, OT_BY_SERVER, to_, reason_, NOW (OT_FX_CLOSE_MEDIA), OT_REC_ENDED,                          \
    THEN (OT_FX_TELL_STATE, OT_FX_TELL_FORCE_END, OT_FX_TELL_END, OT_FX_RELEASE) }

/* The server's own power over a call in this state. */
#define FORCED_ENDS(from_, to_)                                                                                \
  FORCE (from_, OT_EV_ADMIN_END, to_, OT_REASON_ADMIN),                                                        \
  FORCE (from_, OT_EV_SHUTDOWN, to_, OT_REASON_SERVER_SHUTDOWN),                                               \
  FORCE (from_, OT_EV_FAULT, to_, OT_REASON_SYSTEM_ERROR)

/* Descriptions and candidates change no state. */
#define NEGOTIATIONS(state_)                                                                                   \
  { state_, OT_EV_OFFER, OT_BY_PARTY, state_, OT_REASON_NONE, NOW (OT_FX_HOLD_BY_DEVICE, OT_FX_NEGOTIATE) },   \
  { state_, OT_EV_ANSWER, OT_BY_PARTY, state_, OT_REASON_NONE, NOW (OT_FX_NEGOTIATE) },                        \
  { state_, OT_EV_CANDIDATE, OT_BY_PARTY, state_, OT_REASON_NONE, NOW (OT_FX_NEGOTIATE) }

/* A lost connection is no end by itself: the voice may flow on, and is paid for. */
#define CONNECTIONS(state_)                                                                                    \
  { state_, OT_EV_CONNECTION_LOST, OT_BY_PARTY, state_, OT_REASON_NONE, NOW (OT_FX_NONE), OT_REC_NOTED,        \
    THEN (OT_FX_TELL_PEER) },                                                                                  \
  { state_, OT_EV_CONNECTION_BACK, OT_BY_PARTY, state_, OT_REASON_NONE, NOW (OT_FX_HOLD_BY_DEVICE),            \
    OT_REC_NOTED, THEN (OT_FX_TELL_PEER, OT_FX_TELL_STANDING) }

/* A recording changes no state. */
#define RECORDINGS(state_)                                                                                     \
  { state_, OT_EV_RECORDING_BEGAN, OT_BY_SERVER, state_, OT_REASON_NONE, NOW (OT_FX_NONE), OT_REC_NOTED,       \
    THEN (OT_FX_TELL_RECORDING) },                                                                             \
  { state_, OT_EV_RECORDING_ENDED, OT_BY_SERVER, state_, OT_REASON_NONE, NOW (OT_FX_NONE), OT_REC_NOTED,       \
    THEN (OT_FX_TELL_RECORDING) }

static const OtCallRule rules[] = {
  /* requested: the database has the first word */
  { OT_CALL_REQUESTED, OT_EV_STORED, OT_BY_SERVER, OT_CALL_RINGING, OT_REASON_NONE, NOW (OT_FX_ARM_RING_TIMER),
    OT_REC_NONE, THEN (OT_FX_TELL_RINGING, OT_FX_TELL_STATE) },
  { OT_CALL_REQUESTED, OT_EV_REQUEST_REFUSED, OT_BY_SERVER, OT_CALL_FAILED, OT_REASON_NONE,
    NOW (OT_FX_DROP_RECORDS, OT_FX_TELL_REFUSAL), OT_REC_NONE, THEN (OT_FX_RELEASE) },
  { OT_CALL_REQUESTED, OT_EV_UNANSWERED, OT_BY_SERVER, OT_CALL_FAILED, OT_REASON_SYSTEM_ERROR,
    NOW (OT_FX_TELL_UNAVAILABLE), OT_REC_ENDED, THEN (OT_FX_RELEASE) },
  FAIL (OT_CALL_REQUESTED, OT_EV_CANCEL, OT_BY_CALLER, OT_REASON_CANCELLED),
  FAIL (OT_CALL_REQUESTED, OT_EV_END, OT_BY_CALLER, OT_REASON_USER_END),
  FAIL (OT_CALL_REQUESTED, OT_EV_CONNECTION_GONE, OT_BY_CALLEE, OT_REASON_NETWORK_LOST),
  FORCED_ENDS (OT_CALL_REQUESTED, OT_CALL_FAILED),

  /* ringing */
  { OT_CALL_RINGING, OT_EV_ACCEPT, OT_BY_CALLEE, OT_CALL_ACCEPTED, OT_REASON_NONE,
    NOW (OT_FX_HOLD_BY_DEVICE, OT_FX_ARM_MEDIA_TIMER, OT_FX_OPEN_MEDIA), OT_REC_ACCEPTED,
    THEN (OT_FX_TELL_ACCEPTED, OT_FX_TELL_STATE, OT_FX_TELL_SIGNALING_START) },
  { OT_CALL_RINGING, OT_EV_REJECT, OT_BY_CALLEE, OT_CALL_FAILED, OT_REASON_NONE, NOW (OT_FX_NONE), OT_REC_ENDED,
    THEN (OT_FX_TELL_REJECTED, OT_FX_TELL_STATE, OT_FX_RELEASE) },
  FAIL (OT_CALL_RINGING, OT_EV_CANCEL, OT_BY_CALLER, OT_REASON_CANCELLED),
  FAIL (OT_CALL_RINGING, OT_EV_END, OT_BY_PARTY, OT_REASON_USER_END),
  FAIL (OT_CALL_RINGING, OT_EV_RING_TIMEOUT, OT_BY_SERVER, OT_REASON_RING_TIMEOUT),
  FAIL (OT_CALL_RINGING, OT_EV_CONNECTION_GONE, OT_BY_PARTY, OT_REASON_NETWORK_LOST),
  FORCED_ENDS (OT_CALL_RINGING, OT_CALL_FAILED),

  /* accepted: the media is set up */
  { OT_CALL_ACCEPTED, OT_EV_FIRST_RTP, OT_BY_SERVER, OT_CALL_IN_CALL, OT_REASON_NONE, NOW (OT_FX_START_CLOCK),
    OT_REC_STARTED, THEN (OT_FX_TELL_CONNECTED, OT_FX_TELL_STATE, OT_FX_TELL_TICK) },
  NEGOTIATIONS (OT_CALL_ACCEPTED),
  { OT_CALL_ACCEPTED, OT_EV_CONNECTION_BACK, OT_BY_PARTY, OT_CALL_ACCEPTED, OT_REASON_NONE,
    NOW (OT_FX_HOLD_BY_DEVICE), OT_REC_NONE, THEN (OT_FX_TELL_STANDING) },
  FAIL (OT_CALL_ACCEPTED, OT_EV_CANCEL, OT_BY_CALLER, OT_REASON_CANCELLED),
  FAIL (OT_CALL_ACCEPTED, OT_EV_END, OT_BY_PARTY, OT_REASON_USER_END),
  FAIL (OT_CALL_ACCEPTED, OT_EV_MEDIA_TIMEOUT, OT_BY_SERVER, OT_REASON_MEDIA_TIMEOUT),
  FORCED_ENDS (OT_CALL_ACCEPTED, OT_CALL_FAILED),

  /* in_call: the clock runs */
  { OT_CALL_IN_CALL, OT_EV_RTP_PAUSED, OT_BY_SERVER, OT_CALL_RECONNECTING, OT_REASON_NONE, NOW (OT_FX_NONE),
    OT_REC_NOTED, THEN (OT_FX_TELL_STATE) },
  NEGOTIATIONS (OT_CALL_IN_CALL),
  CONNECTIONS (OT_CALL_IN_CALL),
  RECORDINGS (OT_CALL_IN_CALL),
  END (OT_CALL_IN_CALL, OT_EV_END, OT_BY_PARTY, OT_REASON_USER_END),
  END (OT_CALL_IN_CALL, OT_EV_RTP_STOPPED, OT_BY_SERVER, OT_REASON_RTP_STOPPED),
  END (OT_CALL_IN_CALL, OT_EV_LOST_TIMEOUT, OT_BY_SERVER, OT_REASON_NETWORK_LOST),
  FORCE (OT_CALL_IN_CALL, OT_EV_UNIT_UNPAID, OT_CALL_ENDED, OT_REASON_NO_POINT),
  FORCE (OT_CALL_IN_CALL, OT_EV_FIRST_UNIT_UNPAID, OT_CALL_FAILED, OT_REASON_NO_POINT),
  FORCED_ENDS (OT_CALL_IN_CALL, OT_CALL_ENDED),

  /* reconnecting: as in_call, but nothing is charged */
  { OT_CALL_RECONNECTING, OT_EV_RTP_BACK, OT_BY_SERVER, OT_CALL_IN_CALL, OT_REASON_NONE, NOW (OT_FX_NONE),
    OT_REC_NOTED, THEN (OT_FX_TELL_STATE) },
  NEGOTIATIONS (OT_CALL_RECONNECTING),
  CONNECTIONS (OT_CALL_RECONNECTING),
  RECORDINGS (OT_CALL_RECONNECTING),
  END (OT_CALL_RECONNECTING, OT_EV_END, OT_BY_PARTY, OT_REASON_USER_END),
  END (OT_CALL_RECONNECTING, OT_EV_RTP_STOPPED, OT_BY_SERVER, OT_REASON_RTP_STOPPED),
  END (OT_CALL_RECONNECTING, OT_EV_LOST_TIMEOUT, OT_BY_SERVER, OT_REASON_NETWORK_LOST),
  FORCE (OT_CALL_RECONNECTING, OT_EV_UNIT_UNPAID, OT_CALL_ENDED, OT_REASON_NO_POINT),
  FORCE (OT_CALL_RECONNECTING, OT_EV_FIRST_UNIT_UNPAID, OT_CALL_FAILED, OT_REASON_NO_POINT),
  FORCED_ENDS (OT_CALL_RECONNECTING, OT_CALL_ENDED),

  /* failed: asked for and given up before the database answered */
  { OT_CALL_FAILED, OT_EV_REQUEST_REFUSED, OT_BY_SERVER, OT_CALL_FAILED, OT_REASON_NONE,
    NOW (OT_FX_DROP_RECORDS, OT_FX_TELL_REFUSAL), OT_REC_NONE, THEN (OT_FX_RELEASE) },
};
/* clang-format on */

static const char *const event_names[OT_EV_N] = {
  [OT_EV_ACCEPT] = "call_accept",
  [OT_EV_REJECT] = "call_reject",
  [OT_EV_CANCEL] = "call_cancel",
  [OT_EV_END] = "call_end_request",
  [OT_EV_OFFER] = "webrtc_offer",
  [OT_EV_ANSWER] = "webrtc_answer",
  [OT_EV_CANDIDATE] = "ice_candidate",
  [OT_EV_STORED] = "stored",
  [OT_EV_REQUEST_REFUSED] = "request_refused",
  [OT_EV_UNANSWERED] = "unanswered",
  [OT_EV_FIRST_UNIT_UNPAID] = "first_unit_unpaid",
  [OT_EV_UNIT_UNPAID] = "unit_unpaid",
  [OT_EV_RING_TIMEOUT] = "ring_timeout",
  [OT_EV_MEDIA_TIMEOUT] = "media_timeout",
  [OT_EV_FIRST_RTP] = "first_rtp",
  [OT_EV_RTP_PAUSED] = "rtp_paused",
  [OT_EV_RTP_BACK] = "rtp_back",
  [OT_EV_RTP_STOPPED] = "rtp_stopped",
  [OT_EV_RECORDING_BEGAN] = "recording_began",
  [OT_EV_RECORDING_ENDED] = "recording_ended",
  [OT_EV_CONNECTION_GONE] = "connection_gone",
  [OT_EV_CONNECTION_LOST] = "connection_lost",
  [OT_EV_CONNECTION_BACK] = "connection_back",
  [OT_EV_LOST_TIMEOUT] = "lost_timeout",
  [OT_EV_ADMIN_END] = "admin_end",
  [OT_EV_SHUTDOWN] = "server_shutdown",
  [OT_EV_FAULT] = "fault",
};

static const char *const effect_names[OT_FX_N] = {
  [OT_FX_NONE] = "-",
  [OT_FX_ARM_RING_TIMER] = "arm_ring_timer",
  [OT_FX_ARM_MEDIA_TIMER] = "arm_media_timer",
  [OT_FX_HOLD_BY_DEVICE] = "hold_by_device",
  [OT_FX_OPEN_MEDIA] = "open_media",
  [OT_FX_NEGOTIATE] = "negotiate",
  [OT_FX_START_CLOCK] = "start_clock",
  [OT_FX_CLOSE_MEDIA] = "close_media",
  [OT_FX_DROP_RECORDS] = "drop_records",
  [OT_FX_TELL_RINGING] = "tell_ringing",
  [OT_FX_TELL_ACCEPTED] = "tell_accepted",
  [OT_FX_TELL_SIGNALING_START] = "tell_signaling_start",
  [OT_FX_TELL_REJECTED] = "tell_rejected",
  [OT_FX_TELL_CONNECTED] = "tell_connected",
  [OT_FX_TELL_TICK] = "tell_tick",
  [OT_FX_TELL_STATE] = "tell_state",
  [OT_FX_TELL_PEER] = "tell_peer",
  [OT_FX_TELL_RECORDING] = "tell_recording",
  [OT_FX_TELL_STANDING] = "tell_standing",
  [OT_FX_TELL_REFUSAL] = "tell_refusal",
  [OT_FX_TELL_UNAVAILABLE] = "tell_unavailable",
  [OT_FX_TELL_FORCE_END] = "tell_force_end",
  [OT_FX_TELL_END] = "tell_end",
  [OT_FX_RELEASE] = "release",
};

/* clang-format off */
static const char *const rec_names[] = {
  [OT_REC_NONE] = "-",
  [OT_REC_ACCEPTED] = "accepted",
  [OT_REC_STARTED] = "started",
  [OT_REC_NOTED] = "noted",
  [OT_REC_ENDED] = "ended",
};
/* clang-format on */

/* What only people bring, and why it is refused; [0]: the wrong state, [1]: the wrong side. */
/* clang-format off */
static const char *const refusal_texts[][2] = {
  [OT_EV_ACCEPT] = { "Cannot accept a call that is not ringing", "Only the otomo who is called may accept" },
  [OT_EV_REJECT] = { "Cannot reject a call that is not ringing", "Only the otomo who is called may reject" },
  [OT_EV_CANCEL] = { "Cannot cancel a call that is already connected or over", "Only the caller may cancel" },
  [OT_EV_END] = { "Cannot end a call that is not live", "Only the two parties may end a call" },
  [OT_EV_OFFER] = { "Cannot negotiate media: the call is not accepted, or is over", "Not a party of the call" },
  [OT_EV_ANSWER] = { "Cannot negotiate media: the call is not accepted, or is over", "Not a party of the call" },
  [OT_EV_CANDIDATE] = { "Cannot take candidates: the call is not accepted, or is over", "Not a party of the call" },
};
/* clang-format on */

const OtCallRule *
ot_call_fsm_find (OtCallState state, OtCallEvent event, OtActor by, OtCode *refusal)
{
  OtCode why = OT_CODE_PERMISSION_DENIED;

  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++) {
    if (rules[i].event != event || (rules[i].by & by) == 0)
      continue;
    if (rules[i].from == state)
      return &rules[i];
    why = OT_CODE_INVALID_STATE;
  }
  if (refusal != NULL)
    *refusal = why;
  return NULL;
}

const char *
ot_call_fsm_refusal_text (OtCallEvent event, OtCode refusal)
{
  g_return_val_if_fail (event < G_N_ELEMENTS (refusal_texts), "Not possible now");
  return refusal_texts[event][refusal == OT_CODE_PERMISSION_DENIED];
}

const char *
ot_call_event_name (OtCallEvent event)
{
  g_return_val_if_fail (event < OT_EV_N, NULL);
  return event_names[event];
}

const char *
ot_call_effect_name (OtCallEffect effect)
{
  g_return_val_if_fail (effect < OT_FX_N, NULL);
  return effect_names[effect];
}

const char *
ot_call_rec_name (OtCallRec record)
{
  g_return_val_if_fail (record < G_N_ELEMENTS (rec_names), NULL);
  return rec_names[record];
}
