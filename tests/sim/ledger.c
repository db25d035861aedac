/* The database's rules, once more. */

#include "ledger.h"

void
ledger_init (Ledger *self, World *world)
{
  self->world = world;
  self->charge = world_percent (world, 50) ? OT_CHARGE_ADVANCE : OT_CHARGE_ARREARS;
  self->partial = (OtPartialUnit)world_between (world, OT_PARTIAL_CHARGE, OT_PARTIAL_PRO_RATA);
  self->share_percent = world_between (world, 0, 100);
  self->calls = g_ptr_array_new_with_free_func (g_free);
  self->refusals = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (int i = 0; i < PAIRS; i++) {
    self->prices[i] = world_between (world, 1, 300);
    ledger_move (self, i, world_between (world, 0, 200000));
  }
}

void
ledger_clear (Ledger *self)
{
  g_ptr_array_unref (self->calls);
  g_hash_table_unref (self->refusals);
}

SimCall *
ledger_find (Ledger *self, int id)
{
  return id >= 0 && (guint)id < self->calls->len ? self->calls->pdata[id] : NULL;
}

gboolean
ledger_is_live (const SimCall *call)
{
  return call->status < ENDED;
}

int
ledger_n_live (const Ledger *self)
{
  int n = 0;

  for (guint i = 0; i < self->calls->len; i++)
    n += self->calls->pdata[i] != NULL && ledger_is_live (self->calls->pdata[i]);
  return n;
}

static gboolean
breaks (const Ledger *self, const char *rule)
{
  return self->broken != NULL && g_str_equal (self->broken, rule);
}

void
ledger_move (Ledger *self, int user, gint64 points)
{
  points = MAX (points, -self->wallets[user]);
  self->wallets[user] += points;
  self->outside -= points;
  self->touched = NULL;
}

void
ledger_keep_alive (Ledger *self, int id, gint64 at_us)
{
  SimCall *call = ledger_find (self, id);

  if (call != NULL && ledger_is_live (call) && call->started_us != 0)
    call->alive_us = MAX (call->alive_us, at_us);
}

/* ---- money ---- */

static void
charge (Ledger *self, SimCall *call, gint64 *payer, gint64 points, gint64 due_us)
{
  gint64 share = points * call->share_percent / 100;

  *payer -= points;
  if (payer == &self->holds[call->caller])
    call->held -= points;
  self->platform += points - share;
  self->earnings[call->callee] += share;
  call->units++;
  call->charged += points;
  call->shared += share;
  if (call->first_due_us == 0)
    call->first_due_us = due_us;
  call->last_due_us = due_us;
  call->alive_us = MAX (call->alive_us, due_us);
}

static gboolean
charge_unit (Ledger *self, SimCall *call, gint64 due_us, gboolean *was_held)
{
  *was_held = FALSE;
  if (self->wallets[call->caller] >= call->price || breaks (self, "overdraw")) {
    charge (self, call, &self->wallets[call->caller], call->price, due_us);
    return TRUE;
  }
  if (self->charge == OT_CHARGE_ADVANCE)
    return FALSE;
  charge (self, call, &self->holds[call->caller], call->price, due_us);
  *was_held = TRUE;
  return TRUE;
}

static gboolean
hold_unit (Ledger *self, SimCall *call)
{
  if (self->wallets[call->caller] < call->price)
    return FALSE;
  self->wallets[call->caller] -= call->price;
  self->holds[call->caller] += call->price;
  call->held = call->price;
  return TRUE;
}

/* What is left of the price for a part of a unit. */
static gint64
price_of_part (const Ledger *self, const SimCall *call, gint64 part_us, gboolean our_fault)
{
  __int128 exact = (__int128)call->price * part_us;

  if (part_us <= 0)
    return 0;
  if (part_us >= UNIT_US)
    return call->price;
  if (self->partial == OT_PARTIAL_FREE)
    return 0;
  if (our_fault)
    return (gint64)(exact / UNIT_US);
  return self->partial == OT_PARTIAL_CHARGE ? call->price
                                            : (gint64)((exact + UNIT_US - 1) / UNIT_US);
}

static void
settle (Ledger *self, SimCall *call, gint64 talked_until_us, gboolean our_fault)
{
  gint64 part_us = talked_until_us - call->started_us - call->units * UNIT_US;
  gint64 points = MIN (price_of_part (self, call, part_us, our_fault), call->held);

  if (points > 0) {
    charge (self, call, &self->holds[call->caller], points, talked_until_us);
    call->rest_unit = call->units;
    call->rest_part_us = part_us;
  }
  if (breaks (self, "keep the hold"))
    return;
  self->holds[call->caller] -= call->held;
  self->wallets[call->caller] += call->held;
  call->held = 0;
}

/* ---- records ---- */

