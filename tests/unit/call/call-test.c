/* One call on a clock of the test's, with a database that answers when the test says so. What is
 * shown: decisions are taken at once, told only after the commit, and the bill is right however
 * late the database or the loop is. The real database and real media are in the component and
 * scenario suites. */

#include <glib.h>
#include <string.h>

#include "registry.h"

#define S ((gint64)G_USEC_PER_SEC)
#define START (1000 * S)

static gint64 fake_now_us;
static gint64 fake_wall_offset_us = G_GINT64_CONSTANT (5000000000000);
static GQueue written; /* of Written: records that wait for their answer */
static GString *told;  /* what people were told, a line each */
static OtRtpEvidence rtp[OT_N_SIDES];
static OtQuality voices[OT_N_SIDES];
static gboolean media_open;
static OtMediaCause caused; /* what the last description or candidate came with */
static guint offers_wanted; /* of the server to the otomo */
static gint64 rest_points;  /* what the database will charge for the unit that the end cuts */

typedef struct {
  OtRecord record;
  char *text; /* owned */
  OtRecordDone done;
  gpointer user_data;
} Written;

static gint64
fake_mono_us (const OtClock *clock)
{
  return fake_now_us;
}

static gint64
fake_wall_us (const OtClock *clock)
{
  return fake_now_us + fake_wall_offset_us;
}

static const OtClock fake_clock = { fake_mono_us, fake_wall_us };

static void
fake_write (gpointer self, const OtRecord *record, OtRecordDone done, gpointer user_data)
{
  Written *entry;

  if (done == NULL)
    return;
  entry = g_new0 (Written, 1);
  entry->record = *record;
  entry->text = g_strdup_printf ("%d:%s:%d", record->kind, record->event, record->unit_index);
  entry->done = done;
  entry->user_data = user_data;
  g_queue_push_tail (&written, entry);
}

static gboolean
fake_available (gpointer self)
{
  return TRUE;
}

static void
tell_line (const char *who, const OtOut *event)
{
  g_string_append_printf (told, "%s %s", who, ot_out_type_name (event->type));
  if (event->type == OT_OUT_CALL_STATE_UPDATE)
    g_string_append_printf (told, " %s", event->call_state_update.state);
  if (event->type == OT_OUT_CALL_TICK)
    g_string_append_printf (told, " %d", (int)event->call_tick.unit_index);
  if (event->type == OT_OUT_CALL_END)
    g_string_append_printf (told, " %s %d", event->call_end.reason,
                            (int)event->call_end.total_seconds);
  if (event->type == OT_OUT_ERROR)
    g_string_append_printf (told, " %s of %d", event->error.code,
                            (int)event->error.original_sequence);
  g_string_append_c (told, '\n');
}

static void
fake_tell_session (gpointer self, const char *session_id, const OtOut *event)
{
  tell_line (session_id, event);
}

static void
fake_tell_user (gpointer self, const char *user_id, const char *except, const OtOut *event)
{
  if (except == NULL)
    tell_line (user_id, event);
}

static gboolean
fake_online (gpointer self, const char *user_id)
{
  return TRUE;
}

static const OtIceServer *
fake_ice_servers (gpointer self, const char *user_id, gsize *n_servers)
{
  *n_servers = 0;
  return NULL;
}

static void
fake_open (gpointer self, const char *call_id)
{
  media_open = TRUE;
}

static void
fake_close (gpointer self, const char *call_id)
{
  media_open = FALSE;
}

static void
fake_description (
    gpointer self, const char *call_id, OtSide side, const char *sdp, const OtMediaCause *cause)
{
  caused = *cause;
}

static void
fake_candidate (gpointer self,
                const char *call_id,
                OtSide side,
                const OtIceCandidate *candidate,
                const OtMediaCause *cause)
{
  caused = *cause;
}

static void
fake_make_offer (gpointer self, const char *call_id, OtSide side)
{
  offers_wanted++;
}

static gboolean
fake_read_rtp (gpointer self, const char *call_id, OtRtpEvidence evidence[OT_N_SIDES])
{
  memcpy (evidence, rtp, sizeof rtp);
  return media_open;
}

static void
fake_record (gpointer self, const char *call_id, gint64 start_us, gint64 start_wall_us)
{
}

static void
fake_stop_record (gpointer self, const char *call_id)
{
}

static void
fake_read_load (gpointer self, OtMediaLoad *load)
{
  *load = (OtMediaLoad){ 0 };
}

