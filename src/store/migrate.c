/* The schema's versions and the role that may use it. Reads the compiled-in files; asks through the
 * pool. */

#include "migrate.h"

#include <string.h>

#include "answer.h"
#include "log.h"

#define FOLDER "/otomo/sql/"
#define ROLE "/otomo/role.sql"
#define PATIENCE_US                                                                                \
  (600 * G_USEC_PER_SEC) /* a migration of a large table takes its time; others wait for the lock  \
                          */

GResource *ot_sql_get_resource (void); /* generated from data/sql/ */

typedef struct {
  OtPool *pool;
  char **files; /* owned; in order */
  int version;  /* of the database */
} Migration;

static void
migration_free (gpointer data)
{
  Migration *self = data;

  g_strfreev (self->files);
  g_free (self);
}

static int
number_of (const char *file)
{
  return (int)g_ascii_strtoll (file, NULL, 10);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static char **
list_files (void)
{
  char **files = g_resource_enumerate_children (ot_sql_get_resource (), FOLDER, 0, NULL);

  g_assert (files != NULL);
  qsort (files, g_strv_length (files), sizeof (char *), compare_names);
  for (guint i = 0; files[i] != NULL; i++)
    g_assert (number_of (files[i]) == (int)i + 1);
  return files;
}

static gboolean
check (GTask *task, const PGresult *result, const char *what)
{
  g_autoptr (GError) error = NULL;

  if (result == NULL) {
    g_task_return_new_error (task, OT_STORE_ERROR, OT_STORE_ERROR_UNAVAILABLE,
                             "%s: no answer in time", what);
    return FALSE;
  }
  if (!ot_answer_is_error (result))
    return TRUE;
  error = ot_answer_error (result);
  g_prefix_error (&error, "%s: ", what);
  g_task_return_error (task, g_steal_pointer (&error));
  return FALSE;
}

/* ---- the upgrade ---- */

static const char *
script_of (const char *path)
{
  g_autoptr (GBytes) script = g_resource_lookup_data (ot_sql_get_resource (), path, 0, NULL);
  const char *text = g_bytes_get_data (script, NULL); /* compiled in; ends with NUL */

  g_assert (strstr (text, "$upgrade$") == NULL && strstr (text, "$script$") == NULL);
  return text;
}

/* All files that are missing, and the role's rights, which a replaced function loses: one
 * statement, so one transaction. Another server on the old schema sees the one or the other, and a
 * file that fails leaves nothing of those before it. Whoever waited for the lock finds what is left
 * to do. */
static char *
write_upgrade (const Migration *self)
{
  GString *text = g_string_new ("DO $upgrade$ DECLARE file text; BEGIN "
                                "PERFORM pg_advisory_xact_lock (hashtext ('otomo schema')); ");

  for (char **file = self->files + self->version; *file != NULL; file++) {
    g_autofree char *path = g_strconcat (FOLDER, *file, NULL);

    g_string_append_printf (text,
                            "IF NOT EXISTS (SELECT FROM schema_migrations WHERE version = %d) THEN "
                            "file := '%s: '; EXECUTE $script$ %s $script$; "
                            "INSERT INTO schema_migrations (version, name) VALUES (%d, '%s'); "
                            "END IF; ",
                            number_of (*file), *file, script_of (path), number_of (*file), *file);
  }
  g_string_append_printf (text,
                          "file := ''; EXECUTE $script$ %s $script$; "
                          "EXCEPTION WHEN OTHERS THEN "
                          "RAISE EXCEPTION USING MESSAGE = file || SQLERRM, ERRCODE = SQLSTATE; "
                          "END $upgrade$",
                          script_of (ROLE));
  return g_string_free (text, FALSE);
}

static void
on_upgraded (const PGresult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Migration *self = g_task_get_task_data (task);

  if (!check (task, result, "schema"))
    return;
  for (; self->files[self->version] != NULL; self->version++)
    ot_info ("schema: %s applied", self->files[self->version]);
  g_task_return_int (task, self->version);
}

/* ---- where it stands ---- */

static void
on_version (const PGresult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Migration *self = g_task_get_task_data (task);
  int known = (int)g_strv_length (self->files);

  if (!check (task, result, "schema"))
    return;
  self->version = (int)ot_answer_int (result, "version", 0);
  if (self->version > known) {
    g_task_return_new_error (
        task, OT_STORE_ERROR, OT_STORE_ERROR_NEWER_SCHEMA,
        "the database's schema is version %d, this program knows up to %d: it is too old for it",
        self->version, known);
    return;
  }
  ot_pool_send (self->pool, ot_statement_new_text (write_upgrade (self)), PATIENCE_US, on_upgraded,
                g_steal_pointer (&task));
}

static void
on_table (const PGresult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Migration *self = g_task_get_task_data (task);

  if (!check (task, result, "schema_migrations"))
    return;
  ot_pool_send (
      self->pool,
      ot_statement_new ("SELECT coalesce (max (version), 0) AS version FROM schema_migrations"),
      PATIENCE_US, on_version, g_steal_pointer (&task));
}

void
ot_migrate_async (OtPool *pool, GAsyncReadyCallback done, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, done, user_data);
  Migration *self = g_new0 (Migration, 1);

  self->pool = pool;
  self->files = list_files ();
  g_task_set_source_tag (task, ot_migrate_async);
  g_task_set_task_data (task, self, migration_free);
  ot_pool_send (pool,
                ot_statement_new ("DO $$ BEGIN "
                                  "PERFORM pg_advisory_xact_lock (hashtext ('otomo schema')); "
                                  "IF to_regclass ('schema_migrations') IS NULL THEN "
                                  "CREATE TABLE schema_migrations ("
                                  "version integer PRIMARY KEY, name text NOT NULL, applied_at "
                                  "timestamptz NOT NULL DEFAULT now()); "
                                  "END IF; END $$"),
                PATIENCE_US, on_table, task);
}

int
ot_migrate_finish (GAsyncResult *result, GError **error)
{
  return (int)g_task_propagate_int (G_TASK (result), error);
}
