/* Records of calls: each becomes one call of a function in data/sql/004-records.sql. The order of a
 * call's records is its caller's business, who puts the next one when the last was answered. */

#include "store-private.h"

#include "log.h"

/* ---- out ---- */

#define MOMENT "ROW ($1, instant ($2), $3, $4, $5, $6, $7)::call_moment"

static const char *const statements[] = {
  [OT_RECORD_REQUESTED] = "SELECT * FROM record_requested (" MOMENT ", $8, $9, $10, $11, $12, $13, "
                          "$14, $15)",
  [OT_RECORD_ACCEPTED] = "SELECT * FROM record_accepted (" MOMENT ")",
  [OT_RECORD_STARTED] =
      "SELECT * FROM record_started (" MOMENT ", instant ($8), $9, $10, $11, $12, $13, $14)",
  [OT_RECORD_UNIT] = "SELECT * FROM record_unit (" MOMENT ", $8, instant ($9))",
  [OT_RECORD_NOTED] = "SELECT * FROM record_noted (" MOMENT ")",
  [OT_RECORD_ENDED] = "SELECT * FROM record_ended (" MOMENT ", $8, $9, instant ($10))",
  [OT_RECORD_QUALITY] = "SELECT * FROM record_quality (" MOMENT ", $8)",
  [OT_RECORD_REFUSED] = "SELECT * FROM record_refused (" MOMENT ")",
};

static void
add_pair (OtStatement *statement, gint64 caller, gint64 callee)
{
  ot_statement_add_printf (statement, "{%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT "}", caller,
                           callee);
}

static void
add_evidence (OtStatement *statement, const OtRecord *record)
{
  const OtRtpEvidence *caller = &record->evidence[OT_SIDE_CALLER];
  const OtRtpEvidence *callee = &record->evidence[OT_SIDE_CALLEE];

  add_pair (statement, caller->ssrc, callee->ssrc);
  add_pair (statement, caller->first_sequence, callee->first_sequence);
  add_pair (statement, record->evidence_wall_us[OT_SIDE_CALLER],
            record->evidence_wall_us[OT_SIDE_CALLEE]);
  add_pair (statement, caller->first_us, callee->first_us);
  add_pair (statement, (gint64)caller->packet_count, (gint64)callee->packet_count);
}

void
ot_store_add_quality (OtStatement *statement, const OtQuality *quality)
{
  g_autoptr (GString) text = g_string_new ("{");

  if (quality == NULL) {
    ot_statement_add (statement, NULL);
    return;
  }
  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++) {
    const gint64 *figures = (const gint64 *)&quality[side];

    for (gsize i = 0; i < OT_QUALITY_FIGURES; i++)
      g_string_append_printf (text, "%" G_GINT64_FORMAT ",", figures[i]);
    g_string_append_printf (text, "%d%c", ot_quality_mos_percent (quality, side),
                            side == OT_SIDE_CALLER ? ',' : '}');
  }
  ot_statement_add (statement, text->str);
}

static OtStatement *
statement_of (const OtStore *self, const OtRecord *record)
{
  OtStatement *statement = ot_statement_new (statements[record->kind]);

  ot_statement_add (statement, record->call_id);
  ot_statement_add_int (statement, record->at_us);
  ot_statement_add (statement, record->actor);
  ot_statement_add (statement, record->event);
  ot_statement_add (statement, record->from_state);
  ot_statement_add (statement, record->to_state);
  ot_statement_add (statement, record->detail);
  if (record->kind == OT_RECORD_REQUESTED) {
    ot_statement_add (statement, record->caller_id);
    ot_statement_add (statement, record->callee_id);
    ot_statement_add_bool (statement, record->callee_online);
    ot_statement_add_int (statement, self->share_percent);
    ot_statement_add_int (statement, self->unit_seconds);
    ot_statement_add (statement, ot_charge_mode_name (self->charge));
    ot_statement_add (statement, ot_partial_unit_name (self->partial_unit));
    ot_statement_add (statement, self->node_id);
  } else if (record->kind == OT_RECORD_STARTED) {
    ot_statement_add_int (statement, record->due_us);
    ot_statement_add_int (statement, record->started_mono_us);
    add_evidence (statement, record);
  } else if (record->kind == OT_RECORD_UNIT) {
    ot_statement_add_int (statement, record->unit_index);
    ot_statement_add_int (statement, record->due_us);
  } else if (record->kind == OT_RECORD_ENDED) {
    ot_statement_add (statement, ot_reason_name (record->reason));
    ot_statement_add_int (statement, record->total_seconds);
    if (record->talked_until_us != 0)
      ot_statement_add_int (statement, record->talked_until_us);
    else
      ot_statement_add (statement, NULL);
  } else if (record->kind == OT_RECORD_QUALITY) {
    ot_store_add_quality (statement, record->quality);
  }
  return statement;
}

