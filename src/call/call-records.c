/* What of a call goes to the database: what was decided as an item of the outbox, its record with
 * what is told once that is committed. Decides nothing but which units are due. */

#include "call-private.h"
#include <string.h>

static const OtRecordKind record_kinds[] = {
  [OT_REC_ACCEPTED] = OT_RECORD_ACCEPTED,
  [OT_REC_STARTED] = OT_RECORD_STARTED,
  [OT_REC_NOTED] = OT_RECORD_NOTED,
  [OT_REC_ENDED] = OT_RECORD_ENDED,
};

static OtRecord
new_record (const OtCall *self, OtRecordKind kind, gint64 at_us)
{
  return (OtRecord){ .kind = kind,
                     .call_id = self->id,
                     .at_us = ot_call_wall_us (self, at_us),
                     .actor = "server",
                     .from_state = ot_call_state_name (self->state),
                     .to_state = ot_call_state_name (self->state) };
}

void
ot_call_put_request (OtCall *self, gint64 at_us)
{
  const OtTellPort *tell = &self->ports->tell;
  OtOutboxItem item = { .has_record = TRUE };

  item.record = new_record (self, OT_RECORD_REQUESTED, at_us);
  item.record.actor = self->party[OT_SIDE_CALLER].user_id;
  item.record.event = "call_request";
  item.record.from_state = NULL;
  item.record.caller_id = self->party[OT_SIDE_CALLER].user_id;
  item.record.callee_id = self->party[OT_SIDE_CALLEE].user_id;
  item.record.callee_online = tell->is_online (tell->self, self->party[OT_SIDE_CALLEE].user_id);
  ot_outbox_put (self->outbox, &item);
}

void
ot_call_note_refusal (const OtCallPorts *ports,
                      const OtCall *call,
                      const char *call_id,
                      const char *actor,
                      const char *event,
                      OtCode code)
{
  const char *state = call != NULL ? ot_call_state_name (call->state) : NULL;
  OtRecord record = { .kind = OT_RECORD_REFUSED,
                      .call_id = call_id,
                      .at_us = ot_clock_wall_us (ports->clock),
                      .actor = actor,
                      .event = event,
                      .from_state = state,
                      .to_state = state,
                      .detail = ot_code_name (code) };

  ports->record.write (ports->record.self, &record, NULL, NULL);
}

static void
put_unit (OtCall *self, int unit_index)
{
  gint64 due_us = ot_billing_due_us (&self->billing, unit_index);
  OtOutboxItem item = { .has_record = TRUE,
                        .record = new_record (self, OT_RECORD_UNIT, due_us),
                        .telling = { .state = self->state, .at_us = due_us },
                        .then = { OT_FX_TELL_TICK } };

  item.record.event = "unit_due";
  item.record.unit_index = unit_index;
  item.record.due_us = item.record.at_us;
  ot_outbox_put (self->outbox, &item);
}

void
ot_call_charge_due (OtCall *self, gint64 until_us)
{
  int unit_index;

  if (self->state != OT_CALL_IN_CALL)
    return;
  while ((unit_index = ot_billing_take (&self->billing, until_us)) != 0)
    put_unit (self, unit_index);
}

static void
fill_started (const OtCall *self, OtRecord *record)
{
  record->unit_index = 1;
  record->due_us = record->at_us;
  record->started_mono_us = self->connected_us;
  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++) {
    record->evidence[side] = self->evidence[side];
    record->evidence_wall_us[side] = self->evidence[side].first_us != 0
                                         ? ot_call_wall_us (self, self->evidence[side].first_us)
                                         : 0;
  }
}

static void
fill_ended (const OtCall *self, gint64 at_us, OtRecord *record)
{
  record->reason = self->reason;
  record->total_seconds = ot_call_total_seconds (self, at_us);
  record->talked_until_us =
      self->talked_until_us != 0 ? ot_call_wall_us (self, self->talked_until_us) : 0;
}

/* Strings are the call's own, or static, but for the input's detail. */
static OtRecord
rule_record (const OtCall *self, const OtCallRule *rule, OtCallState from, const OtCallInput *input)
{
  OtRecord record = new_record (self, record_kinds[rule->record], input->at_us);

  record.event = ot_call_event_name (input->event);
  record.from_state = ot_call_state_name (from);
  record.detail = input->detail;
  if (input->by != OT_BY_SERVER)
    record.actor = self->party[ot_call_side_of_actor (input->by)].user_id;
  else if (input->event == OT_EV_ADMIN_END)
    record.actor = "operator";
  if (rule->record == OT_REC_STARTED)
    fill_started (self, &record);
  if (rule->record == OT_REC_ENDED)
    fill_ended (self, input->at_us, &record);
  return record;
}

static void
put_quality (OtCall *self, gint64 at_us)
{
  OtOutboxItem item = { .has_record = TRUE, .record = new_record (self, OT_RECORD_QUALITY, at_us) };

  item.record.event = "quality";
  memcpy (item.record.quality, self->quality, sizeof self->quality);
  ot_outbox_put (self->outbox, &item);
}

void
ot_call_put_rule (OtCall *self, const OtCallRule *rule, OtCallState from, const OtCallInput *input)
{
  OtOutboxItem item = { .has_record = rule->record != OT_REC_NONE,
                        .telling = { .state = self->state,
                                     .reason = self->reason,
                                     .at_us = input->at_us,
                                     .side = ot_call_side_of_actor (input->by),
                                     .recording = self->recording,
                                     .peer_connected = input->event == OT_EV_CONNECTION_BACK,
                                     .session_id = g_strdup (input->session_id) } };

  memcpy (item.then, rule->then, sizeof item.then);
  if (item.has_record) {
    item.record = rule_record (self, rule, from, input);
    item.record.detail = item.detail = g_strdup (input->detail);
  }
  if (item.has_record || item.then[0] != OT_FX_NONE)
    ot_outbox_put (self->outbox, &item);
  else
    g_free (item.telling.session_id);
  if (rule->record == OT_REC_ENDED && !ot_quality_is_empty (self->quality))
    put_quality (self, input->at_us);
}
