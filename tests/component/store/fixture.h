#pragma once

#include <libpq-fe.h>

#include "store.h"

/**
 * SECTION:fixture
 *
 * A store on a private PostgreSQL in a temporary state directory, for as long as a test program
 * runs, and the means to wait for it: every wait turns the main loop and ends the program after 60
 * s.
 */

extern OtStore *store;

/** fixture_run: what main() does: starts the store, runs the tests, closes it, removes the
 * directory. */
int fixture_run (int argc, char **argv, void (*add_tests) (void));

/** fixture_state_dir: a new empty directory below the temporary one; (transfer full) */
char *fixture_state_dir (const char *name);

/** fixture_new_store: a further store, not started; @database NULL: a private one in @state_dir. */
OtStore *fixture_new_store (const char *state_dir, const char *database, const char *node_id);

/** Each waits for its answer. start: the error, (transfer full), or NULL. */
GError *fixture_start (OtStore *self);
void fixture_close (OtStore *self);

/** fixture_wait: turns the loop until @condition() is true. */
void fixture_wait (gboolean (*condition) (gpointer data), gpointer data);

/** fixture_keep: a GAsyncReadyCallback for fixture_await(); @slot is a GAsyncResult *, NULL before.
 */
void fixture_keep (GObject *source, GAsyncResult *result, gpointer slot);

/** fixture_await: turns the loop until the slot is filled; borrowed until the next call. */
GAsyncResult *fixture_await (GAsyncResult **slot);

/** fixture_forget: lets go of what fixture_await() answered last, which holds its store. */
void fixture_forget (void);

/** fixture_sql: one statement over a blocking connection of the test's own; the first value,
 * (transfer full) (nullable). */
char *fixture_sql (const char *format, ...) G_GNUC_PRINTF (1, 2);

/** fixture_sql_refused: asserts that PostgreSQL refuses it and answers with the SQLSTATE; (transfer
 * full) */
char *fixture_sql_refused (const char *format, ...) G_GNUC_PRINTF (1, 2);

/** fixture_assert_sql: that the first value of the query is @expected. */
#define fixture_assert_sql(expected, ...)                                                          \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *found_ = fixture_sql (__VA_ARGS__);                                           \
    g_assert_cmpstr (found_, ==, expected);                                                        \
  }                                                                                                \
  G_STMT_END

/** fixture_connect: a blocking connection to the store's database. */
PGconn *fixture_connect (void);

/** fixture_audit: the audit's JSON; (transfer full) */
char *fixture_audit (void);

/** fixture_assert_audit: that all invariants hold. */
#define fixture_assert_audit()                                                                     \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *audit_ = fixture_audit ();                                                    \
    g_assert_cmpstr (audit_, ==, "[]");                                                            \
  }                                                                                                \
  G_STMT_END
