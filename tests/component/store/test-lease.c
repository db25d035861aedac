/* Several servers on one database: who may start, whose calls are whose, what becomes of a dead
 * one's, and that a server that lost its lease can't charge. */

#include <string.h>

#include "talk.h"

#define MS (G_USEC_PER_SEC / 1000)
#define SHORT 400, 400 /* ms of a lease, ms until it is taken over */
#define LONG 60000, 60000

typedef struct {
  OtStore *store;
  guint renewing; /* source id; 0: it is silent */
  int losses;
} Server;

static void
on_lost (gpointer user_data)
{
  ((Server *)user_data)->losses++;
}

static gboolean
renew (gpointer user_data)
{
  const char *const nobody[] = { NULL };

  ot_store_renew (((Server *)user_data)->store, nobody, 0);
  return G_SOURCE_CONTINUE;
}

static void
speak (Server *self)
{
  self->renewing = g_timeout_add (50, renew, self);
}

static void
fall_silent (Server *self)
{
  if (self->renewing != 0)
    g_source_remove (self->renewing);
  self->renewing = 0;
}

/* A store that has not begun. */
static void
make (Server *self, const char *node_id, gint64 lease_ms, gint64 takeover_ms)
{
  OtStoreOptions options = { .database = ot_store_conninfo (store),
                             .node_id = node_id,
                             .unit_seconds = 60,
                             .share_percent = 50,
                             .lease_us = lease_ms * MS,
                             .takeover_us = takeover_ms * MS,
                             .lost = on_lost,
                             .lost_data = self };

  *self = (Server){ .store = ot_store_new (&options) };
}

static void
begin (Server *self, const char *node_id, gint64 lease_ms, gint64 takeover_ms)
{
  g_autoptr (GError) error = NULL;

  make (self, node_id, lease_ms, takeover_ms);
  error = fixture_start (self->store);
  g_assert_no_error (error);
}

static void
end (Server *self)
{
  fall_silent (self);
  fixture_close (self->store);
  g_assert_finalize_object (self->store);
}

static OtRecord
unit_two (const char *call_id)
{
  OtRecord record = talk_record (OT_RECORD_UNIT, call_id, 62);

  record.event = "unit_due";
  record.from_state = record.to_state = "in_call";
  record.unit_index = 2;
  record.due_us = record.at_us;
  return record;
}

static void
talk_with (Server *self, const char *call_id)
{
  talk_store = self->store;
  talk_begin (call_id, 100, 10, 50);
}

static gboolean
has_lost (gpointer data)
{
  return ((Server *)data)->losses > 0;
}

/* ---- one name, two servers ---- */

static void
test_twin (void)
{
  g_autoptr (GError) error = NULL;
  Server first, second;

  begin (&first, "twin", LONG);
  speak (&first);
  make (&second, "twin", LONG);
  error = fixture_start (second.store);
  g_assert_error (error, OT_STORE_ERROR, OT_STORE_ERROR_IN_USE);
  g_assert_nonnull (strstr (error->message, "twin"));
  end (&second);
  g_assert_cmpint (first.losses, ==, 0);
  talk_with (&first, "twin-call");
  g_assert_cmpint (talk_end ("twin-call", 3, "in_call", OT_REASON_USER_END).outcome, ==,
                   OT_OUTCOME_DONE);
  end (&first);
}

/* It lives and is not heard of for too long: its name goes to the next, who closes its calls; and
 * nothing that it writes after that is accepted. */
static void
test_usurped (void)
{
  OtRecord record = unit_two ("usurped");
  Server first, second;

  begin (&first, "silent", SHORT);
  talk_with (&first, "usurped");
  begin (&second, "silent", SHORT); /* waits until the lease has run out */
  g_assert_cmpint (talk_do (&record).outcome, ==, OT_OUTCOME_OVER);
  fixture_assert_sql ("server_shutdown 1 10", "SELECT concat_ws (' ', end_reason, units_charged, "
                                              "total_charged + total_refunded) FROM calls "
                                              "WHERE call_id = 'usurped'");
  talk_people ("late", 100, 10, 50);
  g_assert_cmpint (talk_request ("late").outcome, ==, OT_OUTCOME_LOST);
  renew (&first);
  fixture_wait (has_lost, &first);
  g_assert_false (ot_store_is_available (first.store));
  renew (&first); /* is no longer asked */
  talk_store = second.store;
  g_assert_cmpint (talk_request ("late").outcome, ==, OT_OUTCOME_DONE);
  talk_end ("late", 1, "ringing", OT_REASON_CANCELLED);
  end (&first);
  end (&second);
  g_assert_cmpint (first.losses, ==, 1);
  fixture_assert_audit ();
}

/* Stopped in order, or dead and its connections with it: no reason to wait for the lease, which
 * would outlast the test. */
static void
test_next (void)
{
  for (int i = 0; i < 3; i++) {
    g_autofree char *call_id = g_strdup_printf ("next-%d", i);
    OtStoreOptions options = { .database = ot_store_conninfo (store),
                               .node_id = "next",
                               .unit_seconds = 60,
                               .share_percent = 50,
                               .lease_us = 600 * G_USEC_PER_SEC };
    g_autoptr (GError) error = NULL;

    talk_store = ot_store_new (&options);
    error = fixture_start (talk_store);
    g_assert_no_error (error);
    if (i < 2)
      talk_begin (call_id, 100, 10, 50); /* open: the lease stays */
    fixture_close (talk_store);
    g_assert_finalize_object (talk_store);
    fixture_assert_sql (i < 2 ? "1" : "0", "SELECT count(*) FROM leases WHERE node_id = 'next'");
  }
  fixture_assert_audit ();
}

