/* Each invariant, broken by hand with all guards off, is found; and none is found where nothing is
 * broken. */

#include <string.h>

#include "talk.h"

#define UNGUARDED "SET session_replication_role = replica; "

typedef struct {
  const char *name;
  int invariant;
  const char *break_it;
  const char *mend_it;
} Breakage;

/* Of the call "audit": 10 points a unit, half of it shared, units at 2, 62 and 122 s, ended at 130
 * s. */
static const Breakage breakages[] = {
  { "points from nowhere", 1,
    "UPDATE accounts SET balance = balance + 1 WHERE id = 'wallet/audit-u'",
    "UPDATE accounts SET balance = balance - 1 WHERE id = 'wallet/audit-u'" },
  { "balance without transfer", 1,
    "UPDATE accounts SET balance = balance + CASE id WHEN 'wallet/audit-u' THEN 1 ELSE -1 END "
    "WHERE id IN ('wallet/audit-u', 'earnings/audit-o')",
    "UPDATE accounts SET balance = balance - CASE id WHEN 'wallet/audit-u' THEN 1 ELSE -1 END "
    "WHERE id IN ('wallet/audit-u', 'earnings/audit-o')" },
  { "wallet below zero", 2,
    "ALTER TABLE accounts DROP CONSTRAINT accounts_not_below_zero; "
    "UPDATE accounts SET balance = -1 WHERE id = 'wallet/audit-u'",
    "UPDATE accounts SET balance = 70 WHERE id = 'wallet/audit-u'; "
    "ALTER TABLE accounts ADD CONSTRAINT accounts_not_below_zero CHECK (balance >= 0 OR kind NOT "
    "IN ('wallet', 'hold'))" },
  { "gap in the units", 3,
    "UPDATE transfers SET unit_index = 4 WHERE call_id = 'audit' AND unit_index = 3",
    "UPDATE transfers SET unit_index = 3 WHERE call_id = 'audit' AND unit_index = 4" },
  { "unit charged twice", 3,
    "ALTER TABLE transfers DROP CONSTRAINT transfers_once_a_unit; "
    "INSERT INTO transfers SELECT id || '!', debit_account, credit_account, amount, kind, call_id, "
    "unit_index, unit_at "
    "FROM transfers WHERE id = 'charge/audit/1'",
    "DELETE FROM transfers WHERE id = 'charge/audit/1!'; "
    "ALTER TABLE transfers ADD CONSTRAINT transfers_once_a_unit UNIQUE (call_id, unit_index, "
    "kind)" },
  { "charged before the start", 4,
    "UPDATE transfers SET unit_at = unit_at - interval '1 us' WHERE id = 'charge/audit/1'",
    "UPDATE transfers SET unit_at = unit_at + interval '1 us' WHERE id = 'charge/audit/1'" },
  { "charged after the end", 4,
    "UPDATE transfers SET unit_at = unit_at + interval '9 s' WHERE id = 'charge/audit/3'",
    "UPDATE transfers SET unit_at = unit_at - interval '9 s' WHERE id = 'charge/audit/3'" },
  { "more units than talk", 4, /* it left in_call at 100 s: two units */
    "UPDATE call_events SET at = at - interval '30 s' WHERE call_id = 'audit' AND to_state = "
    "'ended'",
    "UPDATE call_events SET at = at + interval '30 s' WHERE call_id = 'audit' AND to_state = "
    "'ended'" },
  { "fewer units than talk", 4,
    "UPDATE call_events SET at = at + interval '60 s' WHERE call_id = 'audit' AND to_state = "
    "'ended'",
    "UPDATE call_events SET at = at - interval '60 s' WHERE call_id = 'audit' AND to_state = "
    "'ended'" },
  { "end that the log doesn't know", 4,
    "UPDATE call_events SET to_state = 'in_call' WHERE call_id = 'audit' AND to_state = 'ended'",
    "UPDATE call_events SET to_state = 'ended' WHERE call_id = 'audit' AND event = 'end'" },
  { "wrong total", 5, "UPDATE calls SET total_charged = 31 WHERE call_id = 'audit'",
    "UPDATE calls SET total_charged = 30 WHERE call_id = 'audit'" },
  { "wrong count", 5, "UPDATE calls SET units_charged = 2 WHERE call_id = 'audit'",
    "UPDATE calls SET units_charged = 3 WHERE call_id = 'audit'" },
  { "wrong price", 5, "UPDATE calls SET price_per_unit = 11 WHERE call_id = 'audit'",
    "UPDATE calls SET price_per_unit = 10 WHERE call_id = 'audit'" },
  { "wrong share", 5, "UPDATE calls SET share_percent = 60 WHERE call_id = 'audit'",
    "UPDATE calls SET share_percent = 50 WHERE call_id = 'audit'" },
  { "over without an end", 6,
    "ALTER TABLE calls DROP CONSTRAINT calls_over_has_an_end; UPDATE calls SET ended_at = NULL "
    "WHERE call_id = 'audit'",
    "UPDATE calls SET ended_at = started_at + interval '128 s' WHERE call_id = 'audit'; "
    "ALTER TABLE calls ADD CONSTRAINT calls_over_has_an_end CHECK ("
    "live = (ended_at IS NULL) AND live = (end_reason IS NULL) AND live = (total_seconds IS "
    "NULL))" },
  { "in two live calls", 6,
    "DROP INDEX calls_one_a_caller; INSERT INTO calls (call_id, caller_id, callee_id, status, "
    "price_per_unit, share_percent, "
    "unit_seconds, requested_at, node_id) SELECT id, 'audit-u', id || '-o', 'ringing', 1, 1, 1, "
    "now(), 'n' "
    "FROM (VALUES ('two'), ('three')) AS v (id)",
    "DELETE FROM calls WHERE call_id IN ('two', 'three'); CREATE UNIQUE INDEX calls_one_a_caller "
    "ON calls (caller_id) WHERE live" },
};

