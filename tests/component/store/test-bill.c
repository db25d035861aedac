/* The worked examples of docs/billing.md, each walked through PostgreSQL by a store of its terms;
 * and each record written twice, as after a lost answer. */

#include "bill-table.h"
#include "talk.h"

#define S (1.0 * G_USEC_PER_SEC)

static char *terms_id; /* of the call at hand */

static void
close_terms (void)
{
  OtStore *terms = g_steal_pointer (&talk_store);

  fixture_close (terms);
  g_assert_finalize_object (terms);
}

/* A store of these terms; a server of before, if it left a call open, was killed. */
static void
open_terms (const BillRow *row)
{
  OtStoreOptions options = { .database = ot_store_conninfo (store),
                             .node_id = "bill",
                             .unit_seconds = (int)(row->unit_us / G_USEC_PER_SEC),
                             .share_percent = (int)row->share_percent,
                             .charge = row->charge,
                             .partial_unit = row->partial_unit };
  g_autoptr (GError) error = NULL;

  talk_store = ot_store_new (&options);
  error = fixture_start (talk_store);
  g_assert_no_error (error);
}

static void
request (void)
{
  OtRecord record = talk_record (OT_RECORD_REQUESTED, terms_id, 0);
  g_autofree char *caller = g_strconcat (terms_id, "-u", NULL);
  g_autofree char *callee = g_strconcat (terms_id, "-o", NULL);

  record.actor = record.caller_id = caller;
  record.callee_id = callee;
  record.callee_online = TRUE;
  record.event = "call_request";
  record.to_state = "ringing";
  g_assert_cmpint (talk_do (&record).outcome, ==, OT_OUTCOME_DONE);
}

static Answer
twice (const OtRecord *record)
{
  Answer first = talk_do (record);
  Answer second = talk_do (record);

  g_assert_cmpint (first.outcome, ==, second.outcome);
  g_assert_cmpint (first.unit_index, ==, second.unit_index);
  g_assert_cmpint (first.charged_points, ==, second.charged_points);
  g_assert_cmpint (first.earned_points, ==, second.earned_points);
  g_assert_cmpint (first.wallet, ==, second.wallet);
  return first;
}

static void
start (void)
{
  OtRecord record = talk_record (OT_RECORD_STARTED, terms_id, 2);

  record.event = "first_rtp";
  record.from_state = "accepted";
  record.to_state = "in_call";
  record.due_us = record.at_us;
  record.started_mono_us = 2000000;
  g_assert_cmpint (twice (&record).outcome, ==, OT_OUTCOME_DONE);
}

/* Returns: when the call was over, from its start. */
static gint64
talk (const BillRow *row, gint64 *told_points)
{
  OtBilling billing;
  int unit;

  ot_billing_start (&billing, row->charge, 0, row->unit_us);
  while ((unit = ot_billing_take (&billing, row->hangs_up_us)) != 0) {
    gint64 due_us = ot_billing_due_us (&billing, unit);
    OtRecord record = talk_record (OT_RECORD_UNIT, terms_id, 2 + due_us / S);
    Answer answer;
    record.from_state = record.to_state = "in_call";
    record.unit_index = unit;
    record.due_us = record.at_us;
    answer = twice (&record);
    *told_points += answer.charged_points;
    if (answer.outcome != OT_OUTCOME_DONE)
      return due_us;
  }
  return row->hangs_up_us;
}

static void
end (gint64 talked_us, gint64 *told_points)
{
  OtRecord record = talk_record (OT_RECORD_ENDED, terms_id, 2 + talked_us / S);

  record.event = "end";
  record.from_state = "in_call";
  record.to_state = "ended";
  record.reason = OT_REASON_USER_END;
  record.talked_until_us = record.at_us;
  record.total_seconds = talked_us / G_USEC_PER_SEC;
  *told_points += twice (&record).charged_points;
}

static void
test_row (gconstpointer data)
{
  const BillRow *row = data;
  g_autofree char *expected = NULL;
  gint64 told_points = row->charge == OT_CHARGE_ADVANCE ? row->price_points : 0;
  gint64 talked_us;

  talk_people (terms_id, row->balance_points, row->price_points, (int)row->share_percent);
  open_terms (row);
  request ();
  talk_accept (terms_id);
  start ();
  fixture_assert_audit ();
  talked_us = talk (row, &told_points);
  end (talked_us, &told_points);
  g_assert_cmpint (talked_us, ==, row->talked_us);
  g_assert_cmpint (told_points, ==, row->charged_points);
  expected = g_strdup_printf (
      "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " 0",
      row->units, row->charged_points, row->earned_points, row->left_points);
  fixture_assert_sql (expected,
                      "SELECT concat_ws (' ', units_charged, total_charged, earned.balance, "
                      "wallet.balance, hold.balance) "
                      "FROM calls JOIN accounts AS earned ON earned.id = earnings_of (callee_id) "
                      "JOIN accounts AS wallet ON wallet.id = wallet_of (caller_id) "
                      "JOIN accounts AS hold ON hold.id = hold_of (caller_id) WHERE call_id = '%s'",
                      terms_id);
  close_terms ();
  fixture_assert_audit ();
}

