/* One call: finds the rule for an event, sets the state, does what is due at once and has the rest,
 * with its record, put into the outbox; takes the database's answers. The only writer of a call's
 * state, and the only place that executes rules. Decisions are in core/, records in call-records.c,
 * words in announce.c. Main loop only; no port calls back from inside a request, and an assertion
 * holds them to it. */

#include "call.h"

#include "announce.h"
#include "call-private.h"
#include "log.h"
#include <string.h>

static void arm_billing (OtCall *self);

static gint64
now_us (const OtCall *self)
{
  return ot_clock_mono_us (self->ports->clock);
}

gint64
ot_call_wall_us (const OtCall *self, gint64 mono_us)
{
  return mono_us + self->wall_offset_us;
}

gint64
ot_call_total_seconds (const OtCall *self, gint64 end_us)
{
  return self->connected_us == 0 ? 0 : (end_us - self->connected_us) / G_USEC_PER_SEC;
}

gboolean
ot_call_side_of (const OtCall *self, const char *user_id, OtSide *side)
{
  for (*side = OT_SIDE_CALLER; *side < OT_N_SIDES; (*side)++)
    if (g_str_equal (self->party[*side].user_id, user_id))
      return TRUE;
  return FALSE;
}

gboolean
ot_call_was_refused (const OtCall *self)
{
  return self->state == OT_CALL_FAILED && self->reason == OT_REASON_NONE;
}

gboolean
ot_call_is_idle (const OtCall *self)
{
  return self->released && ot_outbox_is_empty (self->outbox);
}

static OtActor
actor_of_side (OtSide side)
{
  return side == OT_SIDE_CALLEE ? OT_BY_CALLEE : OT_BY_CALLER;
}

/* ---- the server's own events ---- */

void
ot_call_handle_own (OtCall *self, OtCallEvent event, OtActor by, gint64 at_us)
{
  OtCallInput input = { .event = event, .by = by, .at_us = at_us };

  ot_call_handle (self, &input, NULL);
}

static void
on_phase_timer (gpointer user_data)
{
  static const OtCallEvent timeouts[] = {
    [OT_CALL_REQUESTED] = OT_EV_UNANSWERED,
    [OT_CALL_RINGING] = OT_EV_RING_TIMEOUT,
    [OT_CALL_ACCEPTED] = OT_EV_MEDIA_TIMEOUT,
  };
  OtCall *self = user_data;

  g_assert (self->state < G_N_ELEMENTS (timeouts));
  ot_call_handle_own (self, timeouts[self->state], OT_BY_SERVER, now_us (self));
}

static void
on_billing_timer (gpointer user_data)
{
  OtCall *self = user_data;

  ot_call_look (self, now_us (self));
  arm_billing (self);
}

static void
arm_billing (OtCall *self)
{
  if (self->state == OT_CALL_IN_CALL)
    ot_timer_arm (&self->billing_timer, ot_billing_next_due_us (&self->billing) + 1,
                  on_billing_timer, self);
  else
    ot_timer_cancel (&self->billing_timer);
}

/* ---- at once ---- */

static void
arm_phase (OtCall *self, gint64 due_us)
{
  ot_timer_arm (&self->phase_timer, due_us, on_phase_timer, self);
}

static void
hold_by_device (OtCall *self, const OtCallInput *input)
{
  OtParty *party = &self->party[ot_call_side_of_actor (input->by)];

  if (g_strcmp0 (party->session_id, input->session_id) != 0) {
    if (party->session_id != NULL)
      ot_announce_standing (&self->ports->tell, party->session_id, self->id, "answered_elsewhere",
                            NULL, ot_call_wall_us (self, input->at_us));
    g_free (party->session_id);
    party->session_id = g_strdup (input->session_id);
    party->device++;
  }
  party->lost_since_us = 0;
  party->returned_us = input->event == OT_EV_CONNECTION_BACK ? input->at_us : 0;
  if (input->event == OT_EV_ACCEPT) {
    self->accepted_us = input->at_us;
    self->negotiation.callee_offers = input->client_offers;
  }
}

static void
negotiate (OtCall *self, const OtCallInput *input)
{
  const OtMediaPort *media = &self->ports->media;
  OtSide side = ot_call_side_of_actor (input->by);
  OtMediaCause cause = { ot_call_event_name (input->event), input->sequence,
                         .device = self->party[side].device };

  if (input->event == OT_EV_OFFER)
    ot_negotiation_client_offer (&self->negotiation, side);
  cause.number = self->negotiation.descriptions[side];
  switch ((int)input->event) {
  case OT_EV_OFFER:
    media->offer (media->self, self->id, side, input->sdp, &cause);
    break;
  case OT_EV_ANSWER:
    media->answer (media->self, self->id, side, input->sdp, &cause);
    break;
  default:
    media->candidate (media->self, self->id, side, &input->candidate, &cause);
  }
}

