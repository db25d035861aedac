/* What a call says to people. No state of its own; every event is built on the stack and sent at
 * once. */

#include "announce.h"

static void
to_both (const OtCall *call, const OtOut *event)
{
  ot_announce_to (call, OT_SIDE_CALLER, event);
  ot_announce_to (call, OT_SIDE_CALLEE, event);
}

static gint64
unix_seconds (const OtCall *call, gint64 mono_us)
{
  return ot_call_wall_us (call, mono_us) / G_USEC_PER_SEC;
}

static char *
iso_time (gint64 wall_us)
{
  g_autoptr (GDateTime) epoch = g_date_time_new_from_unix_utc (0);
  g_autoptr (GDateTime) at = g_date_time_add (epoch, wall_us);
  g_autofree char *text = g_date_time_format (at, "%Y-%m-%dT%H:%M:%S.%f");

  return g_strdup_printf ("%.23sZ", text);
}

/* The state as the wire names it, never earlier than what the side was told before. */
static OtOut
state_update (const OtCall *call, const OtTelling *telling)
{
  return (OtOut){ OT_OUT_CALL_STATE_UPDATE,
                  .call_state_update = { .call_id = call->id,
                                         .state = ot_call_state_name (telling->state),
                                         .timestamp = unix_seconds (call, telling->at_us),
                                         .reason = ot_reason_name (telling->reason) } };
}

static void
tell_ringing (const OtCall *call)
{
  OtOut incoming = { OT_OUT_INCOMING_CALL,
                     .incoming_call = { .from_user_id = call->party[OT_SIDE_CALLER].user_id,
                                        .call_id = call->id } };
  OtOut ringing = { OT_OUT_CALL_RINGING, .call_ringing = { .call_id = call->id } };

  ot_announce_to (call, OT_SIDE_CALLEE, &incoming);
  ot_announce_to (call, OT_SIDE_CALLER, &ringing);
}

static void
tell_accepted (const OtCall *call, const OtTelling *telling)
{
  const OtParty *callee = &call->party[OT_SIDE_CALLEE];
  OtOut accepted = { OT_OUT_CALL_ACCEPTED, .call_accepted = { .call_id = call->id } };
  OtOut elsewhere = { OT_OUT_CALL_STATE_UPDATE,
                      .call_state_update = { .call_id = call->id,
                                             .state = "answered_elsewhere",
                                             .timestamp = unix_seconds (call, telling->at_us) } };

  to_both (call, &accepted);
  call->ports->tell.user (call->ports->tell.self, callee->user_id, telling->session_id, &elsewhere);
}

static void
tell_rejected (const OtCall *call, const OtTelling *telling)
{
  OtOut rejected = { OT_OUT_CALL_REJECTED,
                     .call_rejected = { .call_id = call->id,
                                        .reason = ot_reason_name (telling->reason) } };

  ot_announce_to (call, OT_SIDE_CALLER, &rejected);
}

static void
tell_connected (const OtCall *call, const OtTelling *telling)
{
  g_autofree char *at = iso_time (ot_call_wall_us (call, telling->at_us));
  OtOut connected = { OT_OUT_CALL_CONNECTED,
                      .call_connected = { .call_id = call->id,
                                          .user_id = call->party[OT_SIDE_CALLER].user_id,
                                          .otomo_id = call->party[OT_SIDE_CALLEE].user_id,
                                          .connected_at = at,
                                          .method = "sfu_rtp_detected" } };

  to_both (call, &connected);
}

/* How many more units the payer can begin: the wallet's, and in arrears the one that is held. */
static gint64
units_left (const OtCall *call, const OtRecordResult *result)
{
  gboolean holds = call->billing.mode == OT_CHARGE_ARREARS && result->outcome != OT_OUTCOME_LAST;

  return holds + ot_billing_units_left (result->balance_points[OT_SIDE_CALLER], call->price_points);
}

/* Nothing for a unit that cost nothing: the beginning of a call in arrears, an end that cuts no
 * unit. */
