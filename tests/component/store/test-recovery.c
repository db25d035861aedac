/* What a server that was killed leaves behind is closed by the next one of its node, once, and only
 * its own. */

#include <math.h>

#include "talk.h"

static OtStore *dead;

/* A call of the node "dead", through a store of its own. */
static void
request (const char *call_id)
{
  g_autofree char *caller = g_strconcat (call_id, "-u", NULL),
                  *callee = g_strconcat (call_id, "-o", NULL);
  OtRecord record = talk_record (OT_RECORD_REQUESTED, call_id, 0);
  Answer answer = { 0 };

  talk_people (call_id, 100, 7, 50);
  record.caller_id = caller;
  record.callee_id = callee;
  record.callee_online = TRUE;
  record.to_state = "ringing";
  talk_write (dead, &record, &answer);
  talk_await (&answer);
  g_assert_cmpint (answer.outcome, ==, OT_OUTCOME_DONE);
}

static void
begin (const char *call_id)
{
  request (call_id);
  talk_accept (call_id);
  g_assert_cmpint (talk_start (call_id).outcome, ==, OT_OUTCOME_DONE);
}

static gboolean
is_quiet (gpointer data)
{
  return ot_store_waiting (dead) == 0;
}

static void
alive (const char *call_id, double at_s)
{
  const char *const call_ids[] = { call_id, "never-was", NULL };

  ot_store_renew (dead, call_ids, (gint64)llrint (at_s * G_USEC_PER_SEC)); /* starts at 2 s */
  fixture_wait (is_quiet, NULL);
}

static void
restart (void)
{
  GError *error;

  fixture_close (dead);
  g_assert_finalize_object (dead);
  dead = fixture_new_store (NULL, ot_store_conninfo (store), "dead");
  error = fixture_start (dead);
  g_assert_no_error (error);
  talk_store = dead;
}

static void
assert_end (const char *call_id, const char *expected)
{
  fixture_assert_sql (
      expected,
      "SELECT concat_ws (' ', status, end_reason, extract (epoch FROM ended_at - "
      "started_at)::float8, total_seconds, "
      "units_charged, total_charged, total_refunded) FROM calls WHERE call_id = '%s'",
      call_id);
}

static void
test_recovery (void)
{
  talk_store = dead;
  begin ("never-alive");
  begin ("middle");
  alive ("middle", 2 + 20.5);
  alive ("middle", 2 + 10); /* an older one that came late */
  begin ("second");
  talk_unit ("second", 2);
  alive ("second", 2 + 119.999999);
  begin ("whole-unit");
  alive ("whole-unit", 2 + 60);
  begin ("past-the-paid");
  alive ("past-the-paid", 2 + 65);
  begin ("waiting");
  alive ("waiting", 2 + 30);
  talk_note ("waiting", 2 + 33, "in_call", "reconnecting");
  alive ("waiting", 2 + 40);
  request ("ringing");
  request ("accepted");
  talk_accept ("accepted");
  talk_store = NULL;
  talk_begin ("others", 100, 7, 50); /* of the node that lives */

  for (int i = 0; i < 2; i++) {
    restart ();
    assert_end ("never-alive", "ended server_shutdown 0 0 1 0 7");
    assert_end ("middle", "ended server_shutdown 20.5 20 1 2 5"); /* 7 · 39.5 / 60 = 4.6 */
    assert_end ("second", "ended server_shutdown 119.999999 119 2 13 1");
    assert_end ("whole-unit", "ended server_shutdown 60 60 1 7 0");
    assert_end ("past-the-paid", "ended server_shutdown 60 60 1 7 0");
    assert_end ("waiting", "ended server_shutdown 40 40 1 4 3"); /* 7 · 20 / 60 = 2.3 */
    assert_end ("ringing", "failed server_shutdown 0 0 0 0");
    assert_end ("accepted", "failed server_shutdown 0 0 0 0");
    assert_end ("others", "in_call 1 7 0");
    fixture_assert_sql ("98", "SELECT balance FROM accounts WHERE id = 'wallet/middle-u'");
    fixture_assert_sql ("3", "SELECT balance FROM accounts WHERE id = 'earnings/middle-o'");
    fixture_assert_sql ("4", "SELECT count(*) FROM transfers WHERE kind = 'refund'");
    fixture_assert_sql ("8", "SELECT count(*) FROM call_events WHERE event = 'recovered'");
    fixture_assert_audit ();
  }
  g_assert_cmpint (talk_unit ("middle", 2).outcome, ==,
                   OT_OUTCOME_OVER); /* the dead one's last words */
  g_assert_cmpint (talk_request ("middle").outcome, ==,
                   OT_OUTCOME_DONE); /* that request was granted, once */
  fixture_assert_audit ();
}

static void
add_tests (void)
{
  g_autoptr (GError) error = NULL;

  dead = fixture_new_store (NULL, ot_store_conninfo (store), "dead");
  error = fixture_start (dead);
  g_assert_no_error (error);
  g_test_add_func ("/store/recovery", test_recovery);
}

int
main (int argc, char **argv)
{
  return fixture_run (argc, argv, add_tests);
}
