/* Records as tests say them. */

#include "talk.h"

#include <math.h>

OtStore *talk_store;

static void
on_answer (const OtRecordResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  g_assert_false (answer->answered);
  *answer = (Answer){ .outcome = result->outcome,
                      .price_points = result->price_points,
                      .share_percent = result->share_percent,
                      .unit_index = result->unit_index,
                      .charged_points = result->charged_points,
                      .earned_points = result->earned_points,
                      .wallet = result->balance_points[OT_SIDE_CALLER],
                      .earnings = result->balance_points[OT_SIDE_CALLEE],
                      .answered = TRUE };
  if (result->state != NULL)
    g_strlcpy (answer->state, result->state, sizeof answer->state);
  if (result->reason != NULL)
    g_strlcpy (answer->reason, result->reason, sizeof answer->reason);
}

void
talk_write (OtStore *self, const OtRecord *record, Answer *answer)
{
  const OtRecordPort *port = ot_store_record_port (self);

  port->write (port->self, record, on_answer, answer);
}

static gboolean
is_answered (gpointer data)
{
  return ((const Answer *)data)->answered;
}

void
talk_await (const Answer *answer)
{
  fixture_wait (is_answered, (gpointer)answer);
}

static const char *
person (const char *call_id, const char *role)
{
  g_autofree char *id = g_strconcat (call_id, "-", role, NULL);

  return g_intern_string (id);
}

void
talk_people (const char *call_id, gint64 points, gint64 price, int share)
{
  OtUser user = {
    .id = (char *)person (call_id, "u"), .role = OT_ROLE_USER, .name = "U", .share_percent = -1
  };
  OtUser otomo = { .id = (char *)person (call_id, "o"),
                   .role = OT_ROLE_OTOMO,
                   .name = "O",
                   .price_points = price,
                   .share_percent = share };
  GAsyncResult *slots[3] = { NULL };
  g_autoptr (GError) error = NULL;

  ot_store_put_user_async (store, &user, 100, NULL, fixture_keep, &slots[0]);
  g_assert_true (ot_store_put_user_finish (store, fixture_await (&slots[0]), &error));
  ot_store_put_user_async (store, &otomo, 100, NULL, fixture_keep, &slots[1]);
  g_assert_true (ot_store_put_user_finish (store, fixture_await (&slots[1]), &error));
  if (points > 0) {
    ot_store_top_up_async (store, user.id, user.id, points, NULL, fixture_keep, &slots[2]);
    g_assert_cmpint (ot_store_top_up_finish (store, fixture_await (&slots[2]), &error), ==, points);
  }
  g_assert_no_error (error);
}

OtRecord
talk_record (OtRecordKind kind, const char *call_id, double at_s)
{
  return (OtRecord){ .kind = kind,
                     .call_id = call_id,
                     .at_us = TALK_START_US + (gint64)llrint (at_s * G_USEC_PER_SEC),
                     .actor = "server",
                     .event = "test" };
}

Answer
talk_do (const OtRecord *record)
{
  Answer answer = { 0 };

  talk_write (talk_store != NULL ? talk_store : store, record, &answer);
  talk_await (&answer);
  return answer;
}

Answer
talk_request (const char *call_id)
{
  OtRecord record = talk_record (OT_RECORD_REQUESTED, call_id, 0);

  record.actor = record.caller_id = person (call_id, "u");
  record.callee_id = person (call_id, "o");
  record.callee_online = TRUE;
  record.event = "call_request";
  record.to_state = "ringing";
  return talk_do (&record);
}

Answer
talk_accept (const char *call_id)
{
  OtRecord record = talk_record (OT_RECORD_ACCEPTED, call_id, 1);

  record.actor = person (call_id, "o");
  record.event = "call_accept";
  record.from_state = "ringing";
  record.to_state = "accepted";
  return talk_do (&record);
}

Answer
talk_start (const char *call_id)
{
  OtRecord record = talk_record (OT_RECORD_STARTED, call_id, 2);

  record.event = "first_rtp";
  record.from_state = "accepted";
  record.to_state = "in_call";
  record.due_us = record.at_us;
  record.started_mono_us = 2000000;
  record.evidence[OT_SIDE_CALLER] = (OtRtpEvidence){ 4294967295u, 65535, 2000000, 2000000, 1 };
  record.evidence_wall_us[OT_SIDE_CALLER] = record.at_us;
  return talk_do (&record);
}

Answer
talk_unit (const char *call_id, int unit_index)
{
  OtRecord record = talk_record (OT_RECORD_UNIT, call_id, 2 + 60.0 * (unit_index - 1));

  record.event = "unit_due";
  record.from_state = record.to_state = "in_call";
  record.unit_index = unit_index;
  record.due_us = record.at_us;
  return talk_do (&record);
}

Answer
talk_note (const char *call_id, double at_s, const char *from, const char *to)
{
  OtRecord record = talk_record (OT_RECORD_NOTED, call_id, at_s);

  record.from_state = from;
  record.to_state = to;
  return talk_do (&record);
}

Answer
talk_end (const char *call_id, double at_s, const char *from, OtReason reason)
{
  OtRecord record = talk_record (OT_RECORD_ENDED, call_id, at_s);
  gboolean talked = g_str_equal (from, "in_call") || g_str_equal (from, "reconnecting");

  record.event = "end";
  record.from_state = from;
  record.to_state = talked ? "ended" : "failed";
  record.reason = reason;
  record.talked_until_us = talked ? record.at_us : 0;
  record.total_seconds = talked ? (gint64)at_s - 2 : 0;
  return talk_do (&record);
}

void
talk_begin (const char *call_id, gint64 points, gint64 price, int share)
{
  Answer answer;

  talk_people (call_id, points, price, share);
  answer = talk_request (call_id);
  g_assert_cmpint (answer.outcome, ==, OT_OUTCOME_DONE);
  answer = talk_accept (call_id);
  g_assert_cmpint (answer.outcome, ==, OT_OUTCOME_DONE);
  answer = talk_start (call_id);
  g_assert_cmpint (answer.outcome, ==, OT_OUTCOME_DONE);
}
