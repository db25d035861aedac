/* The outbox of webhooks: claims and conclusions beside what calls wait for, the operator's
 * questions on the admin connection. Sends nothing itself. */

#include "webhooks.h"

#include "log.h"
#include "store-private.h"

#define CONCLUDE_PATIENCE_US (30 * G_USEC_PER_SEC)

void
ot_webhook_free (OtWebhook *self)
{
  g_free (self->id);
  g_free (self->claim);
  g_free (self->body);
  g_free (self);
}

/* ---- rules ---- */

static void
read_nothing (GTask *task, const PGresult *result)
{
  g_task_return_boolean (task, TRUE);
}

void
ot_store_set_webhook_rules_async (OtStore *self,
                                  const OtWebhookRules *rules,
                                  GAsyncReadyCallback done,
                                  gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT set_webhook_rules ($1, $2)");

  if (rules != NULL) {
    ot_statement_add_int (statement, rules->wallet_low_points);
    ot_statement_add_int (statement, rules->keep_days);
  } else {
    ot_statement_add (statement, NULL);
    ot_statement_add (statement, NULL);
  }
  ot_store_ask_admin (
      self, ot_store_task_new (self, ot_store_set_webhook_rules_async, NULL, done, user_data),
      statement, read_nothing);
}

gboolean
ot_store_set_webhook_rules_finish (OtStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- sending ---- */

static char *
cell (const PGresult *result, int row, const char *column)
{
  return PQgetvalue (result, row, PQfnumber (result, column));
}

static void
read_claimed (GTask *task, const PGresult *result)
{
  GPtrArray *webhooks = g_ptr_array_new_with_free_func ((GDestroyNotify)ot_webhook_free);

  for (int row = 0; row < PQntuples (result); row++) {
    OtWebhook webhook = { .id = g_strdup (cell (result, row, "id")),
                          .claim = g_strdup (g_task_get_task_data (task)),
                          .body = g_strdup (cell (result, row, "body")),
                          .tries = (int)g_ascii_strtoll (cell (result, row, "tries"), NULL, 10) };

    g_ptr_array_add (webhooks, g_memdup2 (&webhook, sizeof webhook));
  }
  g_task_return_pointer (task, webhooks, (GDestroyNotify)g_ptr_array_unref);
}

void
ot_store_claim_webhooks_async (OtStore *self,
                               const char *claim,
                               int at_most,
                               int hold_seconds,
                               GAsyncReadyCallback done,
                               gpointer user_data)
{
  GTask *task = ot_store_task_new (self, ot_store_claim_webhooks_async, NULL, done, user_data);
  OtStatement *statement = ot_statement_new ("SELECT * FROM claim_webhooks ($1, $2, $3)");

  g_task_set_task_data (task, g_strdup (claim), g_free);
  ot_statement_add (statement, claim);
  ot_statement_add_int (statement, at_most);
  ot_statement_add_int (statement, hold_seconds);
  ot_store_ask (self, task, statement, read_claimed);
}

GPtrArray *
ot_store_claim_webhooks_finish (OtStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_concluded (const PGresult *result, gpointer user_data)
{
  if (result != NULL && ot_answer_is_error (result)) {
    g_autoptr (GError) error = ot_answer_error (result);
    ot_error ("webhooks: %s", error->message);
  }
}

void
ot_store_conclude_webhook (OtStore *self,
                           const OtWebhook *webhook,
                           OtWebhookVerdict verdict,
                           guint status,
                           const char *message,
                           gint64 pause_us)
{
  OtStatement *statement = ot_statement_new ("SELECT conclude_webhook ($1, $2, $3, $4, $5, $6)");

  ot_statement_add (statement, webhook->id);
  ot_statement_add (statement, webhook->claim);
  ot_statement_add (statement, ot_webhook_verdict_name (verdict));
  ot_statement_add_int (statement, status);
  ot_statement_add (statement, message);
  ot_statement_add_int (statement, pause_us);
  ot_pool_send (self->records, statement, CONCLUDE_PATIENCE_US, on_concluded, NULL);
}

/* ---- counting ---- */

static void
read_counts (GTask *task, const PGresult *result)
{
  OtWebhookCounts *counts = g_new (OtWebhookCounts, 1);

  *counts = (OtWebhookCounts){ .waiting = ot_answer_int (result, "waiting", 0),
                               .due = ot_answer_int (result, "due", 0),
                               .dead = ot_answer_int (result, "dead", 0) };
  g_task_return_pointer (task, counts, g_free);
}

void
ot_store_count_webhooks_async (OtStore *self, GAsyncReadyCallback done, gpointer user_data)
{
  ot_store_ask (self,
                ot_store_task_new (self, ot_store_count_webhooks_async, NULL, done, user_data),
                ot_statement_new ("SELECT * FROM count_webhooks ()"), read_counts);
}

gboolean
ot_store_count_webhooks_finish (OtStore *self,
                                GAsyncResult *result,
                                OtWebhookCounts *counts,
                                GError **error)
{
  g_autofree OtWebhookCounts *read = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  read = g_task_propagate_pointer (G_TASK (result), error);
  if (read != NULL)
    *counts = *read;
  return read != NULL;
}

/* ---- the operator ---- */

void
ot_store_webhooks_json_async (OtStore *self,
                              const char *state,
                              int limit,
                              GCancellable *cancellable,
                              GAsyncReadyCallback done,
                              gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT webhooks_json ($1, $2) AS json");

  ot_statement_add (statement, state);
  ot_statement_add_int (statement, limit);
  ot_store_ask_admin (
      self, ot_store_task_new (self, ot_store_webhooks_json_async, cancellable, done, user_data),
      statement, ot_store_read_json);
}

void
ot_store_retry_webhooks_async (OtStore *self,
                               const char *which,
                               GCancellable *cancellable,
                               GAsyncReadyCallback done,
                               gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT retry_webhooks ($1) AS json");

  ot_statement_add (statement, which);
  ot_store_ask_admin (
      self, ot_store_task_new (self, ot_store_retry_webhooks_async, cancellable, done, user_data),
      statement, ot_store_read_json);
}

void
ot_store_test_webhook_async (OtStore *self,
                             GCancellable *cancellable,
                             GAsyncReadyCallback done,
                             gpointer user_data)
{
  ot_store_ask_admin (
      self, ot_store_task_new (self, ot_store_test_webhook_async, cancellable, done, user_data),
      ot_statement_new ("SELECT test_webhook () AS json"), ot_store_read_json);
}
