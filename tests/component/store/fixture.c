/* The temporary state directory, the store in it, and waiting. */

#include "fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_S 60

OtStore *store;
static char *temporary;

/* ---- waiting ---- */

static gboolean
on_deadline (gpointer user_data)
{
  g_error ("nothing came of what was waited for in %d s", DEADLINE_S);
  return G_SOURCE_REMOVE;
}

void
fixture_wait (gboolean (*condition) (gpointer data), gpointer data)
{
  guint deadline = g_timeout_add_seconds (DEADLINE_S, on_deadline, NULL);

  while (!condition (data))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (deadline);
}

void
fixture_keep (GObject *source, GAsyncResult *result, gpointer slot)
{
  *(GAsyncResult **)slot = g_object_ref (result);
}

static gboolean
is_filled (gpointer slot)
{
  return *(GAsyncResult **)slot != NULL;
}

static GAsyncResult *last; /* owned */

GAsyncResult *
fixture_await (GAsyncResult **slot)
{
  fixture_wait (is_filled, slot);
  g_clear_object (&last);
  last = *slot;
  return last;
}

void
fixture_forget (void)
{
  g_clear_object (&last);
}

/* ---- stores ---- */

char *
fixture_state_dir (const char *name)
{
  char *path = g_build_filename (temporary, name, NULL);

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  return path;
}

OtStore *
fixture_new_store (const char *state_dir, const char *database, const char *node_id)
{
  OtStoreOptions options = { .database = database,
                             .state_dir = state_dir,
                             .node_id = node_id,
                             .unit_seconds = 60,
                             .share_percent = 50 };

  return ot_store_new (&options);
}

GError *
fixture_start (OtStore *self)
{
  GAsyncResult *slot = NULL;
  GError *error = NULL;

  ot_store_start_async (self, NULL, fixture_keep, &slot);
  g_assert_cmpint (ot_store_start_finish (self, fixture_await (&slot), &error), ==, error == NULL);
  return error;
}

void
fixture_close (OtStore *self)
{
  GAsyncResult *slot = NULL;

  ot_store_close_async (self, fixture_keep, &slot);
  ot_store_close_finish (self, fixture_await (&slot));
  fixture_forget ();
}

/* ---- the database, from outside ---- */

PGconn *
fixture_connect (void)
{
  PGconn *conn = PQconnectdb (ot_store_conninfo (store));

  g_assert_cmpint (PQstatus (conn), ==, CONNECTION_OK);
  return conn;
}

static char *
ask (const char *sql, gboolean refused)
{
  PGconn *conn = fixture_connect ();
  PGresult *result = PQexec (conn, sql);
  ExecStatusType status = PQresultStatus (result);
  gboolean fine = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
  char *value = NULL;

  if (fine == refused)
    g_error ("%s: %s", sql, fine ? "was not refused" : PQerrorMessage (conn));
  if (refused)
    value = g_strdup (PQresultErrorField (result, PG_DIAG_SQLSTATE));
  else if (PQntuples (result) > 0 && PQnfields (result) > 0 && !PQgetisnull (result, 0, 0))
    value = g_strdup (PQgetvalue (result, 0, 0));
  PQclear (result);
  PQfinish (conn);
  return value;
}

char *
fixture_sql (const char *format, ...)
{
  g_autofree char *sql = NULL;
  va_list args;

  va_start (args, format);
  sql = g_strdup_vprintf (format, args);
  va_end (args);
  return ask (sql, FALSE);
}

char *
fixture_sql_refused (const char *format, ...)
{
  g_autofree char *sql = NULL;
  va_list args;

  va_start (args, format);
  sql = g_strdup_vprintf (format, args);
  va_end (args);
  return ask (sql, TRUE);
}

char *
fixture_audit (void)
{
  GAsyncResult *slot = NULL;
  g_autoptr (GError) error = NULL;
  char *json;

  ot_store_audit_async (store, NULL, fixture_keep, &slot);
  json = ot_store_json_finish (store, fixture_await (&slot), &error);
  g_assert_no_error (error);
  g_assert_cmpint (ot_store_audit_step (store), ==, OT_STORE_INVARIANTS);
  return json;
}

/* ---- main ---- */

static void
remove_tree (const char *path)
{
  const char *argv[] = { "/bin/rm", "-rf", "--", path, NULL };

  g_assert_true (g_spawn_sync ("/", (char **)argv, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL));
}

static int
run (int argc, char **argv, void (*add_tests) (void))
{
  g_autoptr (GError) error = NULL;
  g_autofree char *state_dir = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  state_dir = fixture_state_dir ("state");
  store = fixture_new_store (state_dir, NULL, "node");
  error = fixture_start (store);
  g_assert_no_error (error);
  add_tests ();
  status = g_test_run ();
  fixture_close (store);
  g_assert_finalize_object (store);
  return status;
}

/* A program that failed an assertion has closed nothing. */
static void
stop_leftovers (void)
{
  g_autoptr (GDir) dir = g_dir_open (temporary, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path =
        g_build_filename (temporary, name, "postgres", "data", "postmaster.pid", NULL);
    g_autofree char *text = NULL;

    if (g_file_get_contents (path, &text, NULL, NULL) && atoi (text) > 1)
      kill (atoi (text), SIGQUIT);
  }
}

/* The tests run in a child, so that somebody is left to clean up. */
int
fixture_run (int argc, char **argv, void (*add_tests) (void))
{
  int status;
  pid_t child;

  temporary = g_dir_make_tmp ("otomo-store-XXXXXX", NULL);
  g_assert_nonnull (temporary);
  child = fork ();
  if (child == 0)
    return run (argc, argv, add_tests);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  stop_leftovers ();
  remove_tree (temporary);
  return WIFEXITED (status) ? WEXITSTATUS (status) : 1;
}
