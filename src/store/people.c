/* People, their wallets and tokens: named operations on functions of data/sql/006-operations.sql.
 * Keeps nothing. */

#include "store-private.h"

#include "ids.h"

#define PRICE_MAX G_GINT64_CONSTANT (1000000000)
#define TOP_UP_MAX G_GINT64_CONSTANT (1000000000000)
#define NAME_MAX_LENGTH 200

/* Answers @task with INVALID. */
static void
refuse (GTask *task, const char *message)
{
  g_task_return_new_error (task, OT_STORE_ERROR, OT_STORE_ERROR_INVALID, "%s", message);
  g_object_unref (task);
}

static void
read_nothing (GTask *task, const PGresult *result)
{
  g_task_return_boolean (task, TRUE);
}

static gboolean
finish_boolean (OtStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
read_balance (GTask *task, const PGresult *result)
{
  g_task_return_int (task, (gssize)ot_answer_int (result, "balance", 0));
}

static gint64
finish_balance (OtStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), -1);
  return g_task_propagate_int (G_TASK (result), error);
}

/* ---- users ---- */

static const char *const role_names[] = { [OT_ROLE_USER] = "user", [OT_ROLE_OTOMO] = "otomo" };

void
ot_user_free (OtUser *self)
{
  g_free (self->id);
  g_free (self->name);
  g_free (self);
}

/* Returns: (nullable): NULL where there is no row */
static OtUser *
user_of (const PGresult *result)
{
  OtUser *user;

  if (ot_answer_text (result, "id") == NULL)
    return NULL;
  user = g_new0 (OtUser, 1);
  user->id = g_strdup (ot_answer_text (result, "id"));
  user->role =
      g_str_equal (ot_answer_text (result, "role"), "otomo") ? OT_ROLE_OTOMO : OT_ROLE_USER;
  user->name = g_strdup (ot_answer_text (result, "display_name"));
  user->price_points = ot_answer_int (result, "price_per_unit", 0);
  user->share_percent = (int)ot_answer_int (result, "share_percent", -1);
  user->blocked = ot_answer_true (result, "blocked");
  return user;
}

static void
read_user (GTask *task, const PGresult *result)
{
  OtUser *user = user_of (result);

  if (user != NULL)
    g_task_return_pointer (task, user, (GDestroyNotify)ot_user_free);
  else
    g_task_return_new_error (task, OT_STORE_ERROR, OT_STORE_ERROR_NOT_FOUND,
                             "there is no such user");
}

/* Returns: (nullable): what is wrong with it */
static const char *
find_fault (const OtUser *user)
{
  gboolean otomo = user->role == OT_ROLE_OTOMO;

  if (!ot_id_valid (user->id))
    return "id: 1 to 64 characters of A-Za-z0-9_.:- are needed";
  if (user->name != NULL
      && (!g_utf8_validate (user->name, -1, NULL)
          || g_utf8_strlen (user->name, -1) > NAME_MAX_LENGTH))
    return "name: at most 200 characters of UTF-8";
  if (otomo && (user->price_points < 0 || user->price_points > PRICE_MAX))
    return "price: an otomo's is 1 to 1,000,000,000 points";
  if (!otomo && user->price_points != 0)
    return "price: only an otomo has one";
  if (otomo && (user->share_percent < -1 || user->share_percent > 100))
    return "share: 0 to 100 percent";
  if (!otomo && user->share_percent != -1)
    return "share: only an otomo has one";
  return NULL;
}

static void
add_unless (OtStatement *statement, gint64 value, gint64 nothing)
{
  if (value == nothing)
    ot_statement_add (statement, NULL);
  else
    ot_statement_add_int (statement, value);
}

void
ot_store_put_user_async (OtStore *self,
                         const OtUser *user,
                         gint64 default_price_points,
                         GCancellable *cancellable,
                         GAsyncReadyCallback done,
                         gpointer user_data)
{
  GTask *task = ot_store_task_new (self, ot_store_put_user_async, cancellable, done, user_data);
  const char *fault = find_fault (user);
  OtStatement *statement;

  if (fault != NULL) {
    refuse (task, fault);
    return;
  }
  statement = ot_statement_new ("SELECT put_user ($1, $2, $3, $4, $5, $6)");
  ot_statement_add (statement, user->id);
  ot_statement_add (statement, role_names[user->role]);
  ot_statement_add (statement, user->name);
  add_unless (statement, user->price_points, 0);
  add_unless (statement, user->share_percent, -1);
  ot_statement_add_int (statement, default_price_points);
  ot_store_ask (self, task, statement, read_nothing);
}

gboolean
ot_store_put_user_finish (OtStore *self, GAsyncResult *result, GError **error)
{
  return finish_boolean (self, result, error);
}

void
ot_store_block_user_async (OtStore *self,
                           const char *user_id,
                           gboolean blocked,
                           GCancellable *cancellable,
                           GAsyncReadyCallback done,
                           gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT block_user ($1, $2)");

  ot_statement_add (statement, user_id);
  ot_statement_add_bool (statement, blocked);
  ot_store_ask (self,
                ot_store_task_new (self, ot_store_block_user_async, cancellable, done, user_data),
                statement, read_nothing);
}

gboolean
ot_store_block_user_finish (OtStore *self, GAsyncResult *result, GError **error)
{
  return finish_boolean (self, result, error);
}

void
ot_store_get_user_async (OtStore *self,
                         const char *user_id,
                         GCancellable *cancellable,
                         GAsyncReadyCallback done,
                         gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT * FROM find_user ($1)");

  ot_statement_add (statement, user_id);
  ot_store_ask (self,
                ot_store_task_new (self, ot_store_get_user_async, cancellable, done, user_data),
                statement, read_user);
}