static void
tell_tick (const OtCall *call, const OtOutboxItem *item, const OtRecordResult *result)
{
  const OtClock *clock = call->ports->clock;
  gboolean ended = item->record.kind == OT_RECORD_ENDED; /* then nothing comes after it */
  gint64 offset_us =
      ot_clock_wall_us (clock) - ot_clock_mono_us (clock); /* today's wall clock, not the call's */
  gint64 next_us =
      ended ? item->telling.at_us : ot_billing_due_us (&call->billing, result->unit_index + 1);
  OtOut tick = { OT_OUT_CALL_TICK,
                 .call_tick = { .call_id = call->id,
                                .unit_index = result->unit_index,
                                .charged = result->charged_points,
                                .next_billing_at = (next_us + offset_us) / G_USEC_PER_SEC } };
  OtOut payer = tick;
  OtOut earner = tick;

  if (result->charged_points == 0)
    return;
  payer.call_tick.balance = result->balance_points[OT_SIDE_CALLER];
  payer.call_tick.units_left = ended ? 0 : units_left (call, result);
  payer.call_tick.has_units_left = TRUE;
  earner.call_tick.balance = result->balance_points[OT_SIDE_CALLEE];
  earner.call_tick.earned = result->earned_points;
  earner.call_tick.has_earned = TRUE;
  ot_announce_to (call, OT_SIDE_CALLER, &payer);
  ot_announce_to (call, OT_SIDE_CALLEE, &earner);
}

static void
tell_state (const OtCall *call, const OtTelling *telling)
{
  OtOut update = state_update (call, telling);

  to_both (call, &update);
}

static void
tell_peer (const OtCall *call, const OtTelling *telling)
{
  OtOut update = state_update (call, telling);

  update.call_state_update.has_peer_connected = TRUE;
  update.call_state_update.peer_connected = telling->peer_connected;
  ot_announce_to (call, ot_side_other (telling->side), &update);
}

static void
tell_recording (const OtCall *call, const OtTelling *telling)
{
  OtOut update = state_update (call, telling);

  update.call_state_update.has_recording = TRUE;
  update.call_state_update.recording = telling->recording;
  to_both (call, &update);
}

static void
tell_standing (const OtCall *call, const OtTelling *telling)
{
  const OtTellPort *tell = &call->ports->tell;
  OtOut update = state_update (call, telling);

  update.call_state_update.has_recording = call->recording;
  update.call_state_update.recording = call->recording;
  tell->session (tell->self, telling->session_id, &update);
}

static void
tell_force_end (const OtCall *call, const OtTelling *telling)
{
  OtOut force = { OT_OUT_CALL_FORCE_END,
                  .call_force_end = { .call_id = call->id,
                                      .reason = ot_reason_name (telling->reason) } };

  to_both (call, &force);
}

static void
tell_end (const OtCall *call, const OtOutboxItem *item)
{
  OtOut end = { OT_OUT_CALL_END, .call_end = { .call_id = call->id,
                                               .reason = ot_reason_name (item->telling.reason),
                                               .total_seconds = item->record.total_seconds } };

  to_both (call, &end);
}

static const struct {
  OtOutcome outcome;
  OtCode code;
  const char *text;
} request_refusals[] = {
  { OT_OUTCOME_DUPLICATE, OT_CODE_DUPLICATE_CALL_ID, "This callId was used for another call" },
  { OT_OUTCOME_PERMISSION_DENIED, OT_CODE_PERMISSION_DENIED,
    "Only a user may call, and only an otomo can be called" },
  { OT_OUTCOME_USER_NOT_FOUND, OT_CODE_USER_NOT_FOUND, "There is no otomo with this toUserId" },
  { OT_OUTCOME_USER_OFFLINE, OT_CODE_USER_OFFLINE, "The otomo is not connected" },
  { OT_OUTCOME_USER_BUSY, OT_CODE_USER_BUSY, "One of the two is in a call already" },
  { OT_OUTCOME_INSUFFICIENT_BALANCE, OT_CODE_INSUFFICIENT_BALANCE,
    "The balance does not cover one unit of this call" },
  { OT_OUTCOME_OVER, OT_CODE_INTERNAL, "The call could not be stored" },
  { OT_OUTCOME_LOST, OT_CODE_TEMPORARILY_UNAVAILABLE,
    "This server is about to stop; please connect again" },
  { OT_OUTCOME_FAULT, OT_CODE_INTERNAL, "The call could not be stored" },
};

