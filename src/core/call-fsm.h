#pragma once

#include <glib.h>

#include "reason.h"

/**
 * SECTION:call-fsm
 *
 * The rules of a call's life (PROTOCOL.md section 5) as one table: from a state, for an event, by
 * somebody, to a state, with what is done at once, what the database is asked to make true, and
 * what is told once it is. Pure: no clock, no I/O, no memory. call/call.c is its only executor.
 * tests/data/call-fsm.tsv is the same table for people.
 */

/** OtActor: who brings an event; a row's @by is a set of them. */
typedef enum {
  OT_BY_CALLER = 1 << 0,
  OT_BY_CALLEE = 1 << 1,
  OT_BY_SERVER = 1 << 2,
  OT_BY_PARTY = OT_BY_CALLER | OT_BY_CALLEE,
} OtActor;

typedef enum {
  /* from people */
  OT_EV_ACCEPT,
  OT_EV_REJECT,
  OT_EV_CANCEL,
  OT_EV_END,
  OT_EV_OFFER,
  OT_EV_ANSWER,
  OT_EV_CANDIDATE,
  /* from the database */
  OT_EV_STORED,
  OT_EV_REQUEST_REFUSED,
  OT_EV_UNANSWERED, /* the database has not said a word about the request in time */
  OT_EV_FIRST_UNIT_UNPAID,
  OT_EV_UNIT_UNPAID,
  /* from timers, media and connections; CONNECTION_… and GONE are brought in the name of the side
     concerned */
  OT_EV_RING_TIMEOUT,
  OT_EV_MEDIA_TIMEOUT,
  OT_EV_FIRST_RTP,
  OT_EV_RTP_PAUSED,
  OT_EV_RTP_BACK,
  OT_EV_RTP_STOPPED,
  OT_EV_RECORDING_BEGAN,
  OT_EV_RECORDING_ENDED,
  OT_EV_CONNECTION_GONE,
  OT_EV_CONNECTION_LOST,
  OT_EV_CONNECTION_BACK,
  OT_EV_LOST_TIMEOUT,
  /* from the operator and the process */
  OT_EV_ADMIN_END,
  OT_EV_SHUTDOWN,
  OT_EV_FAULT,
  OT_EV_N,
} OtCallEvent;

/** OtCallEffect: what call/call.c does; the names say it, its functions are called the same. */
typedef enum {
  OT_FX_NONE,
  /* at once */
  OT_FX_ARM_RING_TIMER,
  OT_FX_ARM_MEDIA_TIMER,
  OT_FX_HOLD_BY_DEVICE, /* the device that brought the event has the call from now on */
  OT_FX_OPEN_MEDIA,
  OT_FX_NEGOTIATE, /* hands the description or candidate to media */
  OT_FX_START_CLOCK,
  OT_FX_CLOSE_MEDIA,
  OT_FX_DROP_RECORDS,     /* what was to follow a request that the database refused */
  OT_FX_TELL_REFUSAL,     /* at once: the database has answered already */
  OT_FX_TELL_UNAVAILABLE, /* at once: it has not */
  /* told after the commit */
  OT_FX_TELL_RINGING,
  OT_FX_TELL_ACCEPTED,
  OT_FX_TELL_SIGNALING_START,
  OT_FX_TELL_REJECTED,
  OT_FX_TELL_CONNECTED,
  OT_FX_TELL_TICK,
  OT_FX_TELL_STATE,
  OT_FX_TELL_PEER,      /* peerConnected, to the other side */
  OT_FX_TELL_RECORDING, /* whether the call is recorded */
  OT_FX_TELL_STANDING,  /* where things stand, to the side that came back */
  OT_FX_TELL_FORCE_END,
  OT_FX_TELL_END,
  OT_FX_RELEASE, /* both are free again */
  OT_FX_N,
} OtCallEffect;

typedef enum {
  OT_REC_NONE, /* nothing for the database */
  OT_REC_ACCEPTED,
  OT_REC_STARTED,
  OT_REC_NOTED,
  OT_REC_ENDED,
} OtCallRec;

#define OT_FSM_FX_MAX 5

typedef struct {
  OtCallState from;
  OtCallEvent event;
  OtActor by;
  OtCallState to;
  OtReason reason; /* of an end; NONE with OT_EV_REJECT: the callee's own */
  OtCallEffect at_once[OT_FSM_FX_MAX];
  OtCallRec record;
  OtCallEffect then[OT_FSM_FX_MAX];
} OtCallRule;

/**
 * ot_call_fsm_find:
 * @refusal: (out) (optional): why there is no rule: %OT_CODE_INVALID_STATE, or
 * %OT_CODE_PERMISSION_DENIED when this actor may bring the event in no state at all
 *
 * Returns: (transfer none) (nullable): the rule
 */
const OtCallRule *
ot_call_fsm_find (OtCallState state, OtCallEvent event, OtActor by, OtCode *refusal);

/** ot_call_fsm_refusal_text: why the event was refused, for a person; static. */
const char *ot_call_fsm_refusal_text (OtCallEvent event, OtCode refusal);

/** Names for call_events, logs and the table; static. A client's events are named as on the wire.
 */
const char *ot_call_event_name (OtCallEvent event);
const char *ot_call_effect_name (OtCallEffect effect);
const char *ot_call_rec_name (OtCallRec record);