static gboolean
fake_read_quality (gpointer self, const char *call_id, OtQuality quality[OT_N_SIDES])
{
  memcpy (quality, voices, sizeof voices);
  return media_open;
}

static OtCallFigures figures;

static OtCallPorts ports = {
  .record = { NULL, fake_write, fake_available },
  .media = { NULL, fake_open, fake_description, fake_make_offer, fake_description, fake_candidate,
             fake_record, fake_stop_record, fake_read_rtp, fake_read_quality, fake_read_load,
             fake_close },
  .tell = { NULL, fake_tell_session, fake_tell_user, fake_online, fake_ice_servers },
  .clock = &fake_clock,
  .settings = { 60 * S, 5 * S, 45 * S, 30 * S, 30 * S, { 3 * S, 10 * S, 5 * S, 60 * S } },
  .figures = &figures,
};

/* ---- the test's hands ---- */

static void
answer (const char *expected, OtOutcome outcome)
{
  Written *entry = g_queue_pop_head (&written);
  OtRecordResult result = {
    .outcome = outcome, .price_points = 10, .earned_points = 5, .balance_points = { 90, 5 }
  };

  g_assert_nonnull (entry);
  result.unit_index = entry->record.unit_index;
  if (entry->record.kind == OT_RECORD_UNIT)
    result.charged_points = 10;
  if (entry->record.kind == OT_RECORD_STARTED)
    result.charged_points = ports.settings.charge == OT_CHARGE_ADVANCE ? 10 : 0;
  if (entry->record.kind == OT_RECORD_ENDED && rest_points > 0) {
    result.unit_index = 2;
    result.charged_points = rest_points;
  }
  g_assert_cmpstr (entry->text, ==, expected);
  entry->done (&result, entry->user_data);
  g_free (entry->text);
  g_free (entry);
}

static const OtRecord *
waiting (void)
{
  Written *entry = g_queue_peek_head (&written);

  g_assert_nonnull (entry);
  return &entry->record;
}

static void
assert_told (const char *lines)
{
  g_assert_cmpstr (told->str, ==, lines);
  g_string_truncate (told, 0);
}

static OtCode
bring (OtCall *call, OtCallEvent event, OtActor by)
{
  OtCallInput input = { .event = event, .by = by, .at_us = fake_now_us };

  input.session_id = by == OT_BY_CALLER ? "s1" : by == OT_BY_CALLEE ? "s2" : NULL;
  if (by == OT_BY_CALLER || by == OT_BY_CALLEE)
    ot_call_look (call, fake_now_us);
  return ot_call_handle (call, &input, NULL);
}

static void
handle_timeout (OtCall *call, OtCallEvent event)
{
  OtCallInput input = { .event = event, .by = OT_BY_SERVER, .at_us = fake_now_us };

  g_assert_cmpint (ot_call_handle (call, &input, NULL), ==, OT_CODE_NONE);
}

static void
first_rtp (OtCall *call)
{
  OtMediaEvent event = { .type = OT_MEDIA_FIRST_RTP, .call_id = call->id, .at_us = fake_now_us };

  ot_call_on_media (call, &event);
}

static void
voices_until (gint64 at_us)
{
  rtp[OT_SIDE_CALLER].last_us = rtp[OT_SIDE_CALLEE].last_us = at_us;
}

static OtCall *
new_call (void)
{
  static const OtSender caller = { "u", "s1", 7 };

  fake_now_us = START;
  told = g_string_new (NULL);
  memset (rtp, 0, sizeof rtp);
  g_assert_true (g_queue_is_empty (&written));
  return ot_call_new (&ports, &caller, "c", "o");
}

static OtCall *
new_connected_call (void)
{
  OtCall *call = new_call ();

  answer ("0:call_request:0", OT_OUTCOME_DONE);
  g_assert_cmpint (bring (call, OT_EV_ACCEPT, OT_BY_CALLEE), ==, OT_CODE_NONE);
  answer ("1:call_accept:0", OT_OUTCOME_DONE);
  first_rtp (call);
  voices_until (START);
  answer ("2:first_rtp:1", OT_OUTCOME_DONE);
  g_string_truncate (told, 0);
  return call;
}

static void
end_test (OtCall *call)
{
  g_assert_true (g_queue_is_empty (&written));
  g_assert_true (ot_call_is_idle (call));
  g_assert_false (media_open);
  ot_call_free (call);
  g_string_free (told, TRUE);
}

/* ---- tests ---- */