static gboolean
mentions (const char *audit, int invariant)
{
  g_autofree char *key = g_strdup_printf ("\"invariant\":%d", invariant);

  return strstr (audit, key) != NULL;
}

static void
test_breakage (gconstpointer data)
{
  const Breakage *breakage = data;
  g_autofree char *audit = NULL;

  fixture_assert_audit ();
  g_free (fixture_sql (UNGUARDED "%s", breakage->break_it));
  audit = fixture_audit ();
  if (!mentions (audit, breakage->invariant))
    g_error ("%s: invariant %d is not in %s", breakage->name, breakage->invariant, audit);
  g_free (fixture_sql (UNGUARDED "%s", breakage->mend_it));
  fixture_assert_audit ();
}

/* What a live call may look like at any instant. */
static void
test_live (void)
{
  g_autofree char *audit = NULL;

  talk_begin ("live", 100, 10,
              -1); /* in 2023: it owes many units, and is charged when the database comes to it */
  fixture_assert_audit ();
  g_free (fixture_sql (
      UNGUARDED
      "UPDATE calls SET started_at = clock_timestamp() + interval '1 h' WHERE call_id = 'live'"));
  audit = fixture_audit ();
  g_assert_true (mentions (audit, 4)); /* charged before it started */
  g_free (fixture_sql (
      UNGUARDED
      "UPDATE calls SET started_at = accepted_at + interval '1 s' WHERE call_id = 'live'"));
  talk_end ("live", 3, "in_call", OT_REASON_USER_END);
  fixture_assert_audit ();
}

/* One that ends at the very instant at which a unit falls due owes it or not; one that ended for
 * lack of points doesn't. */
static void
test_edges (void)
{
  talk_begin ("edge1", 100, 10, -1);
  talk_end ("edge1", 62, "in_call", OT_REASON_USER_END);
  talk_begin ("edge2", 100, 10, -1);
  talk_unit ("edge2", 2);
  talk_end ("edge2", 62, "in_call", OT_REASON_USER_END);
  talk_begin ("edge3", 10, 10, -1);
  g_assert_cmpint (talk_unit ("edge3", 2).outcome, ==, OT_OUTCOME_INSUFFICIENT_BALANCE);
  talk_end ("edge3", 62.003, "in_call", OT_REASON_NO_POINT);
  fixture_assert_audit ();
}

static void
add_tests (void)
{
  talk_begin ("audit", 100, 10, -1);
  talk_unit ("audit", 2);
  talk_unit ("audit", 3);
  talk_end ("audit", 130, "in_call", OT_REASON_USER_END);
  talk_people ("two", 0, 10, -1);
  talk_people ("three", 0, 10, -1);
  g_test_add_func ("/store/audit/live", test_live);
  g_test_add_func ("/store/audit/edges", test_edges);
  for (guint i = 0; i < G_N_ELEMENTS (breakages); i++) {
    g_autofree char *path = g_strdup_printf ("/store/audit/%s", breakages[i].name);
    g_strdelimit (path, " '", '-');
    g_test_add_data_func (path, &breakages[i], test_breakage);
  }
}

int
main (int argc, char **argv)
{
  return fixture_run (argc, argv, add_tests);
}
