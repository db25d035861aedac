#pragma once

#include "ledger.h"

/**
 * audit:
 *
 * The invariants of BILLING.md that can be seen in the ledger: of all accounts, and of the call
 * that was touched last.
 *
 * Returns: (transfer full) (nullable): what is broken; NULL: they hold
 */
char *audit (const Ledger *ledger);

/** audit_all: the same, of every call. */
char *audit_all (Ledger *ledger);