void
ot_announce (const OtCall *call,
             OtCallEffect effect,
             const OtOutboxItem *item,
             const OtRecordResult *result)
{
  switch ((int)effect) {
  case OT_FX_TELL_RINGING:
    tell_ringing (call);
    break;
  case OT_FX_TELL_ACCEPTED:
    tell_accepted (call, &item->telling);
    break;
  case OT_FX_TELL_SIGNALING_START:
    ot_announce_signaling_start (call, OT_SIDE_CALLER);
    ot_announce_signaling_start (call, OT_SIDE_CALLEE);
    break;
  case OT_FX_TELL_REJECTED:
    tell_rejected (call, &item->telling);
    break;
  case OT_FX_TELL_CONNECTED:
    tell_connected (call, &item->telling);
    break;
  case OT_FX_TELL_TICK:
    tell_tick (call, item, result);
    break;
  case OT_FX_TELL_STATE:
    tell_state (call, &item->telling);
    break;
  case OT_FX_TELL_PEER:
    tell_peer (call, &item->telling);
    break;
  case OT_FX_TELL_RECORDING:
    tell_recording (call, &item->telling);
    break;
  case OT_FX_TELL_STANDING:
    tell_standing (call, &item->telling);
    break;
  case OT_FX_TELL_FORCE_END:
    tell_force_end (call, &item->telling);
    break;
  case OT_FX_TELL_END:
    tell_end (call, item);
    break;
  default:
    g_assert_not_reached ();
  }
}

void
ot_announce_to (const OtCall *call, OtSide side, const OtOut *event)
{
  const OtTellPort *tell = &call->ports->tell;
  const OtParty *party = &call->party[side];

  if (party->session_id != NULL)
    tell->session (tell->self, party->session_id, event);
  else
    tell->user (tell->self, party->user_id, NULL, event);
}

void
ot_announce_signaling_start (const OtCall *call, OtSide side)
{
  const OtTellPort *tell = &call->ports->tell;
  OtOut start = { OT_OUT_SIGNALING_START, .signaling_start = { .call_id = call->id } };

  start.signaling_start.ice_servers = tell->ice_servers (tell->self, call->party[side].user_id,
                                                         &start.signaling_start.n_ice_servers);
  ot_announce_to (call, side, &start);
}

void
ot_announce_request_refused (const OtCall *call,
                             const OtSender *to,
                             gint64 at_us,
                             const OtRecordResult *result)
{
  const OtTellPort *tell = &call->ports->tell;

  if (result->outcome == OT_OUTCOME_REPEATED) {
    ot_announce_standing (tell, to->session_id, call->id, result->state, result->reason,
                          ot_call_wall_us (call, at_us));
    return;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (request_refusals); i++)
    if (request_refusals[i].outcome == result->outcome)
      ot_announce_refusal (tell, to, request_refusals[i].code, request_refusals[i].text,
                           "call_request", call->id);
}

void
ot_announce_refusal (const OtTellPort *tell,
                     const OtSender *to,
                     OtCode code,
                     const char *message,
                     const char *original_event,
                     const char *call_id)
{
  OtOut error = { OT_OUT_ERROR, .error = { .code = ot_code_name (code),
                                           .message = message,
                                           .original_event = original_event,
                                           .call_id = call_id,
                                           .original_sequence = to->sequence,
                                           .has_original_sequence = to->sequence != 0 } };

  tell->session (tell->self, to->session_id, &error);
}

void
ot_announce_standing (const OtTellPort *tell,
                      const char *session_id,
                      const char *call_id,
                      const char *state,
                      const char *reason,
                      gint64 wall_us)
{
  OtOut update = { OT_OUT_CALL_STATE_UPDATE,
                   .call_state_update = { .call_id = call_id,
                                          .state = state,
                                          .timestamp = wall_us / G_USEC_PER_SEC,
                                          .reason = reason } };

  tell->session (tell->self, session_id, &update);
}

void
ot_announce_incoming (const OtCall *call, const char *session_id)
{
  const OtTellPort *tell = &call->ports->tell;
  OtOut incoming = { OT_OUT_INCOMING_CALL,
                     .incoming_call = { .from_user_id = call->party[OT_SIDE_CALLER].user_id,
                                        .call_id = call->id } };

  tell->session (tell->self, session_id, &incoming);
}