/* ---- back ---- */

static const char *const outcomes[] = {
  [OT_OUTCOME_DONE] = "DONE",
  [OT_OUTCOME_LAST] = "LAST",
  [OT_OUTCOME_REPEATED] = "REPEATED",
  [OT_OUTCOME_DUPLICATE] = "DUPLICATE",
  [OT_OUTCOME_PERMISSION_DENIED] = "PERMISSION_DENIED",
  [OT_OUTCOME_USER_NOT_FOUND] = "USER_NOT_FOUND",
  [OT_OUTCOME_USER_OFFLINE] = "USER_OFFLINE",
  [OT_OUTCOME_USER_BUSY] = "USER_BUSY",
  [OT_OUTCOME_INSUFFICIENT_BALANCE] = "INSUFFICIENT_BALANCE",
  [OT_OUTCOME_OVER] = "OVER",
  [OT_OUTCOME_LOST] = NULL, /* an error of the database's, as is a fault */
  [OT_OUTCOME_FAULT] = NULL,
};

static OtOutcome
outcome_of (const char *name)
{
  for (OtOutcome outcome = OT_OUTCOME_DONE; outcome < OT_OUTCOME_LOST; outcome++)
    if (g_strcmp0 (outcomes[outcome], name) == 0)
      return outcome;
  g_assert_not_reached (); /* data/sql/004-records.sql says something that is not here */
}

static void
read_answer (const PGresult *answer, OtRecordResult *result)
{
  result->outcome = outcome_of (ot_answer_text (answer, "outcome"));
  result->state = ot_answer_text (answer, "state");
  result->reason = ot_answer_text (answer, "reason");
  result->price_points = ot_answer_int (answer, "price_points", 0);
  result->share_percent = ot_answer_int (answer, "share_percent", 0);
  result->unit_index = (int)ot_answer_int (answer, "unit_index", 0);
  result->charged_points = ot_answer_int (answer, "charged_points", 0);
  result->earned_points = ot_answer_int (answer, "earned_points", 0);
  result->balance_points[OT_SIDE_CALLER] = ot_answer_int (answer, "caller_balance", 0);
  result->balance_points[OT_SIDE_CALLEE] = ot_answer_int (answer, "callee_balance", 0);
}

typedef struct {
  OtRecordDone done; /* (nullable) */
  gpointer user_data;
  char *what; /* owned; for the log */
} Writing;

static void
on_written (const PGresult *answer, gpointer user_data)
{
  g_autofree Writing *writing = user_data;
  g_autofree char *what = writing->what;
  OtRecordResult result = { .outcome = OT_OUTCOME_FAULT };

  if (answer == NULL)
    return; /* closed before: nobody is told any more */
  if (ot_answer_is_lease_lost (answer)) {
    result.outcome = OT_OUTCOME_LOST; /* whether all calls are, the next renewal says */
  } else if (ot_answer_is_error (answer)) {
    g_autoptr (GError) error = ot_answer_error (answer);
    ot_error ("%s: %s", what, error->message);
  } else {
    read_answer (answer, &result);
  }
  if (writing->done != NULL)
    writing->done (&result, writing->user_data);
}

/* ---- public ---- */

/* Only rows that nothing depends on are dropped; a call has one record under way, so those are as
 * few as calls. */
static gboolean
must_drop (OtStore *self, const OtRecord *record)
{
  if (record->kind != OT_RECORD_REFUSED || !ot_pool_is_full (self->refusals))
    return FALSE;
  self->refused_dropped++;
  if ((self->refused_dropped & (self->refused_dropped - 1)) == 0) /* 1, 2, 4 … */
    ot_warning ("too much waits for the database: %" G_GUINT64_FORMAT
                " rows about refused events are dropped so far",
                self->refused_dropped);
  return TRUE;
}

void
ot_store_write (gpointer user_data, const OtRecord *record, OtRecordDone done, gpointer done_data)
{
  OtStore *self = user_data;
  OtPool *pool = record->kind == OT_RECORD_REFUSED ? self->refusals : self->records;
  Writing *writing;

  g_return_if_fail (pool != NULL);
  g_return_if_fail (record->kind < G_N_ELEMENTS (statements));
  if (must_drop (self, record))
    return;
  writing = g_new0 (Writing, 1);
  writing->done = done;
  writing->user_data = done_data;
  writing->what = g_strdup_printf ("call %s: %s", record->call_id, record->event);
  ot_pool_send (pool, statement_of (self, record), 0, on_written, writing);
}
