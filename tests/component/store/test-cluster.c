/* The private PostgreSQL and the schema: several side by side, what a dead server leaves,
 * directories that can't be used, databases that can't be used. */

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

static OtStore *
start_private (const char *state_dir)
{
  OtStore *other = fixture_new_store (state_dir, NULL, "other");
  g_autoptr (GError) error = fixture_start (other);

  g_assert_no_error (error);
  return other;
}

static void
close_and_free (OtStore *other)
{
  fixture_close (other);
  g_assert_finalize_object (other);
}

static int
read_pid (const char *state_dir)
{
  g_autofree char *path = g_build_filename (state_dir, "postgres", "data", "postmaster.pid", NULL);
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? atoi (text) : 0;
}

static void
assert_start_fails (OtStore *other, OtStoreError code, const char *words)
{
  g_autoptr (GError) error = fixture_start (other);

  g_assert_error (error, OT_STORE_ERROR, (int)code);
  if (strstr (error->message, words) == NULL || strchr (error->message, '\n') != NULL)
    g_error ("\"%s\" says nothing of \"%s\", or is more than a line", error->message, words);
  close_and_free (other);
}

/* Two live, each in a session of its own, so that the terminal's Ctrl-C reaches neither; a second
 * server on one directory is refused and does the first no harm. */
static void
test_side_by_side (void)
{
  g_autofree char *a = fixture_state_dir ("a"), *b = fixture_state_dir ("b");
  OtStore *first = start_private (a), *second = start_private (b);

  g_assert_cmpint (getsid (read_pid (a)), ==, read_pid (a));
  g_assert_cmpint (getsid (read_pid (b)), ==, read_pid (b));
  assert_start_fails (fixture_new_store (a, NULL, "third"), OT_STORE_ERROR_CLUSTER,
                      "another server uses");
  g_assert_true (ot_store_is_available (first));
  close_and_free (first);
  g_assert_cmpint (read_pid (a), ==, 0);
  g_assert_true (ot_store_is_available (second));
  close_and_free (second);
  close_and_free (start_private (a)); /* and again, with what it has */
}

static void
test_directory_refused (void)
{
  g_autofree char *state_dir = fixture_state_dir ("file");
  g_autofree char *file = g_build_filename (state_dir, "postgres", NULL);

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  assert_start_fails (fixture_new_store (state_dir, NULL, "n"), OT_STORE_ERROR_CLUSTER, file);
  assert_start_fails (fixture_new_store ("/proc/otomo-is-not-here", NULL, "n"),
                      OT_STORE_ERROR_CLUSTER, "can't make");
}

/* Of a server that died while initdb ran, and of one from before the machine's last boot. */
static void
test_remains (void)
{
  g_autofree char *state_dir = fixture_state_dir ("remains");
  g_autofree char *data = g_build_filename (state_dir, "postgres", "data", NULL);
  g_autofree char *fresh = g_build_filename (state_dir, "postgres", "data.new", NULL);
  g_autofree char *pid_file =
      g_build_filename (state_dir, "postgres", "data", "postmaster.pid", NULL);
  g_autofree char *remains =
      g_strdup_printf ("%d\n/elsewhere\n1\n5432\n\n\n  1 1\nready   \n", (int)getpid ());

  close_and_free (start_private (state_dir));
  g_assert_cmpint (g_rename (data, fresh), ==, 0);
  close_and_free (start_private (state_dir));
  g_assert_true (g_file_set_contents (pid_file, remains, -1, NULL));
  close_and_free (start_private (state_dir));
}

/* The server is killed and PostgreSQL left behind: the next start stops it and goes on with what
 * was committed. All that in a directory whose path is longer than a socket's name may be. */
static void
test_left_behind (void)
{
  g_autofree char *name = g_strnfill (150, 'x');
  g_autofree char *state_dir = fixture_state_dir (name);
  const char *argv[] = { "/proc/self/exe", "--leave-behind", state_dir, NULL };
  int status, left, pid;
  OtStore *other;

  g_assert_true (
      g_spawn_sync (NULL, (char **)argv, NULL, 0, NULL, NULL, NULL, NULL, &status, NULL));
  g_assert_true (WIFSIGNALED (status));
  left = read_pid (state_dir);
  g_assert_cmpint (kill (left, 0), ==, 0);
  other = start_private (state_dir);
  pid = read_pid (state_dir);
  g_assert_cmpint (pid, !=, left);
  g_assert_true (ot_store_is_available (other));
  close_and_free (other);
}

