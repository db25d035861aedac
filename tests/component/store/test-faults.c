/* Answers that get lost, connections that are cut, a database that hangs or dies, and many who
 * write at once: every record is answered in the end, and nothing happens twice. */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "relay.h"
#include "talk.h"

#define assert_outcome(answer, expected)                                                           \
  g_assert_cmpint ((answer).outcome, ==, OT_OUTCOME_##expected)

/* ---- lost answers ---- */

static Relay *relay;
static OtStore *far; /* reaches the database through the relay, on one connection for records */

static void
set_up_relay (void)
{
  g_autofree char *directory = fixture_state_dir ("relay");
  g_autofree char *socket =
      g_build_filename (directory, "..", "state", "postgres", ".s.PGSQL.5432", NULL);
  g_autofree char *conninfo =
      g_strdup_printf ("host=%s port=5432 user=postgres dbname=postgres", directory);
  OtStoreOptions options = { .database = conninfo,
                             .node_id = "far",
                             .unit_seconds = 60,
                             .share_percent = 50,
                             .connections = 1 };
  g_autoptr (GError) error = NULL;

  relay = relay_new (directory, socket);
  far = ot_store_new (&options);
  error = fixture_start (far);
  g_assert_no_error (error);
}

static Answer
write_and_lose (const OtRecord *record)
{
  Answer answer = { 0 };

  relay_lose_answer (relay);
  talk_write (far, record, &answer);
  fixture_wait (relay_has_lost, relay);
  g_assert_false (answer.answered);
  talk_await (&answer);
  return answer;
}

/* Each kind of record is committed, its answer lost, and asked again by the store: answered as if
 * nothing had been. */
static void
test_lost_answers (void)
{
  OtRecord record = talk_record (OT_RECORD_REQUESTED, "lost", 0);
  Answer answer;

  talk_people ("lost", 100, 10, 50);
  record.caller_id = "lost-u";
  record.callee_id = "lost-o";
  record.callee_online = TRUE;
  record.to_state = "ringing";
  answer = write_and_lose (&record);
  assert_outcome (answer, DONE);
  g_assert_cmpint (answer.price_points, ==, 10);
  record = talk_record (OT_RECORD_ACCEPTED, "lost", 1);
  record.to_state = "accepted";
  answer = write_and_lose (&record);
  assert_outcome (answer, DONE);
  record = talk_record (OT_RECORD_STARTED, "lost", 2);
  record.from_state = "accepted";
  record.to_state = "in_call";
  record.due_us = record.at_us;
  answer = write_and_lose (&record);
  assert_outcome (answer, DONE);
  g_assert_cmpint (answer.wallet, ==, 90);
  record = talk_record (OT_RECORD_UNIT, "lost", 62);
  record.from_state = record.to_state = "in_call";
  record.unit_index = 2;
  record.due_us = record.at_us;
  answer = write_and_lose (&record);
  assert_outcome (answer, DONE);
  g_assert_cmpint (answer.wallet, ==, 80);
  record = talk_record (OT_RECORD_NOTED, "lost", 70);
  record.from_state = "in_call";
  record.to_state = "reconnecting";
  answer = write_and_lose (&record);
  assert_outcome (answer, DONE);
  record = talk_record (OT_RECORD_REFUSED, "lost", 71);
  answer = write_and_lose (&record);
  assert_outcome (answer, DONE);
  record = talk_record (OT_RECORD_ENDED, "lost", 80);
  record.from_state = "reconnecting";
  record.to_state = "ended";
  record.reason = OT_REASON_RTP_STOPPED;
  record.total_seconds = 78;
  answer = write_and_lose (&record);
  assert_outcome (answer, DONE);
  fixture_assert_sql (
      "7 7",
      "SELECT count(*) || ' ' || count (DISTINCT at) FROM call_events WHERE call_id = 'lost'");
  fixture_assert_sql ("4", "SELECT count(*) FROM transfers WHERE call_id = 'lost'");
  fixture_assert_audit ();
}

static void
test_lost_top_up (void)
{
  GAsyncResult *slot = NULL;
  g_autoptr (GError) error = NULL;

  talk_people ("lostbuy", 0, 10, -1);
  relay_lose_answer (relay);
  ot_store_top_up_async (far, "lostbuy-u", "lostbuy", 7, NULL, fixture_keep, &slot);
  g_assert_cmpint (ot_store_top_up_finish (far, fixture_await (&slot), &error), ==, 7);
  g_assert_true (relay_has_lost (relay));
  fixture_assert_sql ("7", "SELECT balance FROM accounts WHERE id = 'wallet/lostbuy-u'");
}

static void
tear_down_relay (void)
{
  fixture_close (far);
  g_assert_finalize_object (far);
  relay_free (relay);
}

/* ---- cut in the middle ---- */

static gboolean
one_waits_for_a_lock (gpointer data)
{
  g_autofree char *count =
      fixture_sql ("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");

  return g_str_equal (count, "1");
}

/* The backend is killed inside its transaction; the second try finds nothing of the first. */
static void
test_terminated (void)
{
  PGconn *other = fixture_connect ();
  OtRecord record;
  Answer answer = { 0 };

  talk_begin ("cut", 100, 10, -1);
  PQclear (PQexec (other, "BEGIN; SELECT FROM accounts WHERE id = 'wallet/cut-u' FOR UPDATE"));
  record = talk_record (OT_RECORD_UNIT, "cut", 62);
  record.from_state = record.to_state = "in_call";
  record.unit_index = 2;
  record.due_us = record.at_us;
  talk_write (store, &record, &answer);
  fixture_wait (one_waits_for_a_lock, NULL);
  fixture_assert_sql ("t", "SELECT bool_and (pg_terminate_backend (pid, 5000)) FROM "
                           "pg_stat_activity WHERE wait_event_type = 'Lock'");
  fixture_wait (one_waits_for_a_lock, NULL); /* asked again by itself */
  g_assert_false (answer.answered);
  PQfinish (other);
  talk_await (&answer);
  assert_outcome (answer, DONE);
  g_assert_cmpint (answer.wallet, ==, 80);
  talk_end ("cut", 70, "in_call", OT_REASON_USER_END);
  fixture_assert_audit ();
}

/* A newer server changes what a function answers below one that runs, whose connections have
 * prepared calls of it. */
static void
test_stale_plan (void)
{
  talk_begin ("stale", 100, 10, -1);
  g_assert_cmpint (talk_unit ("stale", 2).wallet, ==, 80);
  g_free (fixture_sql ("ALTER TYPE record_answer ADD ATTRIBUTE novelty text; "
                       "ALTER FUNCTION record_unit (call_moment, integer, timestamptz) COST 99"));
  g_assert_cmpint (talk_unit ("stale", 3).wallet, ==, 70);
  talk_end ("stale", 125, "in_call", OT_REASON_USER_END);
  fixture_assert_audit ();
}

/* ---- many at once ---- */

#define MANY 12

static gboolean
all_answered (gpointer data)
{
  const Answer *answers = data;

  for (int i = 0; i < MANY; i++)
    if (!answers[i].answered)
      return FALSE;
  return TRUE;
}

static void
test_same_unit (void)
{
  OtRecord record = talk_record (OT_RECORD_UNIT, "same", 62);
  Answer answers[MANY] = { 0 };

  talk_begin ("same", 100, 10, -1);
  record.from_state = record.to_state = "in_call";
  record.unit_index = 2;
  record.due_us = record.at_us;
  for (int i = 0; i < MANY; i++)
    talk_write (store, &record, &answers[i]);
  fixture_wait (all_answered, answers);
  for (int i = 0; i < MANY; i++) {
    assert_outcome (answers[i], DONE);
    g_assert_cmpint (answers[i].wallet, ==, 80);
  }
  talk_end ("same", 70, "in_call", OT_REASON_USER_END);
  fixture_assert_audit ();
}

/* All call one otomo in the same instant: one gets through. */
static void
test_same_otomo (void)
{
  Answer answers[MANY] = { 0 };
  int n_done = 0;

  for (int i = 0; i < MANY; i++) {
    g_autofree char *name = g_strdup_printf ("rush%d", i);
    talk_people (name, 100, 10, -1);
  }
  for (int i = 0; i < MANY; i++) {
    g_autofree char *name = g_strdup_printf ("rush%d", i), *caller = g_strconcat (name, "-u", NULL);
    OtRecord record = talk_record (OT_RECORD_REQUESTED, name, 0);

    record.caller_id = caller;
    record.callee_id = "rush0-o";
    record.callee_online = TRUE;
    record.to_state = "ringing";
    talk_write (store, &record, &answers[i]);
  }
  fixture_wait (all_answered, answers);
  for (int i = 0; i < MANY; i++) {
    if (answers[i].outcome == OT_OUTCOME_DONE)
      n_done++;
    else
      assert_outcome (answers[i], USER_BUSY);
  }
  g_assert_cmpint (n_done, ==, 1);
  fixture_assert_audit ();
}

/* ---- the database hangs, or dies ---- */

static gboolean
is_unavailable (gpointer data)
{
  return !ot_store_is_available (store);
}

static gboolean
is_available (gpointer data)
{
  return ot_store_is_available (store);
}

static gboolean
look_again (gpointer user_data)
{
  return G_SOURCE_CONTINUE; /* wakes the loop for a condition that no event announces */
}

static void
test_hanging (void)
{
  PGconn *other = fixture_connect ();
  guint ticking = g_timeout_add (50, look_again, NULL);
  OtRecord record = talk_record (OT_RECORD_NOTED, "hang", 10);
  Answer answer = { 0 };

  talk_begin ("hang", 100, 10, -1);
  g_assert_true (ot_store_is_available (store));
  PQclear (PQexec (other, "BEGIN; LOCK TABLE calls"));
  talk_write (store, &record, &answer);
  fixture_wait (is_unavailable, NULL);
  g_assert_cmpint (ot_store_waiting (store), ==, 1);
  PQfinish (other);
  talk_await (&answer);
  assert_outcome (answer, DONE);
  fixture_wait (is_available, NULL);
  g_source_remove (ticking);
  talk_end ("hang", 20, "in_call", OT_REASON_USER_END);
}

static gboolean
is_back (gpointer data)
{
  PGconn *conn = PQconnectdb (ot_store_conninfo (store));
  gboolean back = PQstatus (conn) == CONNECTION_OK;

  PQfinish (conn);
  return back && ot_store_is_available (store);
}

/* The server first, so that it sees to nothing, then all its workers; one that vacuums may have
 * ended meanwhile. */
static void
kill_everything (void)
{
  g_autofree char *list = fixture_sql (
      "SELECT split_part (pg_read_file ('postmaster.pid'), E'\\n', 1) || ' ' "
      "|| string_agg (pid::text, ' ') FROM pg_stat_activity WHERE pid <> pg_backend_pid ()");
  g_auto (GStrv) pids = g_strsplit (list, " ", -1);

  for (int i = 0; pids[i] != NULL; i++)
    g_assert_true (kill (atoi (pids[i]), SIGKILL) == 0 || errno == ESRCH);
}

/* SIGKILL of PostgreSQL while units are written: it comes again by itself, and each unit is charged
 * once. */
static void
test_killed (void)
{
  PGconn *other = fixture_connect ();
  Answer answers[MANY] = { 0 };
  OtRecord records[MANY];
  char *names[MANY];
  guint ticking = g_timeout_add (50, look_again, NULL);

  for (int i = 0; i < MANY; i++) {
    names[i] = g_strdup_printf ("kill%d", i);
    talk_begin (names[i], 100, 10, -1);
    records[i] = talk_record (OT_RECORD_UNIT, names[i], 62);
    records[i].from_state = records[i].to_state = "in_call";
    records[i].unit_index = 2;
    records[i].due_us = records[i].at_us;
  }
  PQclear (PQexec (other, "BEGIN; SELECT FROM accounts WHERE id = 'wallet/kill0-u' FOR UPDATE"));
  for (int i = 0; i < MANY; i++)
    talk_write (store, &records[i], &answers[i]);
  fixture_wait (one_waits_for_a_lock, NULL); /* and those behind it */
  kill_everything ();
  g_assert_false (answers[0].answered);
  fixture_wait (all_answered, answers);
  fixture_wait (is_back, NULL);
  g_source_remove (ticking);
  PQfinish (other);
  for (int i = 0; i < MANY; i++) {
    assert_outcome (answers[i], DONE);
    g_assert_cmpint (answers[i].wallet, ==, 80);
    talk_end (names[i], 70, "in_call", OT_REASON_USER_END);
    g_free (names[i]);
  }
  fixture_assert_audit ();
}

/* ---- all of it at once, seeded ---- */

typedef struct {
  char *name;
  int unit; /* the last that was put; 0: over */
  Answer answer;
} Talker;

static gboolean
some_answered (gpointer data)
{
  Talker *talkers = data;

  for (int i = 0; i < MANY; i++)
    if (talkers[i].answer.answered)
      return TRUE;
  return FALSE;
}

static void
put_unit (Talker *talker)
{
  OtRecord record = talk_record (OT_RECORD_UNIT, talker->name, 2 + 60.0 * talker->unit++);

  record.from_state = record.to_state = "in_call";
  record.unit_index = talker->unit;
  record.due_us = record.at_us;
  talker->answer.answered = FALSE;
  talk_write (store, &record, &talker->answer);
}

static void
top_up (const char *name, int number)
{
  g_autofree char *user_id = g_strconcat (name, "-u", NULL);
  g_autofree char *purchase_id = g_strdup_printf ("%s-%d", name, number);
  GAsyncResult *slot = NULL;
  g_autoptr (GError) error = NULL;

  ot_store_top_up_async (store, user_id, purchase_id, 5, NULL, fixture_keep, &slot);
  ot_store_top_up_finish (store, fixture_await (&slot), &error);
  g_assert_no_error (error);
}

/* Calls that talk until they can't pay, while connections are cut, wallets filled and the ledger
 * audited. */
static void
test_storm (void)
{
  Talker talkers[MANY] = { 0 };
  int n_live = MANY, n_units = 0;

  for (int i = 0; i < MANY; i++) {
    talkers[i].name = g_strdup_printf ("storm%d", i);
    talk_begin (talkers[i].name, 200, 10, 33);
    talkers[i].unit = 1;
    put_unit (&talkers[i]);
  }
  while (n_live > 0) {
    fixture_wait (some_answered, talkers);
    for (int i = 0; i < MANY; i++) {
      Talker *talker = &talkers[i];

      if (!talker->answer.answered)
        continue;
      n_units++;
      if (talker->answer.outcome == OT_OUTCOME_DONE) {
        put_unit (talker);
        continue;
      }
      assert_outcome (talker->answer, INSUFFICIENT_BALANCE);
      talk_end (talker->name, 2 + 60.0 * (talker->unit - 1), "in_call", OT_REASON_NO_POINT);
      talker->answer.answered = FALSE;
      n_live--;
    }
    if (g_test_rand_int_range (0, 10) == 0)
      g_free (fixture_sql ("SELECT pg_terminate_backend (pid) FROM pg_stat_activity "
                           "WHERE application_name = 'otomod' AND query LIKE '%%record_unit%%' "
                           "ORDER BY random() LIMIT 1"));
    if (g_test_rand_int_range (0, 10) == 0)
      top_up (talkers[n_units % MANY].name, n_units);
    if (g_test_rand_int_range (0, 20) == 0)
      fixture_assert_audit ();
  }
  fixture_assert_audit ();
  fixture_assert_sql (
      "0", "SELECT count(*) FROM accounts WHERE id LIKE 'wallet/storm%%' AND balance >= 10 AND id "
           "NOT IN ("
           "SELECT credit_account FROM transfers WHERE kind = 'purchase' AND amount = 5)");
  for (int i = 0; i < MANY; i++)
    g_free (talkers[i].name);
}

static void
add_tests (void)
{
  set_up_relay ();
  g_test_add_func ("/store/faults/lost-answers", test_lost_answers);
  g_test_add_func ("/store/faults/lost-top-up", test_lost_top_up);
  g_test_add_func ("/store/faults/relay-gone", tear_down_relay);
  g_test_add_func ("/store/faults/terminated", test_terminated);
  g_test_add_func ("/store/faults/stale-plan", test_stale_plan);
  g_test_add_func ("/store/faults/same-unit", test_same_unit);
  g_test_add_func ("/store/faults/same-otomo", test_same_otomo);
  g_test_add_func ("/store/faults/hanging", test_hanging);
  g_test_add_func ("/store/faults/killed", test_killed);
  g_test_add_func ("/store/faults/storm", test_storm);
}

int
main (int argc, char **argv)
{
  return fixture_run (argc, argv, add_tests);
}