static void
tell_unit (Ledger *self, const SimCall *call, int unit, gboolean was_held, OtRecordResult *result)
{
  gint64 points = unit == 0 || unit > call->units ? 0
                  : unit == call->rest_unit
                      ? price_of_part (self, call, call->rest_part_us, call->recovered)
                      : call->price;

  result->outcome = was_held ? OT_OUTCOME_LAST : OT_OUTCOME_DONE;
  result->unit_index = unit;
  result->charged_points = points;
  result->earned_points = points * call->share_percent / 100;
  result->balance_points[OT_SIDE_CALLER] = self->wallets[call->caller];
  result->balance_points[OT_SIDE_CALLEE] = self->earnings[call->callee];
}

static gboolean
is_busy (const Ledger *self, int caller, int callee)
{
  for (guint i = 0; i < self->calls->len; i++) {
    const SimCall *call = self->calls->pdata[i];
    if (call != NULL && ledger_is_live (call) && (call->caller == caller || call->callee == callee))
      return TRUE;
  }
  return FALSE;
}

static const char *const status_names[] = { "ringing",      "accepted", "in_call",
                                            "reconnecting", "ended",    "failed" };

/* Asked again, it is refused as the first time, whatever has changed since. */
static OtOutcome
decide (Ledger *self, const OtRecord *record, int id, int caller, int callee)
{
  g_autofree char *key = g_strdup_printf ("%d %" G_GINT64_FORMAT, id, record->at_us);
  OtOutcome outcome = GPOINTER_TO_INT (g_hash_table_lookup (self->refusals, key));

  if (outcome != OT_OUTCOME_DONE && !breaks (self, "take what was refused"))
    return outcome;
  outcome = !record->callee_online                         ? OT_OUTCOME_USER_OFFLINE
            : is_busy (self, caller, callee)               ? OT_OUTCOME_USER_BUSY
            : self->wallets[caller] < self->prices[callee] ? OT_OUTCOME_INSUFFICIENT_BALANCE
                                                           : OT_OUTCOME_DONE;
  if (outcome != OT_OUTCOME_DONE)
    g_hash_table_insert (self->refusals, g_steal_pointer (&key), GINT_TO_POINTER (outcome));
  return outcome;
}

static void
request (
    Ledger *self, const OtRecord *record, int id, int caller, int callee, OtRecordResult *result)
{
  SimCall *call = ledger_find (self, id);

  if (call != NULL) {
    result->outcome = call->caller != caller || call->callee != callee ? OT_OUTCOME_DUPLICATE
                      : call->requested_us == record->at_us            ? OT_OUTCOME_DONE
                                                                       : OT_OUTCOME_REPEATED;
    result->state = status_names[call->status];
    result->reason = call->reason != OT_REASON_NONE ? ot_reason_name (call->reason) : NULL;
    result->price_points = call->price;
    result->share_percent = call->share_percent;
    return;
  }
  result->outcome = decide (self, record, id, caller, callee);
  if (result->outcome != OT_OUTCOME_DONE)
    return;
  call = g_new0 (SimCall, 1);
  *call = (SimCall){ .id = id,
                     .caller = caller,
                     .callee = callee,
                     .price = self->prices[callee],
                     .share_percent = self->share_percent,
                     .requested_us = record->at_us };
  if (self->calls->len <= (guint)id)
    g_ptr_array_set_size (self->calls, id + 1);
  self->calls->pdata[id] = call;
  self->touched = call;
  result->price_points = call->price;
  result->share_percent = call->share_percent;
}

static void
start (Ledger *self, const OtRecord *record, SimCall *call, OtRecordResult *result)
{
  gboolean was_held;

  if (call->started_us != 0) {
    tell_unit (self, call, 1, FALSE, result);
    return;
  }
  result->outcome = OT_OUTCOME_OVER;
  if (!ledger_is_live (call))
    return;
  if (call->status != ACCEPTED)
    self->outrage = "a start of a call that was not accepted";
  result->outcome = OT_OUTCOME_INSUFFICIENT_BALANCE;
  call->started_us = record->at_us;
  if (self->charge == OT_CHARGE_ADVANCE ? !charge_unit (self, call, record->due_us, &was_held)
                                        : !hold_unit (self, call)) {
    call->started_us = 0;
    return;
  }
  call->status = IN_CALL;
  call->started_mono_us = record->started_mono_us;
  call->alive_us = MAX (call->alive_us, record->at_us);
  tell_unit (self, call, 1, FALSE, result);
}

static void
unit (Ledger *self, const OtRecord *record, SimCall *call, OtRecordResult *result)
{
  gboolean was_held;

  if (record->unit_index <= call->units && !breaks (self, "charge again")) {
    tell_unit (self, call, record->unit_index, call->held == 0 && self->charge == OT_CHARGE_ARREARS,
               result);
    return;
  }
  result->outcome = OT_OUTCOME_OVER;
  if (!ledger_is_live (call))
    return;
  if (self->broken == NULL && (call->status != IN_CALL || record->unit_index != call->units + 1))
    self->outrage = "a unit in a silence, or out of its order";
  result->outcome = OT_OUTCOME_INSUFFICIENT_BALANCE;
  call->wallet_was_empty = TRUE;
  if (!charge_unit (self, call, record->due_us, &was_held))
    return;
  call->wallet_was_empty = FALSE;
  tell_unit (self, call, record->unit_index, was_held, result);
}