static void
test_told_after_commit (void)
{
  OtCall *call = new_call ();

  assert_told ("");
  answer ("0:call_request:0", OT_OUTCOME_DONE);
  assert_told ("o incoming_call\ns1 call_ringing\ns1 call_state_update ringing\no "
               "call_state_update ringing\n");
  bring (call, OT_EV_ACCEPT, OT_BY_CALLEE);
  g_assert_cmpint (call->state, ==, OT_CALL_ACCEPTED);
  g_assert_true (media_open);
  assert_told ("");
  answer ("1:call_accept:0", OT_OUTCOME_DONE);
  assert_told ("s1 call_accepted\ns2 call_accepted\ns1 call_state_update accepted\ns2 "
               "call_state_update accepted\n"
               "s1 signaling_start\ns2 signaling_start\n");
  first_rtp (call);
  voices_until (START + S);
  g_assert_cmpint (call->state, ==, OT_CALL_IN_CALL);
  assert_told ("");
  fake_now_us = START + S;
  bring (call, OT_EV_END, OT_BY_CALLER); /* before the database has the start */
  assert_told ("");
  answer ("2:first_rtp:1", OT_OUTCOME_DONE);
  assert_told ("s1 call_connected\ns2 call_connected\ns1 call_state_update in_call\ns2 "
               "call_state_update in_call\n"
               "s1 call_tick 1\ns2 call_tick 1\n");
  g_assert_cmpint (waiting ()->total_seconds, ==, 1);
  answer ("5:call_end_request:0", OT_OUTCOME_DONE);
  assert_told ("s1 call_state_update ended\ns2 call_state_update ended\ns1 call_end user_end 1\ns2 "
               "call_end user_end 1\n");
  end_test (call);
}

static void
test_request_refused (void)
{
  OtCall *call = new_call ();

  answer ("0:call_request:0", OT_OUTCOME_INSUFFICIENT_BALANCE);
  assert_told ("s1 error INSUFFICIENT_BALANCE of 7\n");
  end_test (call);
}

/* The connection went meanwhile: its session may be resumed, and then hears of it. */
static void
test_refused_after_a_loss (void)
{
  OtCall *call = new_call ();

  ot_call_connection_closed (call, OT_SIDE_CALLER, "s1");
  answer ("0:call_request:0", OT_OUTCOME_USER_BUSY);
  assert_told ("s1 error USER_BUSY of 7\n");
  end_test (call);
}

/* Cancelled before the database answered, which then refuses: the end must not be written for a
 * call that never was. */
static void
test_cancelled_then_refused (void)
{
  OtCall *call = new_call ();

  g_assert_cmpint (bring (call, OT_EV_CANCEL, OT_BY_CALLER), ==, OT_CODE_NONE);
  answer ("0:call_request:0", OT_OUTCOME_USER_BUSY);
  assert_told ("s1 error USER_BUSY of 7\n");
  end_test (call);
}

static void
test_cancelled_then_stored (void)
{
  OtCall *call = new_call ();

  bring (call, OT_EV_CANCEL, OT_BY_CALLER);
  answer ("0:call_request:0", OT_OUTCOME_DONE);
  answer ("5:call_cancel:0", OT_OUTCOME_DONE);
  assert_told ("s1 call_state_update failed\no call_state_update failed\ns1 call_end cancelled "
               "0\no call_end cancelled 0\n");
  end_test (call);
}

/* The database says nothing: the caller learns it soon, and what the database may have stored is
 * closed. */
static void
test_request_unanswered (void)
{
  OtCall *call = new_call ();

  handle_timeout (call, OT_EV_UNANSWERED);
  assert_told ("s1 error TEMPORARILY_UNAVAILABLE of 7\n");
  answer ("0:call_request:0", OT_OUTCOME_DONE);
  answer ("5:unanswered:0", OT_OUTCOME_DONE);
  assert_told ("");
  end_test (call);

  call = new_call ();
  handle_timeout (call, OT_EV_UNANSWERED);
  assert_told ("s1 error TEMPORARILY_UNAVAILABLE of 7\n");
  answer ("0:call_request:0", OT_OUTCOME_USER_BUSY);
  assert_told (""); /* once is enough */
  end_test (call);
}