OtUser *
ot_store_get_user_finish (OtStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- wallets ---- */

void
ot_store_top_up_async (OtStore *self,
                       const char *user_id,
                       const char *purchase_id,
                       gint64 points,
                       GCancellable *cancellable,
                       GAsyncReadyCallback done,
                       gpointer user_data)
{
  GTask *task = ot_store_task_new (self, ot_store_top_up_async, cancellable, done, user_data);
  OtStatement *statement;

  if (points < 1 || points > TOP_UP_MAX) {
    refuse (task, "points: 1 to 1,000,000,000,000");
    return;
  }
  if (!ot_id_valid (purchase_id)) {
    refuse (task, "purchase id: 1 to 64 characters of A-Za-z0-9_.:- are needed");
    return;
  }
  statement = ot_statement_new ("SELECT top_up ($1, $2, $3) AS balance");
  ot_statement_add (statement, user_id);
  ot_statement_add (statement, purchase_id);
  ot_statement_add_int (statement, points);
  ot_store_ask (self, task, statement, read_balance);
}

gint64
ot_store_top_up_finish (OtStore *self, GAsyncResult *result, GError **error)
{
  return finish_balance (self, result, error);
}

void
ot_store_adjust_async (OtStore *self,
                       const OtAdjustment *adjustment,
                       GCancellable *cancellable,
                       GAsyncReadyCallback done,
                       gpointer user_data)
{
  GTask *task = ot_store_task_new (self, ot_store_adjust_async, cancellable, done, user_data);
  OtStatement *statement;

  if (adjustment->points == 0 || ABS (adjustment->points) > TOP_UP_MAX) {
    refuse (task, "points: not 0, and at most 1,000,000,000,000 either way");
    return;
  }
  if (!ot_id_valid (adjustment->id)) {
    refuse (task, "adjustment id: 1 to 64 characters of A-Za-z0-9_.:- are needed");
    return;
  }
  statement = ot_statement_new ("SELECT adjust ($1, $2, $3, $4, $5) AS balance");
  ot_statement_add (statement, adjustment->user_id);
  ot_statement_add (statement, adjustment->id);
  ot_statement_add_int (statement, adjustment->points);
  ot_statement_add (statement, adjustment->operator);
  ot_statement_add (statement, adjustment->reason);
  ot_store_ask (self, task, statement, read_balance);
}

gint64
ot_store_adjust_finish (OtStore *self, GAsyncResult *result, GError **error)
{
  return finish_balance (self, result, error);
}

void
ot_store_balance_async (OtStore *self,
                        const char *user_id,
                        GCancellable *cancellable,
                        GAsyncReadyCallback done,
                        gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT balance_of ($1) AS balance");

  ot_statement_add (statement, user_id);
  ot_store_ask (self,
                ot_store_task_new (self, ot_store_balance_async, cancellable, done, user_data),
                statement, read_balance);
}

gint64
ot_store_balance_finish (OtStore *self, GAsyncResult *result, GError **error)
{
  return finish_balance (self, result, error);
}

/* ---- session tokens ---- */

static void
add_hash (OtStatement *statement, const char *token)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 hash[32];
  gsize length = sizeof hash;

  g_checksum_update (checksum, (const guchar *)token, -1);
  g_checksum_get_digest (checksum, hash, &length);
  ot_statement_add_bytes (statement, hash, length);
}

void
ot_store_add_token_async (OtStore *self,
                          const char *token,
                          const char *user_id,
                          gint64 expires_us,
                          GCancellable *cancellable,
                          GAsyncReadyCallback done,
                          gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT add_token ($1, $2, instant ($3))");

  add_hash (statement, token);
  ot_statement_add (statement, user_id);
  ot_statement_add_int (statement, expires_us);
  ot_store_ask (self,
                ot_store_task_new (self, ot_store_add_token_async, cancellable, done, user_data),
                statement, read_nothing);
}

gboolean
ot_store_add_token_finish (OtStore *self, GAsyncResult *result, GError **error)
{
  return finish_boolean (self, result, error);
}

typedef struct {
  OtUser *user; /* owned */
  gint64 expires_us;
} Holder;

static void
holder_free (Holder *self)
{
  g_clear_pointer (&self->user, ot_user_free);
  g_free (self);
}

static void
read_holder (GTask *task, const PGresult *result)
{
  OtUser *user = user_of (result);
  Holder *holder;

  if (user == NULL) {
    g_task_return_new_error (task, OT_STORE_ERROR, OT_STORE_ERROR_NOT_FOUND,
                             "unknown or expired token");
    return;
  }
  holder = g_new0 (Holder, 1);
  holder->user = user;
  holder->expires_us = ot_answer_int (result, "token_expiry", G_MAXINT64);
  g_task_return_pointer (task, holder, (GDestroyNotify)holder_free);
}

void
ot_store_find_token_async (OtStore *self,
                           const char *token,
                           GCancellable *cancellable,
                           GAsyncReadyCallback done,
                           gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT *, token_expiry ($1) FROM find_token ($1)");

  add_hash (statement, token);
  ot_store_ask (self,
                ot_store_task_new (self, ot_store_find_token_async, cancellable, done, user_data),
                statement, read_holder);
}

OtUser *
ot_store_find_token_finish (OtStore *self, GAsyncResult *result, gint64 *expires_us, GError **error)
{
  Holder *holder;
  OtUser *user;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  holder = g_task_propagate_pointer (G_TASK (result), error);
  if (holder == NULL)
    return NULL;
  *expires_us = holder->expires_us;
  user = g_steal_pointer (&holder->user);
  holder_free (holder);
  return user;
}