/* Closed while it starts, at any of its steps. */
static void
test_close_while_starting (void)
{
  for (int turns = 0; turns < 20; turns = turns * 8 + 1) {
    g_autofree char *name = g_strdup_printf ("hasty%d", turns);
    g_autofree char *state_dir = fixture_state_dir (name);
    OtStore *other = fixture_new_store (state_dir, NULL, "hasty");
    GAsyncResult *started = NULL;

    ot_store_start_async (other, NULL, fixture_keep, &started);
    for (int i = 0; i < turns; i++)
      g_main_context_iteration (NULL, TRUE);
    fixture_close (other);
    ot_store_start_finish (other, fixture_await (&started), NULL); /* either way, but answered */
    fixture_forget ();
    g_assert_finalize_object (other);
    g_assert_cmpint (read_pid (state_dir), ==, 0);
  }
}

/* ---- databases of somebody else's ---- */

static void
test_wrong_database (void)
{
  g_autofree char *nowhere = g_strdup_printf ("%s dbname=nowhere", ot_store_conninfo (store));
  g_autofree char *nobody =
      g_strdup_printf ("%s user=nobody-of-that-name", ot_store_conninfo (store));
  const struct {
    const char *database, *words;
  } wrong[] = {
    { nowhere, "nowhere" },
    { nobody, "nobody-of-that-name" },
    { "postgresql://u:secret@127.0.0.1:1/x", "refused" },
    { "postgresql://u:secret@127.0.0.1:1/x?nonsense=1", "nonsense" },
    { "host=/otomo-is-not-here", "No such file" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    OtStore *other = fixture_new_store (NULL, wrong[i].database, "n");
    assert_start_fails (other, OT_STORE_ERROR_UNAVAILABLE, wrong[i].words);
  }
}

static char *
new_database (const char *name)
{
  g_free (fixture_sql ("CREATE DATABASE %s", name));
  return g_strdup_printf ("%s dbname=%s", ot_store_conninfo (store), name);
}

static gboolean
both (gpointer data)
{
  GAsyncResult **slots = data;

  return slots[0] != NULL && slots[1] != NULL;
}

/* Two servers migrate one empty database at the same time. */
static void
test_migrate_together (void)
{
  g_autofree char *database = new_database ("together");
  OtStore *stores[2] = { fixture_new_store (NULL, database, "1"),
                         fixture_new_store (NULL, database, "2") };
  GAsyncResult *slots[2] = { NULL };

  for (int i = 0; i < 2; i++)
    ot_store_start_async (stores[i], NULL, fixture_keep, &slots[i]);
  fixture_wait (both, slots);
  for (int i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;
    g_assert_true (ot_store_start_finish (stores[i], slots[i], &error));
    g_assert_no_error (error);
    g_clear_object (&slots[i]);
    close_and_free (stores[i]);
  }
}

static void
test_newer_schema (void)
{
  g_autofree char *database = new_database ("newer");
  OtStore *other = fixture_new_store (NULL, database, "n");
  g_autoptr (GError) error = fixture_start (other);
  PGconn *conn = PQconnectdb (database);

  g_assert_no_error (error);
  close_and_free (other);
  PQclear (PQexec (
      conn,
      "INSERT INTO schema_migrations (version, name) VALUES (999, '999-from-the-future.sql')"));
  PQfinish (conn);
  assert_start_fails (fixture_new_store (NULL, database, "n"), OT_STORE_ERROR_NEWER_SCHEMA,
                      "version 999");
}

/* Somebody else's tables of the same names: said so, and nothing is half made. */
static void
test_foreign_tables (void)
{
  g_autofree char *database = new_database ("taken");
  PGconn *conn = PQconnectdb (database);
  PGresult *result;

  PQclear (PQexec (conn, "CREATE TABLE session_tokens ()"));
  assert_start_fails (fixture_new_store (NULL, database, "n"), OT_STORE_ERROR_FAILED,
                      "001-people.sql");
  result = PQexec (conn, "SELECT to_regclass ('users')");
  g_assert_true (PQgetisnull (result, 0, 0));
  PQclear (result);
  PQfinish (conn);
}

static void
add_tests (void)
{
  g_test_add_func ("/store/cluster/side-by-side", test_side_by_side);
  g_test_add_func ("/store/cluster/directory-refused", test_directory_refused);
  g_test_add_func ("/store/cluster/remains", test_remains);
  g_test_add_func ("/store/cluster/left-behind", test_left_behind);
  g_test_add_func ("/store/cluster/close-while-starting", test_close_while_starting);
  g_test_add_func ("/store/database/wrong", test_wrong_database);
  g_test_add_func ("/store/database/migrate-together", test_migrate_together);
  g_test_add_func ("/store/database/newer-schema", test_newer_schema);
  g_test_add_func ("/store/database/foreign-tables", test_foreign_tables);
}

int
main (int argc, char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--leave-behind")) {
    start_private (argv[2]);
    raise (SIGKILL);
  }
  return fixture_run (argc, argv, add_tests);
}