static void
record_from (OtCall *self, gint64 start_us)
{
  const OtMediaPort *media = &self->ports->media;

  media->record (media->self, self->id, start_us, ot_call_wall_us (self, start_us));
}

static void
start_clock (OtCall *self, const OtCallInput *input)
{
  self->connected_us = input->at_us;
  ot_histogram_add (&self->ports->figures->first_rtp_us, input->at_us - self->accepted_us, 1);
  memcpy (self->evidence, input->evidence, sizeof self->evidence);
  ot_billing_start (&self->billing, self->settings.charge, input->at_us, self->settings.unit_us);
  if (self->settings.recording == OT_RECORDING_ALL)
    record_from (self, input->at_us);
}

static OtSender
requester (const OtCall *self)
{
  const OtParty *caller = &self->party[OT_SIDE_CALLER];

  return (OtSender){ caller->user_id, self->request_session, self->request_sequence };
}

static void
do_at_once (OtCall *self, OtCallEffect effect, const OtCallInput *input)
{
  const OtCallPorts *ports = self->ports;
  OtSender caller = requester (self);

  switch ((int)effect) {
  case OT_FX_ARM_RING_TIMER:
    arm_phase (self, input->at_us + self->settings.ring_timeout_us);
    break;
  case OT_FX_ARM_MEDIA_TIMER:
    arm_phase (self, input->at_us + self->settings.media_timeout_us);
    break;
  case OT_FX_HOLD_BY_DEVICE:
    hold_by_device (self, input);
    break;
  case OT_FX_OPEN_MEDIA:
    ports->media.open (ports->media.self, self->id);
    break;
  case OT_FX_NEGOTIATE:
    negotiate (self, input);
    break;
  case OT_FX_START_CLOCK:
    start_clock (self, input);
    break;
  case OT_FX_CLOSE_MEDIA:
    ports->media.read_quality (ports->media.self, self->id, self->quality);
    ports->media.close (ports->media.self, self->id);
    break;
  case OT_FX_DROP_RECORDS:
    ot_outbox_clear (self->outbox);
    break;
  case OT_FX_TELL_REFUSAL:
    if (self->reason != OT_REASON_SYSTEM_ERROR) /* else the caller was told that nobody answers */
      ot_announce_request_refused (self, &caller, input->at_us, input->result);
    break;
  case OT_FX_TELL_UNAVAILABLE:
    ot_announce_refusal (&ports->tell, &caller, OT_CODE_TEMPORARILY_UNAVAILABLE,
                         "The database does not answer at the moment; please try again",
                         "call_request", self->id);
    break;
  default:
    g_assert_not_reached ();
  }
}

/* The one place where a call's state changes, but for the end that end_unpaid() puts earlier: what
 * the old state had running stops. */
static void
set_state (OtCall *self, const OtCallRule *rule, const OtCallInput *input)
{
  if (rule->to == self->state)
    return;
  ot_timer_cancel (&self->phase_timer);
  if (self->state == OT_CALL_IN_CALL)
    self->talked_until_us = input->at_us;
  if (!ot_call_state_is_live (rule->to)) {
    self->reason = rule->reason != OT_REASON_NONE ? rule->reason : input->reason;
    self->ended_us = input->at_us;
  }
  ot_info_about (OT_ABOUT (.call = self->id, .event = ot_call_event_name (input->event)),
                 "%s → %s (%s%s%s)", ot_call_state_name (self->state),
                 ot_call_state_name (rule->to), ot_call_event_name (input->event),
                 self->reason != OT_REASON_NONE ? ", " : "",
                 self->reason != OT_REASON_NONE ? ot_reason_name (self->reason) : "");
  self->state = rule->to;
}

/* A person's event in the wrong season for its negotiation: rows say when, this says whether it
 * fits. */
static gboolean
answers_nothing (OtCall *self, const OtCallInput *input)
{
  return input->event == OT_EV_ANSWER
         && !ot_negotiation_take_answer (&self->negotiation, ot_call_side_of_actor (input->by));
}