static void
test_units_in_order (void)
{
  OtCall *call = new_connected_call ();

  fake_now_us = START + 185 * S; /* the loop was away: three units fell due */
  voices_until (fake_now_us);
  ot_call_look (call, fake_now_us);
  answer ("3:unit_due:2", OT_OUTCOME_DONE);
  g_assert_cmpint (waiting ()->due_us, ==, START + 120 * S + fake_wall_offset_us);
  answer ("3:unit_due:3", OT_OUTCOME_DONE);
  answer ("3:unit_due:4", OT_OUTCOME_DONE);
  assert_told ("s1 call_tick 2\ns2 call_tick 2\ns1 call_tick 3\ns2 call_tick 3\ns1 call_tick 4\ns2 "
               "call_tick 4\n");
  bring (call, OT_EV_END, OT_BY_CALLEE);
  g_assert_cmpint (waiting ()->total_seconds, ==, 185);
  answer ("5:call_end_request:0", OT_OUTCOME_DONE);
  end_test (call);
}

/* The wallet is empty at unit 3; the talk went on while the database thought: the call ends where
 * unit 3 would begin. */
static void
test_no_point (void)
{
  OtCall *call = new_connected_call ();

  fake_now_us = START + 190 * S;
  voices_until (fake_now_us);
  ot_call_look (call, fake_now_us);
  answer ("3:unit_due:2", OT_OUTCOME_DONE);
  g_string_truncate (told, 0);
  answer ("3:unit_due:3", OT_OUTCOME_INSUFFICIENT_BALANCE);
  g_assert_cmpint (call->state, ==, OT_CALL_ENDED);
  g_assert_cmpint (waiting ()->at_us, ==, START + 120 * S + fake_wall_offset_us);
  answer ("5:unit_unpaid:0", OT_OUTCOME_DONE); /* unit 4 was dropped */
  assert_told ("s1 call_state_update ended\ns2 call_state_update ended\ns1 call_force_end\ns2 "
               "call_force_end\n"
               "s1 call_end no_point 120\ns2 call_end no_point 120\n");
  end_test (call);
}

/* The same, but somebody hung up before the database answered. */
static void
test_no_point_after_hanging_up (void)
{
  OtCall *call = new_connected_call ();

  fake_now_us = START + 61 * S;
  voices_until (fake_now_us);
  ot_call_look (call, fake_now_us);
  fake_now_us = START + 62 * S;
  bring (call, OT_EV_END, OT_BY_CALLER);
  answer ("3:unit_due:2", OT_OUTCOME_INSUFFICIENT_BALANCE);
  g_assert_cmpint (waiting ()->reason, ==, OT_REASON_NO_POINT);
  g_assert_cmpint (waiting ()->total_seconds, ==, 60);
  answer ("5:call_end_request:0", OT_OUTCOME_DONE);
  assert_told ("s1 call_state_update ended\ns2 call_state_update ended\ns1 call_end no_point "
               "60\ns2 call_end no_point 60\n");
  end_test (call);
}

static void
test_first_unit_unpaid (void)
{
  OtCall *call = new_call ();

  answer ("0:call_request:0", OT_OUTCOME_DONE);
  bring (call, OT_EV_ACCEPT, OT_BY_CALLEE);
  answer ("1:call_accept:0", OT_OUTCOME_DONE);
  first_rtp (call);
  g_string_truncate (told, 0);
  answer ("2:first_rtp:1", OT_OUTCOME_INSUFFICIENT_BALANCE);
  g_assert_cmpint (call->state, ==, OT_CALL_FAILED);
  answer ("5:first_unit_unpaid:0", OT_OUTCOME_DONE);
  assert_told ("s1 call_state_update failed\ns2 call_state_update failed\ns1 call_force_end\ns2 "
               "call_force_end\n"
               "s1 call_end no_point 0\ns2 call_end no_point 0\n");
  end_test (call);
}

/* A unit that falls due while a side is silent waits, and is charged when both are back; the due
 * instants don't move. */
