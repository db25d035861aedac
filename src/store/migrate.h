#pragma once

#include <gio/gio.h>

#include "pool.h"

/**
 * ot_migrate_async:
 * @pool: where to; must live until @done
 *
 * Brings the schema up to what the program knows: the files of data/sql/, which are compiled in, by
 * their numbers, each in a transaction of its own under an advisory lock, so that two servers can
 * start at once. What was applied stands in `schema_migrations`. Then role.sql: the rights of a
 * running server. A login that owns nothing is fine where there is nothing to change.
 *
 * Errors: %OT_STORE_ERROR_NEWER_SCHEMA: a newer program was here (nothing is changed);
 * %OT_STORE_ERROR_FAILED: PostgreSQL refuses a file, or the role, with
 * what to do about it; %OT_STORE_ERROR_UNAVAILABLE.
 */
void ot_migrate_async (OtPool *pool, GAsyncReadyCallback done, gpointer user_data);

/** ot_migrate_finish: the schema's version; −1: error. */
int ot_migrate_finish (GAsyncResult *result, GError **error);