OtCode
ot_call_handle (OtCall *self, const OtCallInput *input, const char **text)
{
  const OtCallRule *rule;
  OtCallState from;
  OtCode refusal;

  rule = ot_call_fsm_find (self->state, input->event, input->by, &refusal);
  if (rule == NULL) {
    if (text != NULL)
      *text = ot_call_fsm_refusal_text (input->event, refusal);
    return refusal;
  }
  if (answers_nothing (self, input)) {
    if (text != NULL)
      *text = "There is no offer of the server that this could answer";
    return OT_CODE_INVALID_STATE;
  }

  g_assert (!self->handling);
  self->handling = TRUE;
  from = self->state;
  set_state (self, rule, input);
  for (guint i = 0; i < OT_FSM_FX_MAX && rule->at_once[i] != OT_FX_NONE; i++)
    do_at_once (self, rule->at_once[i], input);
  self->handling = FALSE;

  ot_call_put_rule (self, rule, from, input);
  arm_billing (self);
  return OT_CODE_NONE;
}

gboolean
ot_call_record (OtCall *self, gboolean on)
{
  const OtMediaPort *media = &self->ports->media;

  if (!ot_call_state_is_talking (self->state))
    return FALSE;
  if (on)
    record_from (self, now_us (self));
  else
    media->stop_record (media->self, self->id);
  return TRUE;
}

/* ---- the database's answers ---- */

/* A unit can't be paid: the talk that was paid for ends where that unit would have begun, whatever
 * came since. */
static void
end_unpaid (OtCall *self, OtCallEvent event, gint64 due_us)
{
  OtOutboxItem *end = ot_outbox_find_end (self->outbox);

  ot_outbox_drop_open (self->outbox);
  self->talked_until_us = due_us;
  if (event == OT_EV_FIRST_UNIT_UNPAID)
    self->connected_us = 0; /* the database has not let it begin */
  if (ot_call_state_is_live (self->state)) {
    ot_call_handle_own (self, event, OT_BY_SERVER, due_us);
    return;
  }
  if (end == NULL)
    return;
  self->reason = OT_REASON_NO_POINT;
  self->state = event == OT_EV_FIRST_UNIT_UNPAID ? OT_CALL_FAILED : OT_CALL_ENDED;
  end->telling.reason = OT_REASON_NO_POINT;
  end->telling.state = self->state;
  end->telling.at_us = due_us;
  end->record.reason = OT_REASON_NO_POINT;
  end->record.to_state = ot_call_state_name (self->state);
  end->record.at_us = ot_call_wall_us (self, due_us);
  end->record.total_seconds = ot_call_total_seconds (self, due_us);
  end->record.talked_until_us = ot_call_wall_us (self, due_us);
}

static void
on_request_answered (OtCall *self, const OtOutboxItem *item, const OtRecordResult *result)
{
  OtCallInput input = {
    .event = OT_EV_STORED, .by = OT_BY_SERVER, .at_us = now_us (self), .result = result
  };

  self->price_points = result->price_points;
  if (result->outcome != OT_OUTCOME_DONE)
    input.event = OT_EV_REQUEST_REFUSED;
  ot_call_handle (self, &input, NULL);
}

/* Returns: whether what was to be told is still true. */
static gboolean
accept_result (OtCall *self, const OtOutboxItem *item, const OtRecordResult *result)
{
  gboolean charges = item->record.kind == OT_RECORD_STARTED || item->record.kind == OT_RECORD_UNIT;

  if (result->outcome == OT_OUTCOME_DONE || result->outcome == OT_OUTCOME_LAST)
    return TRUE;
  if (charges && result->outcome == OT_OUTCOME_INSUFFICIENT_BALANCE) {
    end_unpaid (
        self, item->record.kind == OT_RECORD_STARTED ? OT_EV_FIRST_UNIT_UNPAID : OT_EV_UNIT_UNPAID,
        item->telling.at_us);
    return FALSE;
  }
  if (result->outcome == OT_OUTCOME_LOST)
    ot_warning_about (OT_ABOUT (.call = self->id, .event = item->record.event),
                      "it is not this server's any more: %s is not written", item->record.event);
  else
    ot_error_about (OT_ABOUT (.call = self->id, .event = item->record.event),
                    "the database refused %s for good (outcome %d)", item->record.event,
                    result->outcome);
  if (item->record.kind == OT_RECORD_ENDED)
    return TRUE; /* people are not kept waiting; the audit shows it */
  ot_call_handle_own (self, OT_EV_FAULT, OT_BY_SERVER, now_us (self));
  return FALSE;
}

