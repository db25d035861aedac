/* The six invariants, after BILLING.md. */

#include "audit.h"

static gint64
ceil_units (gint64 us)
{
  return (us + UNIT_US - 1) / UNIT_US;
}

static char *
broken (int invariant, const SimCall *call, const char *what)
{
  return g_strdup_printf (
      "invariant %d, call %d: %s (units %d, charged %" G_GINT64_FORMAT
      ", refunded %" G_GINT64_FORMAT ", held %" G_GINT64_FORMAT ", price %" G_GINT64_FORMAT
      ", talked %" G_GINT64_FORMAT " us, status %d)",
      invariant, call->id, what, call->units, call->charged, call->refunded, call->held,
      call->price, call->left_us != 0 ? call->left_us - call->started_us : -1, call->status);
}

static char *
check_accounts (const Ledger *ledger)
{
  gint64 sum = ledger->platform + ledger->outside;

  for (int i = 0; i < PAIRS; i++) {
    sum += ledger->wallets[i] + ledger->holds[i] + ledger->earnings[i];
    if (ledger->wallets[i] < 0 || ledger->holds[i] < 0)
      return g_strdup_printf ("invariant 2: wallet %d has %" G_GINT64_FORMAT
                              " points, its hold %" G_GINT64_FORMAT,
                              i, ledger->wallets[i], ledger->holds[i]);
  }
  return sum != 0 ? g_strdup_printf ("invariant 1: the balances add up to %" G_GINT64_FORMAT, sum)
                  : NULL;
}

/* How long it was talked, and the least and most units that this makes. */
static char *
check_units (const Ledger *ledger, const SimCall *call)
{
  gboolean live = ledger_is_live (call);
  gint64 until_us =
      call->status == IN_CALL ? MAX (world_wall_us (ledger->world), call->alive_us) : call->left_us;
  gint64 talked_us, least, most;

  if (until_us == 0)
    return broken (4, call, "it is over and never left in_call");
  if (call->recovered)
    until_us = MIN (until_us, call->ended_us);
  talked_us = until_us - call->started_us;
  if (ledger->charge == OT_CHARGE_ADVANCE) {
    least = MAX (1, ceil_units (talked_us));
    most = talked_us / UNIT_US + 1;
  } else {
    gint64 part_us = talked_us % UNIT_US;
    gboolean costs = part_us > 0 && ledger->partial != OT_PARTIAL_FREE
                     && !(call->recovered && (__int128)call->price * part_us < UNIT_US);
    least = live ? 0 : talked_us / UNIT_US + costs;
    most = live ? talked_us / UNIT_US : least;
  }
  if (call->status != IN_CALL && call->units > most)
    return broken (4, call, "more units than were talked");
  if (!live && call->units < least && !call->wallet_was_empty)
    return broken (4, call, "fewer units than were talked");
  return NULL;
}

static char *
check_call (const Ledger *ledger, const SimCall *call)
{
  int whole_units = call->units - (call->rest_unit != 0);

  if (call->held != 0 && (!ledger_is_live (call) || call->held != call->price))
    return broken (2, call, "it holds what it may not");
  if (call->started_us == 0 && (call->units != 0 || call->charged != 0))
    return broken (4, call, "charged without a start");
  if (call->units > 0 && call->first_due_us < call->started_us)
    return broken (4, call, "charged for a time before its start");
  if (call->ended_us != 0 && call->last_due_us > call->ended_us)
    return broken (4, call, "charged for a time after its end");
  if (call->rest_unit == 0 && call->charged + call->refunded != whole_units * call->price)
    return broken (5, call, "the total is not the price of its units");
  if (call->rest_unit != 0
      && (call->charged + call->refunded < whole_units * call->price
          || call->charged + call->refunded > call->units * call->price))
    return broken (5, call, "the total is not the price of its units and a part");
  if (!ledger_is_live (call) && (call->ended_us == 0 || call->reason == OT_REASON_NONE))
    return broken (6, call, "it is over without an end or a reason");
  return call->started_us != 0 ? check_units (ledger, call) : NULL;
}

static char *
check_people (const Ledger *ledger)
{
  guint callers = 0, callees = 0;

  for (guint i = 0; i < ledger->calls->len; i++) {
    const SimCall *call = ledger->calls->pdata[i];
    if (call == NULL || !ledger_is_live (call))
      continue;
    if (callers & 1u << call->caller || callees & 1u << call->callee)
      return broken (6, call, "somebody is in two live calls");
    callers |= 1u << call->caller;
    callees |= 1u << call->callee;
  }
  return NULL;
}

char *
audit (const Ledger *ledger)
{
  char *what = ledger->outrage != NULL ? g_strdup (ledger->outrage) : check_accounts (ledger);

  if (what == NULL && ledger->touched != NULL)
    what = check_call (ledger, ledger->touched);
  if (what == NULL && ledger->touched != NULL && ledger->touched->status == RINGING)
    what = check_people (ledger);
  return what;
}

char *
audit_all (Ledger *ledger)
{
  char *what = NULL;

  for (guint i = 0; what == NULL && i < ledger->calls->len; i++) {
    ledger->touched = ledger->calls->pdata[i];
    what = audit (ledger);
  }
  return what != NULL ? what : check_people (ledger);
}