/* ---- two names ---- */

static gboolean
are_answered (gpointer data)
{
  const Answer *answers = data;

  return answers[0].answered && answers[1].answered;
}

/* Both believe that the call is theirs: one wins, the other is told. */
static void
test_same_unit (void)
{
  OtRecord record = unit_two ("shared");
  Answer answers[2] = { 0 };
  Server owner, other;

  begin (&owner, "owner", LONG);
  begin (&other, "other", LONG);
  talk_with (&owner, "shared");
  talk_write (other.store, &record, &answers[1]);
  talk_write (owner.store, &record, &answers[0]);
  fixture_wait (are_answered, answers);
  g_assert_cmpint (answers[0].outcome, ==, OT_OUTCOME_DONE);
  if (answers[1].outcome != OT_OUTCOME_DONE) /* after the owner's, its answer is the owner's */
    g_assert_cmpint (answers[1].outcome, ==, OT_OUTCOME_LOST);
  record = talk_record (OT_RECORD_UNIT, "shared", 122);
  record.from_state = record.to_state = "in_call";
  record.unit_index = 3;
  record.due_us = record.at_us;
  talk_store = other.store;
  g_assert_cmpint (talk_do (&record).outcome, ==, OT_OUTCOME_LOST);
  g_assert_cmpint (talk_end ("shared", 70, "in_call", OT_REASON_USER_END).outcome, ==,
                   OT_OUTCOME_LOST);
  fixture_assert_sql ("in_call 2 20",
                      "SELECT concat_ws (' ', status, units_charged, total_charged) FROM calls "
                      "WHERE call_id = 'shared'");
  fixture_assert_sql ("80", "SELECT balance FROM accounts WHERE id = 'wallet/shared-u'");
  talk_store = owner.store;
  g_assert_cmpint (talk_end ("shared", 70, "in_call", OT_REASON_USER_END).outcome, ==,
                   OT_OUTCOME_DONE);
  end (&other);
  end (&owner);
  fixture_assert_audit ();
}

static gboolean
is_over (gpointer call_id)
{
  g_autofree char *live =
      fixture_sql ("SELECT live FROM calls WHERE call_id = '%s'", (const char *)call_id);

  return g_str_equal (live, "f");
}

static void
test_take_over (void)
{
  OtRecord record = unit_two ("orphan");
  Server dead, heir;

  begin (&dead, "dead", SHORT);
  begin (&heir, "heir", SHORT);
  talk_with (&dead, "orphan");
  speak (&heir);
  fixture_wait (is_over, (gpointer) "orphan");
  fixture_assert_sql (
      "server_shutdown dead",
      "SELECT concat_ws (' ', end_reason, node_id) FROM calls WHERE call_id = 'orphan'");
  fixture_assert_sql ("100", "SELECT balance FROM accounts WHERE id = 'wallet/orphan-u'");
  fixture_assert_sql ("0", "SELECT count(*) FROM leases WHERE node_id = 'dead'");
  g_assert_cmpint (talk_do (&record).outcome, ==, OT_OUTCOME_OVER);
  renew (&dead);
  fixture_wait (has_lost, &dead);
  g_assert_cmpint (heir.losses, ==, 0);
  end (&heir);
  end (&dead);
  fixture_assert_audit ();
}

static gboolean
look_again (gpointer user_data)
{
  return G_SOURCE_CONTINUE; /* wakes the loop for a condition that no event announces */
}

static gboolean
have_run_out (gpointer data)
{
  g_autofree char *count =
      fixture_sql ("SELECT count(*) FROM leases WHERE node_id IN ('away-1', 'away-2') "
                   "AND expires_at + interval '2.1 s' < clock_timestamp()");

  return g_str_equal (count, "2");
}

static gboolean
is_renewed (gpointer node_id)
{
  g_autofree char *is =
      fixture_sql ("SELECT expires_at > clock_timestamp() FROM leases WHERE node_id = '%s'",
                   (const char *)node_id);

  return g_strcmp0 (is, "t") == 0;
}

/* The database was away from all for longer than leases last: nobody is taken for dead. */
static void
test_all_away (void)
{
  guint ticking = g_timeout_add (50, look_again, NULL);
  Server one, two;

  begin (&one, "away-1", 400, 2000);
  begin (&two, "away-2", 400, 2000);
  talk_with (&one, "away");
  fixture_wait (have_run_out, NULL);
  g_source_remove (ticking);
  speak (&two);
  fixture_wait (is_renewed, (gpointer) "away-2");
  speak (&one);
  fixture_wait (is_renewed, (gpointer) "away-1");
  g_assert_cmpint (one.losses + two.losses, ==, 0);
  g_assert_cmpint (talk_unit ("away", 2).outcome, ==, OT_OUTCOME_DONE);
  talk_end ("away", 70, "in_call", OT_REASON_USER_END);
  end (&one);
  end (&two);
  fixture_assert_audit ();
}

static void
add_tests (void)
{
  g_test_add_func ("/store/lease/twin", test_twin);
  g_test_add_func ("/store/lease/usurped", test_usurped);
  g_test_add_func ("/store/lease/next", test_next);
  g_test_add_func ("/store/lease/same-unit", test_same_unit);
  g_test_add_func ("/store/lease/take-over", test_take_over);
  g_test_add_func ("/store/lease/all-away", test_all_away);
}

int
main (int argc, char **argv)
{
  return fixture_run (argc, argv, add_tests);
}