static void
on_outbox (const OtOutboxItem *item, const OtRecordResult *result, gpointer user_data)
{
  OtCall *self = user_data;

  if (item->has_record)
    ot_call_count (self, item, result);
  if (item->has_record && item->record.kind == OT_RECORD_REQUESTED) {
    on_request_answered (self, item, result);
    return;
  }
  if (item->has_record && !accept_result (self, item, result))
    return;
  if (item->has_record && item->record.kind == OT_RECORD_ENDED)
    ot_announce (self, OT_FX_TELL_TICK, item,
                 result); /* of what the end cut, before the end itself */
  for (guint i = 0; i < OT_FSM_FX_MAX && item->then[i] != OT_FX_NONE; i++) {
    if (item->then[i] == OT_FX_RELEASE)
      self->released = TRUE;
    else
      ot_announce (self, item->then[i], item, result);
  }
  if (item->has_record && result->outcome == OT_OUTCOME_LAST)
    end_unpaid (self, OT_EV_UNIT_UNPAID, item->telling.at_us);
}

/* ---- connections ---- */

void
ot_call_connection_closed (OtCall *self, OtSide side, const char *session_id)
{
  const OtTellPort *tell = &self->ports->tell;
  OtParty *party = &self->party[side];
  OtCallInput input = { .event = OT_EV_CONNECTION_LOST,
                        .by = actor_of_side (side),
                        .at_us = now_us (self) };

  if (side == OT_SIDE_CALLEE && party->session_id == NULL && party->lost_since_us == 0) {
    if (!tell->is_online (tell->self, party->user_id))
      ot_call_handle_own (self, OT_EV_CONNECTION_GONE, OT_BY_CALLEE, input.at_us);
    return;
  }
  if (g_strcmp0 (party->session_id, session_id) != 0)
    return;
  g_clear_pointer (&party->session_id, g_free);
  party->lost_since_us = input.at_us;
  ot_call_handle (self, &input, NULL);
}

void
ot_call_connection_opened (OtCall *self, OtSide side, const char *session_id)
{
  const OtTellPort *tell = &self->ports->tell;
  const OtParty *party = &self->party[side];
  OtCallInput input = { .event = OT_EV_CONNECTION_BACK,
                        .by = actor_of_side (side),
                        .at_us = now_us (self),
                        .session_id = session_id };
  gint64 wall_us = ot_call_wall_us (self, input.at_us);

  if (side == OT_SIDE_CALLEE && self->state <= OT_CALL_RINGING) {
    if (self->state == OT_CALL_RINGING)
      ot_announce_incoming (self, session_id);
    return;
  }
  if (party->session_id != NULL) {
    ot_announce_standing (tell, session_id, self->id, "answered_elsewhere", NULL, wall_us);
    return;
  }
  if (self->state <= OT_CALL_RINGING) {
    hold_by_device (self, &input);
    ot_announce_standing (tell, session_id, self->id, ot_call_state_name (self->state), NULL,
                          wall_us);
    return;
  }
  ot_call_handle (self, &input, NULL);
}

/* ---- life ---- */

OtCall *
ot_call_new (const OtCallPorts *ports,
             const OtSender *caller,
             const char *call_id,
             const char *callee_id)
{
  OtCall *self = g_new0 (OtCall, 1);
  gint64 at_us = ot_clock_mono_us (ports->clock);

  self->id = g_strdup (call_id);
  self->ports = ports;
  self->settings = ports->settings;
  self->state = OT_CALL_REQUESTED;
  self->party[OT_SIDE_CALLER].user_id = g_strdup (caller->user_id);
  self->party[OT_SIDE_CALLER].session_id = g_strdup (caller->session_id);
  self->request_session = g_strdup (caller->session_id);
  self->party[OT_SIDE_CALLEE].user_id = g_strdup (callee_id);
  self->request_sequence = caller->sequence;
  self->wall_offset_us = ot_clock_wall_us (ports->clock) - at_us;
  self->outbox = ot_outbox_new (&ports->record, ports->clock, on_outbox, self);

  ot_call_put_request (self, at_us);
  arm_phase (self, at_us + self->settings.request_timeout_us);
  return self;
}

void
ot_call_free (OtCall *self)
{
  ot_timer_cancel (&self->phase_timer);
  ot_timer_cancel (&self->billing_timer);
  ot_outbox_free (self->outbox);
  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++) {
    g_free (self->party[side].user_id);
    g_free (self->party[side].session_id);
  }
  g_free (self->request_session);
  g_free (self->id);
  g_free (self);
}