static void
test_reconnecting (void)
{
  OtCall *call = new_connected_call ();

  voices_until (START + 58 * S);
  fake_now_us = START + 62 * S;
  rtp[OT_SIDE_CALLEE].last_us = fake_now_us;
  ot_call_look (
      call,
      fake_now_us); /* silent since 58 s: paused at 61 s; unit 2 was due at 60 s, before that */
  answer ("3:unit_due:2", OT_OUTCOME_DONE);
  g_assert_cmpint (waiting ()->at_us, ==, START + 61 * S + fake_wall_offset_us);
  answer ("4:rtp_paused:0", OT_OUTCOME_DONE);
  g_string_truncate (told, 0);

  voices_until (START + 63 * S);
  fake_now_us = START + 63 * S;
  ot_call_look (call, fake_now_us);
  answer ("4:rtp_back:0", OT_OUTCOME_DONE);
  assert_told ("s1 call_state_update in_call\ns2 call_state_update in_call\n");

  voices_until (START + 116 * S); /* paused at 119 s, before unit 3 at 120 s */
  fake_now_us = START + 121 * S;
  ot_call_look (call, fake_now_us);
  answer ("4:rtp_paused:0", OT_OUTCOME_DONE);
  voices_until (START + 124 * S);
  fake_now_us = START + 124 * S;
  ot_call_look (call, fake_now_us);
  answer ("4:rtp_back:0", OT_OUTCOME_DONE);
  g_assert_cmpint (waiting ()->due_us, ==, START + 120 * S + fake_wall_offset_us);
  answer ("3:unit_due:3", OT_OUTCOME_DONE);

  voices_until (START + 125 * S);
  fake_now_us = START + 200 * S; /* nobody looked for long: paused at 128, stopped at 135 */
  ot_call_look (call, fake_now_us);
  answer ("4:rtp_paused:0", OT_OUTCOME_DONE);
  g_assert_cmpint (waiting ()->at_us, ==, START + 135 * S + fake_wall_offset_us);
  g_string_truncate (told, 0);
  answer ("5:rtp_stopped:0", OT_OUTCOME_DONE);
  assert_told (
      "s1 call_state_update ended\ns2 call_state_update ended\ns1 call_end rtp_stopped 135\n"
      "s2 call_end rtp_stopped 135\n");
  end_test (call);
}

/* Media says late that it broke at 59 s: unit 2 is charged by then, and the call has not ended
 * before that. */
static void
test_media_failed_before (void)
{
  OtCall *call = new_connected_call ();
  OtMediaEvent event = {
    .type = OT_MEDIA_FAILED, .call_id = call->id, .at_us = START + 59 * S, .message = "broken"
  };

  fake_now_us = START + 61 * S;
  voices_until (START + 59 * S);
  ot_call_look (call, fake_now_us);
  answer ("3:unit_due:2", OT_OUTCOME_DONE);
  ot_call_on_media (call, &event);
  g_assert_cmpint (waiting ()->at_us, ==, START + 60 * S + fake_wall_offset_us);
  g_assert_cmpint (waiting ()->talked_until_us, ==, waiting ()->at_us);
  answer ("5:fault:0", OT_OUTCOME_DONE);
  end_test (call);

  call = new_connected_call ();
  fake_now_us = START + 63 * S; /* paused at 62 s: it had not ended before that either */
  voices_until (START + 59 * S);
  ot_call_look (call, fake_now_us);
  answer ("3:unit_due:2", OT_OUTCOME_DONE);
  answer ("4:rtp_paused:0", OT_OUTCOME_DONE);
  ot_call_on_media (call, &event);
  g_assert_cmpint (waiting ()->at_us, ==, START + 62 * S + fake_wall_offset_us);
  answer ("5:fault:0", OT_OUTCOME_DONE);
  end_test (call);
}

static void
test_lost_connection_is_billed (void)
{
  OtCall *call = new_connected_call ();

  fake_now_us = START + 10 * S;
  voices_until (fake_now_us);
  ot_call_connection_closed (call, OT_SIDE_CALLER, "s1");
  answer ("4:connection_lost:0", OT_OUTCOME_DONE);
  assert_told ("s2 call_state_update in_call\n");
  fake_now_us = START + 61 * S;
  voices_until (fake_now_us);
  ot_call_look (call, fake_now_us);
  answer ("3:unit_due:2", OT_OUTCOME_DONE);
  g_string_truncate (told, 0);
  ot_call_connection_opened (call, OT_SIDE_CALLER, "s3");
  answer ("4:connection_back:0", OT_OUTCOME_DONE);
  assert_told ("s2 call_state_update in_call\ns3 call_state_update in_call\n");
  ot_call_connection_closed (call, OT_SIDE_CALLER, "s3");
  answer ("4:connection_lost:0", OT_OUTCOME_DONE);
  fake_now_us = START + 67 * S; /* silent since 61 s, without a connection */
  rtp[OT_SIDE_CALLEE].last_us = fake_now_us;
  ot_call_look (call, fake_now_us);
  answer ("4:rtp_paused:0", OT_OUTCOME_DONE);
  g_assert_cmpint (waiting ()->reason, ==, OT_REASON_NETWORK_LOST);
  g_assert_cmpint (waiting ()->total_seconds, ==, 66);
  answer ("5:lost_timeout:0", OT_OUTCOME_DONE);
  end_test (call);
}