static void
note_change (Ledger *self, const OtRecord *record, SimCall *call, OtRecordResult *result)
{
  result->outcome = OT_OUTCOME_DONE;
  if (!ledger_is_live (call)) {
    result->outcome = OT_OUTCOME_OVER;
  } else if (g_strcmp0 (record->to_state, status_names[call->status]) != 0) {
    if (call->status != IN_CALL && call->status != RECONNECTING)
      self->outrage = "a change of a call that does not run";
    if (call->status == IN_CALL)
      call->left_us = MAX (call->left_us, record->at_us);
    call->status = call->status == IN_CALL ? RECONNECTING : IN_CALL;
  }
}

static void
end (Ledger *self, const OtRecord *record, SimCall *call, OtRecordResult *result)
{
  if (ledger_is_live (call)) {
    if (self->charge == OT_CHARGE_ARREARS && call->started_us != 0)
      settle (self, call, record->talked_until_us, FALSE);
    if (call->status == IN_CALL)
      call->left_us = MAX (call->left_us, record->at_us);
    call->status = g_str_equal (record->to_state, "ended") ? ENDED : FAILED;
    call->ended_us = record->at_us;
    call->reason = record->reason;
    call->total_seconds = record->total_seconds;
  }
  tell_unit (self, call, call->rest_unit, FALSE, result);
}

void
ledger_record (
    Ledger *self, const OtRecord *record, int id, int caller, int callee, OtRecordResult *result)
{
  SimCall *call = ledger_find (self, id);

  self->touched = call;
  *result = (OtRecordResult){ .outcome = OT_OUTCOME_DONE };
  if (call != NULL && call->recovered) {
    result->outcome = record->kind == OT_RECORD_REQUESTED ? OT_OUTCOME_REPEATED : OT_OUTCOME_LOST;
    result->state = status_names[call->status];
    result->reason = ot_reason_name (call->reason);
    return;
  }
  switch ((int)record->kind) {
  case OT_RECORD_REQUESTED:
    request (self, record, id, caller, callee, result);
    break;
  case OT_RECORD_ACCEPTED:
    result->outcome = ledger_is_live (call) || call->accepted_us == record->at_us ? OT_OUTCOME_DONE
                                                                                  : OT_OUTCOME_OVER;
    if (call->status == RINGING) {
      call->status = ACCEPTED;
      call->accepted_us = record->at_us;
    }
    break;
  case OT_RECORD_STARTED:
    start (self, record, call, result);
    break;
  case OT_RECORD_UNIT:
    unit (self, record, call, result);
    break;
  case OT_RECORD_NOTED:
    note_change (self, record, call, result);
    break;
  case OT_RECORD_ENDED:
    end (self, record, call, result);
    break;
  }
}

/* ---- recovery ---- */

static void
recover (Ledger *self, SimCall *call)
{
  gboolean in_arrears = self->charge == OT_CHARGE_ARREARS;
  gint64 end_us = MAX (world_wall_us (self->world), MAX (call->requested_us, call->accepted_us));

  if (call->started_us != 0) {
    int covered = call->units + (in_arrears && call->held > 0);
    end_us = MIN (MAX (call->alive_us, call->started_us), call->started_us + covered * UNIT_US);
    if (in_arrears) {
      settle (self, call, call->status == RECONNECTING ? MIN (end_us, call->left_us) : end_us,
              TRUE);
    } else {
      gint64 unserved_us = CLAMP (call->started_us + call->units * UNIT_US - end_us, 0, UNIT_US);
      gint64 points = (gint64)(((__int128)call->price * unserved_us + UNIT_US - 1) / UNIT_US);
      self->platform -= points;
      self->wallets[call->caller] += points;
      call->refunded += points;
      call->charged -= points;
    }
    if (call->status == IN_CALL)
      call->left_us = MAX (call->left_us, end_us);
  }
  call->status = call->started_us != 0 ? ENDED : FAILED;
  call->reason = OT_REASON_SERVER_SHUTDOWN;
  call->ended_us = end_us;
  call->total_seconds = call->started_us != 0 ? (end_us - call->started_us) / G_USEC_PER_SEC : 0;
  call->recovered = TRUE;
}

void
ledger_recover (Ledger *self)
{
  for (guint i = 0; i < self->calls->len; i++)
    if (self->calls->pdata[i] != NULL && ledger_is_live (self->calls->pdata[i]))
      recover (self, self->calls->pdata[i]);
}
