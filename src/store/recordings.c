/* Notes about recordings, and the questions of who keeps and who asks for them. */

#include "recordings.h"

#include "log.h"
#include "store-private.h"

/* ---- notes ---- */

static void
on_noted (const PGresult *result, gpointer user_data)
{
  if (result != NULL && ot_answer_is_error (result)) {
    g_autoptr (GError) error = ot_answer_error (result);
    ot_error ("recordings: %s", error->message);
  }
}

void
ot_store_note_recording (OtStore *self, const OtRecording *recording)
{
  gboolean complete = recording->sha256 != NULL;
  OtStatement *statement = ot_statement_new (
      complete ? "SELECT recording_completed ($1, $2, $3, instant ($4), $5, $6, $7, $8)"
               : "SELECT recording_began ($1, $2, $3, instant ($4))");

  ot_statement_add (statement, self->node_id);
  ot_statement_add (statement, recording->path);
  ot_statement_add (statement, recording->call_id);
  ot_statement_add_int (statement, recording->started_us);
  if (complete) {
    ot_statement_add_int (statement, recording->length_us / 1000);
    ot_statement_add_int (statement, recording->bytes);
    ot_statement_add (statement, recording->sha256);
    ot_statement_add (statement, recording->message);
  }
  ot_pool_send (self->records, statement, 0, on_noted, NULL);
}

void
ot_store_note_recording_gone (OtStore *self, const char *path)
{
  OtStatement *statement = ot_statement_new ("SELECT recording_gone ($1, $2)");

  ot_statement_add (statement, self->node_id);
  ot_statement_add (statement, path);
  ot_pool_send (self->records, statement, 0, on_noted, NULL);
}

/* ---- questions ---- */

static void
read_paths (GTask *task, const PGresult *result)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);

  for (int row = 0; row < PQntuples (result); row++)
    g_ptr_array_add (paths, g_strdup (PQgetvalue (result, row, 0)));
  g_task_return_pointer (task, paths, (GDestroyNotify)g_ptr_array_unref);
}

void
ot_store_expired_recordings_async (
    OtStore *self, int keep_days, int at_most, GAsyncReadyCallback done, gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT recordings_expired ($1, $2, $3)");

  ot_statement_add (statement, self->node_id);
  ot_statement_add_int (statement, keep_days);
  ot_statement_add_int (statement, at_most);
  ot_store_ask_admin (
      self, ot_store_task_new (self, ot_store_expired_recordings_async, NULL, done, user_data),
      statement, read_paths);
}

void
ot_store_unfinished_recordings_async (OtStore *self, GAsyncReadyCallback done, gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT recordings_unfinished ($1)");

  ot_statement_add (statement, self->node_id);
  ot_store_ask_admin (
      self, ot_store_task_new (self, ot_store_unfinished_recordings_async, NULL, done, user_data),
      statement, read_paths);
}

GPtrArray *
ot_store_recording_paths_finish (OtStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
ot_store_recordings_json_async (OtStore *self,
                                const char *directory,
                                const OtRecordingsQuery *query,
                                int limit,
                                GCancellable *cancellable,
                                GAsyncReadyCallback done,
                                gpointer user_data)
{
  OtStatement *statement =
      ot_statement_new ("SELECT recordings_json ($1, $2, $3, $4, $5, $6, $7) AS json");

  ot_statement_add (statement, self->node_id);
  ot_statement_add (statement, directory);
  ot_statement_add (statement, query->call_id);
  ot_statement_add (statement, query->path);
  ot_statement_add (statement, query->before_path);
  ot_statement_add (statement, query->before_node);
  ot_statement_add_int (statement, limit);
  ot_store_ask_admin (
      self, ot_store_task_new (self, ot_store_recordings_json_async, cancellable, done, user_data),
      statement, ot_store_read_json);
}