/* A connection comes back: only when its voice does not flow on is it told to set up media again.
 */
static void
test_connection_back (void)
{
  OtCall *call = new_connected_call ();

  fake_now_us = START + 10 * S;
  voices_until (fake_now_us);
  ot_call_connection_closed (call, OT_SIDE_CALLER, "s1");
  answer ("4:connection_lost:0", OT_OUTCOME_DONE);
  ot_call_connection_opened (call, OT_SIDE_CALLER, "s3"); /* the socket blinked */
  answer ("4:connection_back:0", OT_OUTCOME_DONE);
  g_string_truncate (told, 0);
  fake_now_us = START + 11 * S;
  voices_until (fake_now_us);
  ot_call_look (call, fake_now_us);
  fake_now_us = START + 12 * S;
  ot_call_look (call, fake_now_us);
  assert_told ("");

  ot_call_connection_closed (call, OT_SIDE_CALLER, "s3");
  answer ("4:connection_lost:0", OT_OUTCOME_DONE);
  voices_until (fake_now_us);
  ot_call_connection_opened (call, OT_SIDE_CALLER, "s4"); /* a page that was reloaded at once */
  answer ("4:connection_back:0", OT_OUTCOME_DONE);
  g_string_truncate (told, 0);
  fake_now_us += S / 5;
  ot_call_look (call, fake_now_us);
  assert_told ("");
  fake_now_us += S / 2;
  ot_call_look (call, fake_now_us);
  assert_told ("s4 signaling_start\n");
  ot_call_look (call, fake_now_us);
  assert_told ("");
  bring (call, OT_EV_END, OT_BY_CALLEE);
  answer ("5:call_end_request:0", OT_OUTCOME_DONE);
  end_test (call);
}

static void
media_says (OtCall *call, OtMediaEventType type, const OtMediaCause *cause)
{
  OtMediaEvent event = { .type = type, .call_id = call->id, .message = "no", .sdp = "v=0" };

  event.cause = *cause;
  ot_call_on_media (call, &event);
}

static OtMediaCause
send_media (OtCall *call, OtCallEvent event, const char *session_id, gint64 sequence)
{
  OtCallInput input = { .event = event,
                        .by = OT_BY_CALLER,
                        .at_us = fake_now_us,
                        .session_id = session_id,
                        .sequence = sequence };

  g_assert_cmpint (ot_call_handle (call, &input, NULL), ==, OT_CODE_NONE);
  return caused;
}

/* Media answers late: a refusal names its own message and takes back nothing else; another device
 * is not told what the first one sent. */
static void
test_late_refusals (void)
{
  OtCall *call = new_call ();
  OtMediaCause candidate, bad, good;

  answer ("0:call_request:0", OT_OUTCOME_DONE);
  bring (call, OT_EV_ACCEPT, OT_BY_CALLEE);
  answer ("1:call_accept:0", OT_OUTCOME_DONE);
  g_string_truncate (told, 0);
  offers_wanted = 0;
  candidate = send_media (call, OT_EV_CANDIDATE, "s1", 11);
  bad = send_media (call, OT_EV_OFFER, "s1", 12);
  good = send_media (call, OT_EV_OFFER, "s1", 13);
  media_says (call, OT_MEDIA_REFUSED, &candidate);
  media_says (call, OT_MEDIA_REFUSED, &bad);
  media_says (call, OT_MEDIA_ANSWER, &good);
  assert_told ("s1 error MEDIA_ERROR of 11\ns1 error MEDIA_ERROR of 12\ns1 webrtc_answer\n");
  g_assert_cmpuint (offers_wanted, ==, 1);

  bad = send_media (call, OT_EV_OFFER, "s1", 14);
  send_media (call, OT_EV_OFFER, "s3", 1);
  assert_told ("s1 call_state_update answered_elsewhere\n");
  media_says (call, OT_MEDIA_REFUSED, &bad);
  assert_told ("");
  bring (call, OT_EV_END, OT_BY_CALLEE);
  answer ("5:call_end_request:0", OT_OUTCOME_DONE);
  end_test (call);
}

/* The caller offers twice (a page whose "negotiationneeded" came twice), and both are answered
 * before media has made its offer to the otomo: one is made, told, and stands. */
