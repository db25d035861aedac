/* What the server's role may do: call its functions, and nothing else; and whose logins can have
 * it. The rest of the suite shows that this is enough. */

#include <string.h>

#include "talk.h"

#define ROLE " options='-c role=otomo_server'"

/* The SQLSTATE of what PostgreSQL answers on a connection of its own; "": it did it. */
static char *
state_of (const char *conninfo, const char *sql)
{
  PGconn *conn = PQconnectdb (conninfo);
  PGresult *result;
  const char *code;
  char *state;

  g_assert_cmpint (PQstatus (conn), ==, CONNECTION_OK);
  result = PQexec (conn, sql);
  code = PQresultErrorField (result, PG_DIAG_SQLSTATE);
  state = g_strdup (code != NULL ? code : "");
  PQclear (result);
  PQfinish (conn);
  return state;
}

static void
assert_state (const char *conninfo, const char *sql, const char *expected)
{
  g_autofree char *state = state_of (conninfo, sql);

  if (!g_str_equal (state, expected))
    g_error ("%s: \"%s\", not \"%s\"", sql, state, expected);
}

static void
test_tables (void)
{
  g_autofree char *conninfo = g_strconcat (ot_store_conninfo (store), ROLE, NULL);
  g_autofree char *list =
      fixture_sql ("SELECT string_agg (oid::regclass::text, ' ') FROM pg_class "
                   "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> "
                   "'schema_migrations'");
  g_auto (GStrv) tables = g_strsplit (list, " ", -1);
  static const char *const attempts[] = {
    "SELECT FROM %s", "INSERT INTO %s DEFAULT VALUES",      "DELETE FROM %s",
    "TRUNCATE %s",    "BEGIN; LOCK TABLE %s IN SHARE MODE", "ALTER TABLE %s ADD surprise text",
    "DROP TABLE %s",  "CREATE INDEX ON %s ((1))",
  };

  g_assert_cmpint (g_strv_length (tables), >=, 13);
  for (int i = 0; tables[i] != NULL; i++)
    for (gsize j = 0; j < G_N_ELEMENTS (attempts); j++) {
      g_autoptr (GString) sql = g_string_new (attempts[j]);
      g_autofree char *state = NULL;

      g_string_replace (sql, "%s", tables[i], 0);
      state = state_of (conninfo, sql->str);
      if (!g_str_equal (state, "42501"))
        g_error ("%s: \"%s\"", sql->str, state);
    }
  assert_state (conninfo, "SELECT FROM violations", "42501");
  assert_state (conninfo, "UPDATE accounts SET balance = balance + 1", "42501");
  assert_state (conninfo, "UPDATE transfers SET amount = 1", "42501");
  assert_state (conninfo, "UPDATE calls SET total_charged = 0", "42501");
  assert_state (conninfo, "INSERT INTO schema_migrations VALUES (1000, 'x')", "42501");
  assert_state (conninfo, "CREATE TABLE surprise ()", "42501");
  assert_state (conninfo, "CREATE ROLE surprise", "42501");
  assert_state (conninfo, "SELECT version FROM schema_migrations", "");
}

/* What functions do for each other is not for the role. */
static void
test_functions (void)
{
  g_autofree char *conninfo = g_strconcat (ot_store_conninfo (store), ROLE, NULL);

  talk_begin ("role", 100, 10, 50);
  assert_state (conninfo, "SELECT fill_wallets (ARRAY['role-u'], 1000)", "42501");
  assert_state (conninfo, "SELECT recover ('node')", "42501");
  assert_state (conninfo, "SELECT open_accounts (ARRAY['role-u'])", "42501");
  assert_state (conninfo, "SELECT lock_call ('role')", "42501");
  assert_state (conninfo, "SELECT top_up ('role-u', 'of-the-role', 5)", "");
  assert_state (conninfo, "SELECT audit_json ()", "");
  /* Not under a lease: not even by the function. */
  assert_state (
      conninfo,
      "SELECT record_unit (ROW ('role', now(), 'server', 'unit_due', 'in_call', 'in_call', "
      "NULL)::call_moment, 2, now())",
      "OT410");
  talk_end ("role", 3, "in_call", OT_REASON_USER_END);
  /* With the owner's rights: only with a search path that nobody else writes to, and only for us.
   */
  fixture_assert_sql (
      "0", "SELECT count(*) FROM pg_proc WHERE prosecdef AND pronamespace = "
           "'public'::regnamespace AND (proconfig IS NULL OR NOT 'search_path=pg_catalog, "
           "public, pg_temp' = ANY (proconfig) OR has_function_privilege ('public', oid, "
           "'EXECUTE'))");
  fixture_assert_sql ("f f f f", "SELECT concat_ws (' ', rolsuper, rolcreaterole, rolcreatedb, "
                                 "rolcanlogin) FROM pg_roles WHERE rolname = 'otomo_server'");
}

/* ---- databases of somebody else's ---- */

static char *
new_login (const char *name, const char *rights)
{
  g_free (fixture_sql ("CREATE ROLE %s LOGIN %s", name, rights));
  return g_strdup_printf ("%s user=%s", ot_store_conninfo (store), name);
}

static GError *
try_start (const char *database)
{
  OtStore *other = fixture_new_store (NULL, database, "guest");
  GError *error = fixture_start (other);

  fixture_close (other);
  g_assert_finalize_object (other);
  return error;
}

static void
test_owner (void)
{
  g_autofree char *login = new_login ("landlord", "CREATEROLE");
  g_autofree char *database = g_strconcat (login, " dbname=house", NULL);
  g_autofree char *stubborn =
      g_strconcat (database, " options='-c role=landlord -c search_path=pg_temp'", NULL);
  g_autofree char *lodger = new_login ("lodger", "");
  g_autofree char *lodging = g_strconcat (lodger, " dbname=house", NULL);
  g_autoptr (GError) error = NULL;

  g_free (fixture_sql ("CREATE DATABASE house OWNER landlord"));
  error = try_start (database);
  g_assert_no_error (error);
  error = try_start (stubborn); /* what the URL says does not undo the role */
  g_assert_no_error (error);
  assert_state (database, "UPDATE transfers SET amount = 1", "23001");
  assert_state (database, "DELETE FROM transfers", "23001");
  assert_state (database, "TRUNCATE transfers", "23001");
  assert_state (database, "DELETE FROM call_events", "23001");
  assert_state (database, "UPDATE accounts SET balance = 1", "23001");

  /* A login that owns nothing, once it has the role, runs what the owner made. */
  error = try_start (lodging);
  g_assert_error (error, OT_STORE_ERROR, OT_STORE_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "as a superuser: GRANT otomo_server TO lodger"));
  g_assert_null (strchr (error->message, '\n'));
  g_clear_error (&error);
  g_free (fixture_sql ("GRANT otomo_server TO lodger"));
  error = try_start (lodging);
  g_assert_no_error (error);
}

static void
add_tests (void)
{
  g_test_add_func ("/store/role/tables", test_tables);
  g_test_add_func ("/store/role/functions", test_functions);
  g_test_add_func ("/store/role/owner", test_owner);
}

int
main (int argc, char **argv)
{
  return fixture_run (argc, argv, add_tests);
}
