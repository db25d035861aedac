/* Every record, twice: what it makes true, what it refuses, and that the second time changes
 * nothing. */

#include "talk.h"

#define assert_outcome(answer, expected)                                                           \
  g_assert_cmpint ((answer).outcome, ==, OT_OUTCOME_##expected)

/* The last statement of a connection that has had no other one yet. */
static gboolean
somebody_is_warm (gpointer data)
{
  g_autofree char *warm = fixture_sql ("SELECT count(*) > 0 FROM pg_stat_activity WHERE state = "
                                       "'idle' AND query = 'SELECT warm_up ()'");

  return g_str_equal (warm, "t");
}

static void
test_warm_up (void)
{
  fixture_wait (somebody_is_warm, NULL);
  fixture_assert_sql ("", "SELECT set_config ('otomo.epoch', epoch::text, false) FROM leases; "
                          "SET ROLE otomo_server; SELECT warm_up ()");
  fixture_assert_sql ("0 0 0 0",
                      "SELECT concat_ws (' ', (SELECT count(*) FROM users), (SELECT count(*) FROM "
                      "calls), (SELECT count(*) FROM call_events), (SELECT count(*) FROM "
                      "transfers))");
  fixture_assert_audit ();
}

static void
test_whole_call (void)
{
  Answer answer;

  talk_people ("whole", 25, 10, 33);
  for (int i = 0; i < 2; i++) {
    answer = talk_request ("whole");
    assert_outcome (answer, DONE);
    g_assert_cmpint (answer.price_points, ==, 10);
    g_assert_cmpint (answer.share_percent, ==, 33);
  }
  for (int i = 0; i < 2; i++) {
    answer = talk_accept ("whole");
    assert_outcome (answer, DONE);
  }
  for (int i = 0; i < 2; i++) {
    answer = talk_start ("whole");
    assert_outcome (answer, DONE);
    g_assert_cmpint (answer.charged_points, ==, 10);
    g_assert_cmpint (answer.earned_points, ==, 3);
    g_assert_cmpint (answer.wallet, ==, 15);
    g_assert_cmpint (answer.earnings, ==, 3);
  }
  for (int i = 0; i < 2; i++) {
    answer = talk_unit ("whole", 2);
    assert_outcome (answer, DONE);
    g_assert_cmpint (answer.wallet, ==, 5);
    g_assert_cmpint (answer.earnings, ==, 6);
  }
  for (int i = 0; i < 2; i++) {
    answer = talk_unit ("whole", 3);
    assert_outcome (answer, INSUFFICIENT_BALANCE);
  }
  for (int i = 0; i < 2; i++) {
    answer = talk_end ("whole", 122, "in_call", OT_REASON_NO_POINT);
    assert_outcome (answer, DONE);
  }
  fixture_assert_sql ("ended no_point 120 2 20",
                      "SELECT concat_ws (' ', status, end_reason, total_seconds, units_charged, "
                      "total_charged) FROM calls WHERE call_id = 'whole'");
  fixture_assert_sql ("4", "SELECT count(*) FROM transfers WHERE call_id = 'whole'");
  fixture_assert_sql (
      "call_request call_accept first_rtp unit_due unit_due end",
      "SELECT string_agg (event, ' ' ORDER BY id) FROM call_events WHERE call_id = 'whole'");
  fixture_assert_sql ("caller 4294967295 65535 1, callee 0",
                      "SELECT string_agg (concat_ws (' ', side, ssrc, first_sequence, "
                      "packet_count), ', ' ORDER BY side DESC) "
                      "FROM call_evidence WHERE call_id = 'whole'");
  fixture_assert_sql ("2000000", "SELECT started_mono_us FROM calls WHERE call_id = 'whole'");
  fixture_assert_audit ();
}

/* The answers of a call that is over to what comes late. */
static void
test_over (void)
{
  Answer answer;

  talk_begin ("over", 100, 10, -1);
  talk_end ("over", 5, "in_call", OT_REASON_USER_END);
  answer = talk_unit ("over", 2);
  assert_outcome (answer, OVER);
  answer = talk_unit ("over", 1); /* was committed: answered as the first time */
  assert_outcome (answer, DONE);
  g_assert_cmpint (answer.charged_points, ==, 10);
  answer = talk_note ("over", 6, "in_call", "reconnecting");
  assert_outcome (answer, OVER);
  answer = talk_end ("over", 9, "in_call", OT_REASON_ADMIN);
  assert_outcome (answer, DONE);
  fixture_assert_sql (
      "user_end 3", "SELECT end_reason || ' ' || total_seconds FROM calls WHERE call_id = 'over'");
  fixture_assert_audit ();
}

static Answer
request (const char *call_id, double at_s, const char *caller, const char *callee, gboolean online)
{
  OtRecord record = talk_record (OT_RECORD_REQUESTED, call_id, at_s);

  record.caller_id = caller;
  record.callee_id = callee;
  record.callee_online = online;
  record.event = "call_request";
  record.to_state = "ringing";
  return talk_do (&record);
}

/* Each request breaks all the rules that come after its own as well: the order is what is tested.
 */
static void
test_refusals (void)
{
  Answer answer;

  talk_people ("ref", 9, 10, -1);
  talk_people ("rich", 100, 10, -1);
  talk_people ("third", 100, 10, -1);
  answer = request ("r1", 0.1, "ref-o", "ref-u", FALSE);
  assert_outcome (answer, PERMISSION_DENIED);
  answer = request ("r1", 0.2, "nobody", "rich-o", TRUE);
  assert_outcome (answer, PERMISSION_DENIED);
  answer = request ("r1", 0.3, "ref-u", "nobody", FALSE);
  assert_outcome (answer, USER_NOT_FOUND);
  answer = request ("r1", 0.4, "ref-u", "rich-u", FALSE);
  assert_outcome (answer, USER_NOT_FOUND);
  answer = request ("r2", 0.5, "rich-u", "rich-o", TRUE);
  assert_outcome (answer, DONE);
  answer = request ("r1", 0.6, "ref-u", "rich-o", FALSE);
  assert_outcome (answer, USER_OFFLINE);
  answer = request ("r1", 0.7, "ref-u", "rich-o", TRUE);
  assert_outcome (answer, USER_BUSY);
  answer = request ("r1", 0.8, "rich-u", "ref-o", TRUE);
  assert_outcome (answer, USER_BUSY);
  answer = request ("r1", 0.9, "ref-u", "ref-o", TRUE);
  assert_outcome (answer, INSUFFICIENT_BALANCE);
  g_free (fixture_sql ("SELECT top_up ('ref-u', 'refused once', 100)"));
  answer = request ("r1", 0.9, "ref-u", "ref-o", TRUE); /* the very same, late */
  assert_outcome (answer, INSUFFICIENT_BALANCE);
  answer = request ("r2", 1, "third-u", "third-o", TRUE);
  assert_outcome (answer, DUPLICATE);
  answer = request ("r2", 7, "rich-u", "rich-o", FALSE); /* asked again by the client, later */
  assert_outcome (answer, REPEATED);
  g_assert_cmpstr (answer.state, ==, "ringing");
  talk_end ("r2", 8, "ringing", OT_REASON_CANCELLED);
  answer = request ("r2", 9, "rich-u", "rich-o", TRUE);
  assert_outcome (answer, REPEATED);
  g_assert_cmpstr (answer.state, ==, "failed");
  g_assert_cmpstr (answer.reason, ==, "cancelled");
  fixture_assert_sql ("1", "SELECT count(*) FROM calls WHERE call_id IN ('r1', 'r2')");
  fixture_assert_sql (
      "INSUFFICIENT_BALANCE PERMISSION_DENIED USER_BUSY USER_NOT_FOUND USER_OFFLINE",
      "SELECT string_agg (DISTINCT detail, ' ') FROM call_events WHERE call_id = 'r1'");
  fixture_assert_sql ("1", "SELECT count(*) FROM call_events WHERE call_id = 'r2' AND detail = "
                           "'DUPLICATE_CALL_ID' AND to_state IS NULL");
  fixture_assert_audit ();
}

static void
test_blocked (void)
{
  Answer answer;

  talk_people ("blocked", 100, 10, -1);
  g_free (fixture_sql ("UPDATE users SET blocked = true WHERE id = 'blocked-o'"));
  answer = request ("blocked", 1, "blocked-u", "blocked-o", TRUE);
  assert_outcome (answer, USER_NOT_FOUND);
  g_free (fixture_sql ("UPDATE users SET blocked = (id = 'blocked-u') WHERE id LIKE 'blocked-_'"));
  answer = request ("blocked", 2, "blocked-u", "blocked-o", TRUE);
  assert_outcome (answer, PERMISSION_DENIED);
}

/* The wallet is emptied between request and start: nothing changes, and the call can be ended as
 * failed. */
static void
test_first_unit_unpaid (void)
{
  Answer answer;

  talk_people ("unpaid", 10, 10, -1);
  talk_request ("unpaid");
  talk_accept ("unpaid");
  g_free (fixture_sql ("INSERT INTO transfers VALUES ('spent', 'wallet/unpaid-u', 'platform/00', "
                       "1, 'adjustment', NULL, NULL, NULL, 'test', 'spent')"));
  answer = talk_start ("unpaid");
  assert_outcome (answer, INSUFFICIENT_BALANCE);
  fixture_assert_sql ("accepted 0",
                      "SELECT status || ' ' || units_charged FROM calls WHERE call_id = 'unpaid'");
  fixture_assert_sql ("0", "SELECT count(*) FROM call_evidence WHERE call_id = 'unpaid'");
  answer = talk_end ("unpaid", 2, "accepted", OT_REASON_NO_POINT);
  assert_outcome (answer, DONE);
  fixture_assert_sql ("failed", "SELECT status FROM calls WHERE call_id = 'unpaid'");
  fixture_assert_audit ();
}

static void
test_frozen_price (void)
{
  Answer answer;

  talk_people ("frozen", 100, 10, -1);
  answer = talk_request ("frozen");
  g_assert_cmpint (answer.share_percent, ==, 50); /* the server's */
  g_free (fixture_sql (
      "UPDATE users SET price_per_unit = 99, share_percent = 1 WHERE id = 'frozen-o'"));
  talk_accept ("frozen");
  answer = talk_start ("frozen");
  g_assert_cmpint (answer.charged_points, ==, 10);
  g_assert_cmpint (answer.earned_points, ==, 5);
  talk_end ("frozen", 5, "in_call", OT_REASON_USER_END);
  fixture_assert_audit ();
}

static void
test_no_share (void)
{
  talk_begin ("noshare", 10, 1, 99); /* rounded down to nothing */
  fixture_assert_sql ("charge",
                      "SELECT string_agg (kind, ' ') FROM transfers WHERE call_id = 'noshare'");
  talk_end ("noshare", 5, "in_call", OT_REASON_USER_END);
  fixture_assert_audit ();
}

/* A record that is written again late doesn't undo what came since. */
static void
test_late_note (void)
{
  Answer answer;

  talk_begin ("late", 100, 10, -1);
  talk_note ("late", 10, "in_call", "reconnecting");
  answer = talk_unit ("late", 2);
  assert_outcome (answer, FAULT); /* not in reconnecting: the database sees to it */
  talk_note ("late", 11, "reconnecting", "in_call");
  answer = talk_note ("late", 10, "in_call", "reconnecting");
  assert_outcome (answer, DONE);
  fixture_assert_sql ("in_call", "SELECT status FROM calls WHERE call_id = 'late'");
  answer = talk_unit ("late", 3);
  assert_outcome (answer, FAULT); /* a gap */
  talk_end ("late", 12, "in_call", OT_REASON_USER_END);
  fixture_assert_audit ();
}

/* A unit that fell due in reconnecting is charged when RTP is back, or never. */
static void
test_due_while_reconnecting (void)
{
  talk_begin ("wait", 100, 10, -1);
  talk_note ("wait", 60, "in_call", "reconnecting");
  talk_note ("wait", 65, "reconnecting", "in_call");
  talk_unit ("wait", 2);
  talk_note ("wait", 120, "in_call", "reconnecting");
  fixture_assert_audit ();
  talk_end ("wait", 130, "reconnecting", OT_REASON_RTP_STOPPED);
  fixture_assert_sql ("2", "SELECT units_charged FROM calls WHERE call_id = 'wait'");
  fixture_assert_audit ();
}

/* It ended while a pause was not written yet, and then never is: the log goes by what was written.
 */
static void
test_unwritten_pause (void)
{
  talk_begin ("pause", 100, 10, -1);
  talk_end ("pause", 9, "reconnecting", OT_REASON_RTP_STOPPED);
  fixture_assert_sql (
      "in_call",
      "SELECT from_state FROM call_events WHERE call_id = 'pause' AND to_state = 'ended'");
  fixture_assert_audit ();
}

static void
test_refused_row (void)
{
  OtRecord record = talk_record (OT_RECORD_REFUSED, "never-was", 0);
  Answer answer;

  record.event = "call_connected";
  record.detail = "SELF_REPORT_FORBIDDEN";
  answer = talk_do (&record);
  assert_outcome (answer, DONE);
  answer = talk_do (&record);
  assert_outcome (answer, DONE);
  record.call_id = NULL;
  answer = talk_do (&record);
  assert_outcome (answer, DONE);
  fixture_assert_sql ("2", "SELECT count(*) FROM call_events WHERE event = 'call_connected'");
}

#define FLOOD 2000

static gboolean
refusals_are_written (gpointer nothing)
{
  return ot_store_pool_state (store, OT_STORE_REFUSALS).n_waiting == 0;
}

/* No call waits behind what somebody was refused. */
static void
test_refused_rows_apart (void)
{
  const OtRecordPort *port = ot_store_record_port (store);
  OtRecord refused = talk_record (OT_RECORD_REFUSED, "flood", 0);
  Answer answer;

  talk_people ("calm", 100, 10, -1);
  refused.event = "call_accept";
  refused.detail = "CALL_NOT_FOUND";
  for (int i = 0; i < FLOOD; i++) {
    refused.at_us++;
    port->write (port->self, &refused, NULL, NULL);
  }
  answer = talk_request ("calm");
  assert_outcome (answer, DONE);
  g_assert_cmpuint (ot_store_pool_state (store, OT_STORE_REFUSALS).n_waiting, >, FLOOD / 2);
  fixture_wait (refusals_are_written, NULL);
  fixture_assert_sql (G_STRINGIFY (FLOOD),
                      "SELECT count(*) FROM call_events WHERE call_id = 'flood'");
  talk_end ("calm", 8, "ringing", OT_REASON_CANCELLED);
}

static void
test_unknown_call (void)
{
  Answer answer = talk_end ("never-was", 1, "ringing", OT_REASON_CANCELLED);

  assert_outcome (answer, FAULT);
}

/* What nobody may do, whoever types it. */
static void
test_guards (void)
{
  static const char *const forbidden[] = {
    "UPDATE transfers SET amount = amount + 1",
    "DELETE FROM transfers",
    "TRUNCATE transfers",
    "UPDATE accounts SET balance = balance + 1 WHERE id = 'wallet/guard-u'",
    "DELETE FROM accounts WHERE id = 'hold/nobody'",
    "INSERT INTO accounts VALUES ('hold/guard-u', 'guard-u', 'hold', 5)",
    "INSERT INTO transfers VALUES ('g', 'wallet/guard-u', 'platform/00', 91, 'adjustment', NULL, "
    "NULL, NULL, 'test', 'spent')",
    "INSERT INTO transfers VALUES ('g', 'wallet/guard-u', 'platform/00', 0, 'adjustment', NULL, "
    "NULL, NULL, 'test', 'spent')",
    "INSERT INTO transfers VALUES ('g', 'wallet/guard-u', 'platform/00', 1, 'charge', 'guard', 1, "
    "now())",
    "INSERT INTO transfers VALUES ('g', 'wallet/guard-u', 'platform/00', 1, 'gift')",
    "INSERT INTO calls (call_id, caller_id, callee_id, status, price_per_unit, share_percent, "
    "unit_seconds, requested_at, "
    "node_id) VALUES ('guard2', 'guard-u', 'ref-o', 'ringing', 1, 1, 1, now(), 'n')",
    "UPDATE calls SET status = 'ended' WHERE call_id = 'guard'",
    "DELETE FROM call_events",
  };

  talk_people ("ref", 0, 10, -1);
  talk_begin ("guard", 100, 10, -1);
  for (guint i = 0; i < G_N_ELEMENTS (forbidden); i++)
    g_free (fixture_sql_refused ("%s", forbidden[i]));
  talk_end ("guard", 5, "in_call", OT_REASON_USER_END);
  fixture_assert_audit ();
}

static void
add_tests (void)
{
  g_test_add_func ("/store/ledger/warm-up", test_warm_up); /* first: nothing is written yet */
  g_test_add_func ("/store/ledger/whole-call", test_whole_call);
  g_test_add_func ("/store/ledger/over", test_over);
  g_test_add_func ("/store/ledger/refusals", test_refusals);
  g_test_add_func ("/store/ledger/blocked", test_blocked);
  g_test_add_func ("/store/ledger/first-unit-unpaid", test_first_unit_unpaid);
  g_test_add_func ("/store/ledger/frozen-price", test_frozen_price);
  g_test_add_func ("/store/ledger/no-share", test_no_share);
  g_test_add_func ("/store/ledger/late-note", test_late_note);
  g_test_add_func ("/store/ledger/due-while-reconnecting", test_due_while_reconnecting);
  g_test_add_func ("/store/ledger/unwritten-pause", test_unwritten_pause);
  g_test_add_func ("/store/ledger/refused-row", test_refused_row);
  g_test_add_func ("/store/ledger/refused-rows-apart", test_refused_rows_apart);
  g_test_add_func ("/store/ledger/unknown-call", test_unknown_call);
  g_test_add_func ("/store/ledger/guards", test_guards);
}

int
main (int argc, char **argv)
{
  return fixture_run (argc, argv, add_tests);
}
