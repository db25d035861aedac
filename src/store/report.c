/* What the operator asks for: JSON made by the database, the audit, people for load tests. All on
 * the admin connection, so that no call waits behind it. */

#include "store-private.h"

#define PAIRS_MAX 100000
#define LINES_MAX 10000

void
ot_store_wallet_json_async (OtStore *self,
                            const char *user_id,
                            GCancellable *cancellable,
                            GAsyncReadyCallback done,
                            gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT wallet_json ($1) AS json");

  ot_statement_add (statement, user_id);
  ot_store_ask_admin (
      self, ot_store_task_new (self, ot_store_wallet_json_async, cancellable, done, user_data),
      statement, ot_store_read_json);
}

void
ot_store_users_json_async (OtStore *self,
                           const OtUsersQuery *query,
                           GCancellable *cancellable,
                           GAsyncReadyCallback done,
                           gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT users_json ($1, $2, $3) AS json");

  ot_statement_add (statement, query->search);
  ot_statement_add (statement, query->after);
  ot_statement_add_int (statement, CLAMP (query->limit, 0, LINES_MAX));
  ot_store_ask_admin (
      self, ot_store_task_new (self, ot_store_users_json_async, cancellable, done, user_data),
      statement, ot_store_read_json);
}

void
ot_store_calls_json_async (OtStore *self,
                           const OtCallsQuery *query,
                           GCancellable *cancellable,
                           GAsyncReadyCallback done,
                           gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT calls_json ($1, $2, $3, $4, $5) AS json");

  ot_statement_add_bool (statement, query->live);
  ot_statement_add (statement, query->of);
  ot_statement_add (statement, query->before_at);
  ot_statement_add (statement, query->before_id);
  ot_statement_add_int (statement, CLAMP (query->limit, 0, LINES_MAX));
  ot_store_ask_admin (
      self, ot_store_task_new (self, ot_store_calls_json_async, cancellable, done, user_data),
      statement, ot_store_read_json);
}

void
ot_store_call_json_async (OtStore *self,
                          const char *call_id,
                          const OtQuality *live,
                          GCancellable *cancellable,
                          GAsyncReadyCallback done,
                          gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT call_json ($1, $2) AS json");

  ot_statement_add (statement, call_id);
  ot_store_add_quality (statement, live);
  ot_store_ask_admin (
      self, ot_store_task_new (self, ot_store_call_json_async, cancellable, done, user_data),
      statement, ot_store_read_json);
}

void
ot_store_statement_json_async (OtStore *self,
                               const char *user_id,
                               const char *since,
                               const char *until,
                               GCancellable *cancellable,
                               GAsyncReadyCallback done,
                               gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT statement_json ($1, $2, $3) AS json");

  ot_statement_add (statement, user_id);
  ot_statement_add (statement, since);
  ot_statement_add (statement, until);
  ot_store_ask_admin (
      self, ot_store_task_new (self, ot_store_statement_json_async, cancellable, done, user_data),
      statement, ot_store_read_json);
}

void
ot_store_timeline_json_async (OtStore *self,
                              const char *call_id,
                              const OtQuality *live,
                              GCancellable *cancellable,
                              GAsyncReadyCallback done,
                              gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT call_timeline_json ($1, $2) AS json");

  ot_statement_add (statement, call_id);
  ot_store_add_quality (statement, live);
  ot_store_ask_admin (
      self, ot_store_task_new (self, ot_store_timeline_json_async, cancellable, done, user_data),
      statement, ot_store_read_json);
}

void
ot_store_audit_async (OtStore *self,
                      GCancellable *cancellable,
                      GAsyncReadyCallback done,
                      gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT audit_json () AS json");

  self->audit_step = 0;
  statement->step = &self->audit_step;
  ot_store_ask_admin (self,
                      ot_store_task_new (self, ot_store_audit_async, cancellable, done, user_data),
                      statement, ot_store_read_json);
}

int
ot_store_audit_step (OtStore *self)
{
  g_return_val_if_fail (OT_IS_STORE (self), 0);
  return self->audit_step;
}

char *
ot_store_json_finish (OtStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- seed ---- */

static void
read_nothing (GTask *task, const PGresult *result)
{
  g_task_return_boolean (task, TRUE);
}

void
ot_store_seed_async (OtStore *self,
                     int first,
                     int pairs,
                     gint64 balance_points,
                     GCancellable *cancellable,
                     GAsyncReadyCallback done,
                     gpointer user_data)
{
  GTask *task = ot_store_task_new (self, ot_store_seed_async, cancellable, done, user_data);
  OtStatement *statement;

  if (first < 1 || first > PAIRS_MAX || pairs < 1 || pairs > PAIRS_MAX - first + 1
      || balance_points < 0) {
    g_task_return_new_error (task, OT_STORE_ERROR, OT_STORE_ERROR_INVALID,
                             "pairs: 1 to 100,000 in all; balance: 0 points or more");
    g_object_unref (task);
    return;
  }
  statement = ot_statement_new ("SELECT seed ($1, $2, $3)");
  ot_statement_add_int (statement, first);
  ot_statement_add_int (statement, pairs);
  ot_statement_add_int (statement, balance_points);
  ot_store_ask_admin (self, task, statement, read_nothing);
}

void
ot_store_seed_demo_async (OtStore *self,
                          GCancellable *cancellable,
                          GAsyncReadyCallback done,
                          gpointer user_data)
{
  ot_store_ask_admin (
      self, ot_store_task_new (self, ot_store_seed_demo_async, cancellable, done, user_data),
      ot_statement_new ("SELECT seed_demo ()"), read_nothing);
}

gboolean
ot_store_seed_finish (OtStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