static void
test_rows (void)
{
  g_autoptr (GArray) rows = bill_table_read (BILL_TABLE);

  for (guint i = 0; i < rows->len; i++) {
    g_autofree char *id = g_strdup_printf ("bill-%u", i + 1);
    terms_id = id;
    g_test_message ("row %u", i + 1);
    test_row (&g_array_index (rows, BillRow, i));
  }
}

/* What is held can't be spent elsewhere, and what is left of it comes back. */
static void
test_hold (void)
{
  BillRow row = { OT_CHARGE_ARREARS, OT_PARTIAL_PRO_RATA, 10, 50, 60 * G_USEC_PER_SEC, 15 };
  g_autofree char *state = NULL;
  gint64 told_points = 0;

  terms_id = "held";
  talk_people (terms_id, 15, 10, 50);
  open_terms (&row);
  request ();
  talk_accept (terms_id);
  start ();
  fixture_assert_sql ("5 10",
                      "SELECT concat_ws (' ', w.balance, h.balance) FROM accounts w, accounts h "
                      "WHERE (w.id, h.id) = ('wallet/held-u', 'hold/held-u')");
  state = fixture_sql_refused (
      "INSERT INTO transfers (id, debit_account, credit_account, amount, kind, operator, reason) "
      "VALUES ('elsewhere', 'wallet/held-u', 'platform/00', 6, 'adjustment', 'test', 'spent')");
  g_assert_cmpstr (state, ==, "23514");
  end (30 * G_USEC_PER_SEC, &told_points);
  g_assert_cmpint (told_points, ==, 5);
  fixture_assert_sql ("10 0",
                      "SELECT concat_ws (' ', w.balance, h.balance) FROM accounts w, accounts h "
                      "WHERE (w.id, h.id) = ('wallet/held-u', 'hold/held-u')");
  close_terms ();
  fixture_assert_audit ();
}

/* A server that was killed: rounded in the user's favour, never beyond what is held, nothing for
 * `free`. */
static void
test_recovery (void)
{
  static const struct {
    const char *id;
    OtPartialUnit rule;
    double alive_s;
    const char *expected; /* seconds, units, charged */
  } cases[] = {
    { "crash-rata", OT_PARTIAL_PRO_RATA, 59, "59 1 9" }, /* 9.83 */
    { "crash-charge", OT_PARTIAL_CHARGE, 59, "59 1 9" },
    { "crash-free", OT_PARTIAL_FREE, 59, "59 0 0" },
    { "crash-whole", OT_PARTIAL_FREE, 60, "60 1 10" },
    { "crash-beyond", OT_PARTIAL_PRO_RATA, 63, "60 1 10" },
    { "crash-soon", OT_PARTIAL_PRO_RATA, 1, "1 0 0" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    BillRow row = { OT_CHARGE_ARREARS, cases[i].rule, 10, 50, 60 * G_USEC_PER_SEC, 100 };
    terms_id = (char *)cases[i].id;
    talk_people (terms_id, 100, 10, 50);
    open_terms (&row);
    request ();
    talk_accept (terms_id);
    start ();
    g_free (fixture_sql ("SELECT calls_alive (ARRAY['%s'], %d)", terms_id,
                         (int)((2 + cases[i].alive_s) * S)));
    close_terms ();
    open_terms (&row);
    close_terms ();
    fixture_assert_sql (
        cases[i].expected,
        "SELECT concat_ws (' ', total_seconds, units_charged, total_charged) FROM calls "
        "WHERE call_id = '%s' AND end_reason = 'server_shutdown'",
        terms_id);
    fixture_assert_sql ("0", "SELECT balance FROM accounts WHERE id = hold_of ('%s-u')", terms_id);
    fixture_assert_audit ();
  }
}

static void
add_tests (void)
{
  g_test_add_func ("/store/bill/rows", test_rows);
  g_test_add_func ("/store/bill/hold", test_hold);
  g_test_add_func ("/store/bill/recovery", test_recovery);
}

int
main (int argc, char **argv)
{
  return fixture_run (argc, argv, add_tests);
}
