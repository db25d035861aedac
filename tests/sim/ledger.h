#pragma once

#include "billing.h"
#include "record.h"
#include "world.h"

#define PAIRS 4
#define UNIT_US (60 * (gint64)G_USEC_PER_SEC)

typedef enum { RINGING, ACCEPTED, IN_CALL, RECONNECTING, ENDED, FAILED } Status;

/** SimCall: a row of `calls`, what its transfers add up to, and what its people were told. Times
 * are UTC, µs; 0: not yet. */
typedef struct {
  int id;
  int caller, callee;
  Status status;
  gint64 price, share_percent;
  gint64 requested_us, accepted_us, started_us, ended_us;
  gint64 started_mono_us;
  gint64 left_us; /* when it left in_call last */
  gint64 alive_us;
  gint64 total_seconds;
  OtReason reason;
  int units; /* charged */
  int rest_unit;
  gint64 rest_part_us; /* how much of it was talked */
  gint64 charged, refunded, shared;
  gint64 first_due_us, last_due_us;
  gint64 held;
  gboolean wallet_was_empty;
  gboolean recovered;  /* closed by somebody else than its server */
  gint64 told_charged; /* by ticks */
  int told_units;
  gboolean missed_a_tick; /* was not there to hear it */
} SimCall;

/**
 * Ledger:
 *
 * The database: people, accounts, calls. Written after BILLING.md and docs/billing.md, and sharing
 * no line with data/sql/. Every function is one transaction; each record may be written again.
 */
typedef struct {
  World *world; /* borrowed */
  OtChargeMode charge;
  OtPartialUnit partial;
  gint64 wallets[PAIRS], holds[PAIRS], earnings[PAIRS], platform, outside;
  gint64 prices[PAIRS], share_percent;
  GPtrArray *calls; /* owned: of SimCall, by id */
  GHashTable
      *refusals;    /* owned: "call instant" (owned) → OtOutcome of a request that was refused */
  SimCall *touched; /* borrowed: what the last transaction was about; NULL: no call */
  const char *outrage; /* static; what no record may ask, and one did; NULL: none */
  const char *broken;  /* (nullable): the rule that is to be broken, to see that it is noticed */
} Ledger;

void ledger_init (Ledger *self, World *world);
void ledger_clear (Ledger *self);

/** ledger_record: @call: NULL for a REQUESTED whose id is new. */
void ledger_record (Ledger *self,
                    const OtRecord *record,
                    int call_id,
                    int caller,
                    int callee,
                    OtRecordResult *result);

/** ledger_recover: closes every live call of the server, which is dead. */
void ledger_recover (Ledger *self);

/** ledger_keep_alive: the media of this call ran at this instant. */
void ledger_keep_alive (Ledger *self, int call_id, gint64 at_us);

/** ledger_move: points from outside to a wallet, or back (less than 0), as far as they are there.
 */
void ledger_move (Ledger *self, int user, gint64 points);

SimCall *ledger_find (Ledger *self, int call_id);
gboolean ledger_is_live (const SimCall *call);
int ledger_n_live (const Ledger *self);