static void
test_offers_in_a_row (void)
{
  OtCall *call = new_call ();
  OtMediaEvent made = {
    .type = OT_MEDIA_OFFER, .call_id = call->id, .side = OT_SIDE_CALLEE, .sdp = "v=0"
  };
  OtMediaCause first, second;

  answer ("0:call_request:0", OT_OUTCOME_DONE);
  bring (call, OT_EV_ACCEPT, OT_BY_CALLEE);
  answer ("1:call_accept:0", OT_OUTCOME_DONE);
  g_string_truncate (told, 0);
  offers_wanted = 0;
  first = send_media (call, OT_EV_OFFER, "s1", 11);
  second = send_media (call, OT_EV_OFFER, "s1", 12);
  media_says (call, OT_MEDIA_ANSWER, &first);
  media_says (call, OT_MEDIA_ANSWER, &second);
  ot_call_on_media (call, &made);
  g_assert_cmpuint (offers_wanted, ==, 1);
  assert_told ("s1 webrtc_answer\ns1 webrtc_answer\ns2 webrtc_offer\n");
  bring (call, OT_EV_END, OT_BY_CALLEE);
  answer ("5:call_end_request:0", OT_OUTCOME_DONE);
  end_test (call);
}

static void
test_database_away (void)
{
  OtCall *call = new_connected_call ();

  fake_now_us = START + 61 * S;
  voices_until (fake_now_us);
  ot_call_look (call, fake_now_us);
  fake_now_us = START + 92 * S;
  voices_until (fake_now_us);
  ot_call_look (call, fake_now_us);
  g_assert_cmpint (call->state, ==, OT_CALL_ENDED);
  g_assert_false (media_open);
  assert_told ("");
  answer ("3:unit_due:2", OT_OUTCOME_DONE); /* it was talked, and is charged */
  answer ("5:fault:0", OT_OUTCOME_DONE);
  g_assert_nonnull (strstr (told->str, "call_end system_error 92"));
  end_test (call);
}

/* A step of the wall clock moves neither the units nor the call's own times. */
static void
test_wall_clock_step (void)
{
  OtCall *call = new_connected_call ();
  gint64 offset_us = fake_wall_offset_us;

  fake_wall_offset_us += 3600 * S;
  fake_now_us = START + 61 * S;
  voices_until (fake_now_us);
  ot_call_look (call, fake_now_us);
  g_assert_cmpint (waiting ()->due_us, ==, START + 60 * S + offset_us);
  answer ("3:unit_due:2", OT_OUTCOME_DONE);
  bring (call, OT_EV_END, OT_BY_CALLER);
  g_assert_cmpint (waiting ()->at_us, ==, START + 61 * S + offset_us);
  answer ("5:call_end_request:0", OT_OUTCOME_DONE);
  fake_wall_offset_us = offset_us;
  end_test (call);
}

/* Written after the end, which nobody waits longer to be told of; a live call can be looked into.
 */
static void
test_quality (void)
{
  OtRegistry *registry = ot_registry_new (&ports);
  OtCall *call = new_connected_call ();
  OtQuality seen[OT_N_SIDES];

  voices[OT_SIDE_CALLEE].packet_count = 77;
  bring (call, OT_EV_END, OT_BY_CALLER);
  answer ("5:call_end_request:0", OT_OUTCOME_DONE);
  assert_told ("s1 call_state_update ended\ns2 call_state_update ended\n"
               "s1 call_end user_end 0\ns2 call_end user_end 0\n");
  g_assert_cmpint (waiting ()->quality[OT_SIDE_CALLEE].packet_count, ==, 77);
  g_assert_false (ot_call_is_idle (call));
  answer ("6:quality:0", OT_OUTCOME_DONE);
  end_test (call);
  g_assert_false (ot_registry_read_quality (registry, "c", seen));
  memset (voices, 0, sizeof voices);
  ot_registry_free (registry);
}

static OtCall *
new_call_in_arrears (void)
{
  OtCall *call;

  ports.settings.charge = OT_CHARGE_ARREARS;
  call = new_call ();
  answer ("0:call_request:0", OT_OUTCOME_DONE);
  bring (call, OT_EV_ACCEPT, OT_BY_CALLEE);
  answer ("1:call_accept:0", OT_OUTCOME_DONE);
  first_rtp (call);
  g_string_truncate (told, 0);
  answer ("2:first_rtp:1", OT_OUTCOME_DONE);
  assert_told (
      "s1 call_connected\ns2 call_connected\n"
      "s1 call_state_update in_call\ns2 call_state_update in_call\n"); /* nothing is charged yet */
  return call;
}

