#pragma once

#include <libpq-fe.h>

#include "store-error.h"

/**
 * SECTION:answer
 *
 * Reading what PostgreSQL answered: libpq's PGresult in text format. Pure. Thread: any.
 */

/**
 * ot_answer_text: the value of a column in the first row, borrowed from @result; NULL: SQL's NULL,
 * or no row. A column that is not there is a bug.
 */
const char *ot_answer_text (const PGresult *result, const char *column);

/** ot_answer_int: the same as a number; @otherwise for NULL. */
gint64 ot_answer_int (const PGresult *result, const char *column, gint64 otherwise);

/** ot_answer_true: whether it is SQL's true. */
gboolean ot_answer_true (const PGresult *result, const char *column);

/** ot_answer_is_error: whether PostgreSQL refused. */
gboolean ot_answer_is_error (const PGresult *result);

/**
 * ot_answer_is_passing:
 *
 * Whether an error is one of the moment, so that asking again can cure it: a lost connection, a
 * deadlock or serialization failure, a time-out, a server that starts, stops, is full or only
 * reads.
 */
gboolean ot_answer_is_passing (const PGresult *result);

/** ot_answer_is_stale_plan: whether the prepared statement is no more what it was (the schema was
 * changed meanwhile) or is gone: it must be prepared again. Passing, too. */
gboolean ot_answer_is_stale_plan (const PGresult *result);

/** ot_answer_is_lease_lost: the database refused to write a call for want of its lease (OT410). */
gboolean ot_answer_is_lease_lost (const PGresult *result);

/** ot_answer_read_step: whether a notice says how far its statement is (OT100); @step: (out) */
gboolean ot_answer_read_step (const PGresult *notice, int *step);

/**
 * ot_answer_error:
 * @result: an error
 *
 * The functions of data/sql/ raise OT404, OT409 and OT422 for what a caller did wrong; a value that
 * doesn't fit its column is INVALID too; everything else is FAILED, with PostgreSQL's own code in
 * the message.
 *
 * Returns: (transfer full)
 */
GError *ot_answer_error (const PGresult *result);