static void
end_arrears (OtCall *call)
{
  end_test (call);
  ports.settings.charge = OT_CHARGE_ADVANCE;
  rest_points = 0;
}

/* A unit is told when it is over, and what the end cut before the end. */
static void
test_arrears (void)
{
  OtCall *call = new_call_in_arrears ();

  fake_now_us = START + 75 * S;
  voices_until (fake_now_us);
  ot_call_look (call, fake_now_us);
  g_assert_cmpint (waiting ()->due_us, ==, START + 60 * S + fake_wall_offset_us);
  answer ("3:unit_due:1", OT_OUTCOME_DONE);
  assert_told ("s1 call_tick 1\ns2 call_tick 1\n");
  bring (call, OT_EV_END, OT_BY_CALLER);
  g_assert_cmpint (waiting ()->talked_until_us, ==, START + 75 * S + fake_wall_offset_us);
  rest_points = 3;
  answer ("5:call_end_request:0", OT_OUTCOME_DONE);
  assert_told (
      "s1 call_tick 2\ns2 call_tick 2\ns1 call_state_update ended\ns2 call_state_update ended\n"
      "s1 call_end user_end 75\ns2 call_end user_end 75\n");
  end_arrears (call);
}

/* The hold has paid: the unit is told, and the call was over when it was. */
static void
test_arrears_last (void)
{
  OtCall *call = new_call_in_arrears ();

  fake_now_us = START + 61 * S;
  voices_until (fake_now_us);
  ot_call_look (call, fake_now_us);
  answer ("3:unit_due:1", OT_OUTCOME_LAST);
  assert_told ("s1 call_tick 1\ns2 call_tick 1\n");
  g_assert_cmpint (waiting ()->talked_until_us, ==, START + 60 * S + fake_wall_offset_us);
  answer ("5:unit_unpaid:0", OT_OUTCOME_DONE);
  assert_told ("s1 call_state_update ended\ns2 call_state_update ended\ns1 call_force_end\ns2 "
               "call_force_end\n"
               "s1 call_end no_point 60\ns2 call_end no_point 60\n");
  end_arrears (call);
}

/* What was said while nobody heard is not paid: the talk was over with the silence. */
static void
test_arrears_silence (void)
{
  OtCall *call = new_call_in_arrears ();

  voices_until (START + 40 * S);
  fake_now_us = START + 65 * S;
  ot_call_look (call, fake_now_us);
  answer ("4:rtp_paused:0", OT_OUTCOME_DONE);
  g_assert_cmpint (waiting ()->at_us, ==, START + 50 * S + fake_wall_offset_us);
  g_assert_cmpint (waiting ()->talked_until_us, ==, START + 43 * S + fake_wall_offset_us);
  answer ("5:rtp_stopped:0", OT_OUTCOME_DONE);
  end_arrears (call);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ot_call_figures_init (&figures);
  g_test_add_func ("/call/told-after-commit", test_told_after_commit);
  g_test_add_func ("/call/request-refused", test_request_refused);
  g_test_add_func ("/call/refused-after-a-loss", test_refused_after_a_loss);
  g_test_add_func ("/call/cancelled-then-refused", test_cancelled_then_refused);
  g_test_add_func ("/call/cancelled-then-stored", test_cancelled_then_stored);
  g_test_add_func ("/call/request-unanswered", test_request_unanswered);
  g_test_add_func ("/call/connection-back", test_connection_back);
  g_test_add_func ("/call/units-in-order", test_units_in_order);
  g_test_add_func ("/call/no-point", test_no_point);
  g_test_add_func ("/call/no-point-after-hanging-up", test_no_point_after_hanging_up);
  g_test_add_func ("/call/first-unit-unpaid", test_first_unit_unpaid);
  g_test_add_func ("/call/reconnecting", test_reconnecting);
  g_test_add_func ("/call/media-failed-before", test_media_failed_before);
  g_test_add_func ("/call/lost-connection-is-billed", test_lost_connection_is_billed);
  g_test_add_func ("/call/late-refusals", test_late_refusals);
  g_test_add_func ("/call/offers-in-a-row", test_offers_in_a_row);
  g_test_add_func ("/call/database-away", test_database_away);
  g_test_add_func ("/call/wall-clock-step", test_wall_clock_step);
  g_test_add_func ("/call/quality", test_quality);
  g_test_add_func ("/call/arrears", test_arrears);
  g_test_add_func ("/call/arrears-last", test_arrears_last);
  g_test_add_func ("/call/arrears-silence", test_arrears_silence);
  return g_test_run ();
}
