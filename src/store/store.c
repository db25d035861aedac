/* The store's life: private PostgreSQL, migration, lease, connections; and how a named operation
 * is asked. Owns the pools, the lease and the cluster. The operations themselves are in ledger.c,
 * people.c and report.c. */

#include "store-private.h"

#include "log.h"
#include "migrate.h"

#define WARM_UP "SELECT warm_up ()" /* data/sql/030-warm-up.sql */
#define RECORD_TIMEOUT_MS 5000
#define ADMIN_TIMEOUT_MS (10 * 60 * 1000)
#define PATIENCE_US (10 * G_USEC_PER_SEC)
#define ADMIN_PATIENCE_US (ADMIN_TIMEOUT_MS * 1000LL)
#define LEASE_US (15 * G_USEC_PER_SEC)
#define TAKEOVER_US (30 * G_USEC_PER_SEC)
#define DRAIN_US (5 * G_USEC_PER_SEC)
#define WAITING_LIMIT 20000
#define CHAT_WAITING_LIMIT 2000
#define ADMIN_WAITING_LIMIT 100

G_DEFINE_FINAL_TYPE (OtStore, ot_store, G_TYPE_OBJECT)

/* ---- named operations ---- */

typedef struct {
  GTask *task; /* owned */
  OtStoreReader read;
} Question;

static void
on_answered (const PGresult *result, gpointer user_data)
{
  g_autofree Question *question = user_data;
  g_autoptr (GTask) task = question->task;

  if (result == NULL)
    g_task_return_new_error (task, OT_STORE_ERROR, OT_STORE_ERROR_UNAVAILABLE,
                             "the database doesn't answer");
  else if (ot_answer_is_error (result))
    g_task_return_error (task, ot_answer_error (result));
  else
    question->read (task, result);
}

static void
ask (OtPool *pool, GTask *task, OtStatement *statement, gint64 patience_us, OtStoreReader read)
{
  Question *question;

  if (pool == NULL) {
    g_task_return_new_error (task, OT_STORE_ERROR, OT_STORE_ERROR_UNAVAILABLE,
                             "the store is not open");
    g_object_unref (task);
    ot_statement_free (statement);
    return;
  }
  question = g_new0 (Question, 1);
  question->task = task;
  question->read = read;
  ot_pool_send (pool, statement, patience_us, on_answered, question);
}

void
ot_store_ask (OtStore *self, GTask *task, OtStatement *statement, OtStoreReader read)
{
  ask (self->records, task, statement, PATIENCE_US, read);
}

void
ot_store_ask_admin (OtStore *self, GTask *task, OtStatement *statement, OtStoreReader read)
{
  ask (self->admin, task, statement, ADMIN_PATIENCE_US, read);
}

GTask *
ot_store_task_new (OtStore *self,
                   gpointer tag,
                   GCancellable *cancellable,
                   GAsyncReadyCallback done,
                   gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, done, user_data);

  g_task_set_source_tag (task, tag);
  return task;
}

void
ot_store_read_json (GTask *task, const PGresult *result)
{
  g_task_return_pointer (task, g_strdup (ot_answer_text (result, "json")), g_free);
}

/* ---- start: cluster → as owner: migration, lease, recovery → connections of the server's role
 * ---- */

static void
end_start (OtStore *self, GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->starting);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static GError *
closed_error (void)
{
  return g_error_new_literal (OT_STORE_ERROR, OT_STORE_ERROR_UNAVAILABLE, "closed");
}

static GError *
connection_error (const char *message)
{
  return g_error_new (OT_STORE_ERROR, OT_STORE_ERROR_UNAVAILABLE, "database: %s", message);
}

static void
on_first_renewal (int closed, const GError *error, gpointer user_data)
{
  OtStore *self = user_data;

  ot_pool_free (g_steal_pointer (&self->owner));
  end_start (self, error != NULL ? g_error_copy (error) : NULL);
}

/* So that the lease is renewed by a connection that stays, and has the role, before anybody calls.
 */
static void
on_records_open (const char *message, gpointer user_data)
{
  const char *const nobody[] = { NULL };
  OtStore *self = user_data;

  if (message != NULL)
    end_start (self, connection_error (message));
  else
    ot_lease_renew (self->lease, self->records, self->admin, nobody, 0, on_first_renewal, self);
}

static OtPool *
open_pool (OtStore *self,
           OtStorePool pool,
           const char *greeting,
           int connections,
           int timeout_ms,
           guint limit,
           OtPoolOpened opened)
{
  OtPoolOptions options = { .name = ot_store_pool_name (pool),
                            .login = &self->login,
                            .settings = ot_lease_settings (self->lease),
                            .greeting = greeting,
                            .connections = connections,
                            .statement_timeout_ms = timeout_ms,
                            .limit = limit,
                            .figures = &self->figures[pool] };

  return ot_pool_new (&options, opened, self);
}

static void
on_lease_taken (int closed, const GError *error, gpointer user_data)
{
  OtStore *self = user_data;

  if (error != NULL || self->closing != NULL) {
    end_start (self, error != NULL ? g_error_copy (error) : closed_error ());
    return;
  }
  if (closed > 0)
    ot_warning ("%d calls were left open by a dead server and are closed now", closed);
  self->admin =
      open_pool (self, OT_STORE_ADMIN, NULL, 1, ADMIN_TIMEOUT_MS, ADMIN_WAITING_LIMIT, NULL);
  self->chat =
      open_pool (self, OT_STORE_CHAT, NULL, 1, RECORD_TIMEOUT_MS, CHAT_WAITING_LIMIT, NULL);
  self->refusals =
      open_pool (self, OT_STORE_REFUSALS, NULL, 1, RECORD_TIMEOUT_MS, WAITING_LIMIT, NULL);
  self->records = open_pool (self, OT_STORE_RECORDS, WARM_UP, self->connections, RECORD_TIMEOUT_MS,
                             WAITING_LIMIT, on_records_open);
}

static void
on_migrated (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtStore *self = user_data;
  OtLeaseOptions options = { self->node_id, self->lease_us, self->takeover_us,
                             self->cluster != NULL };
  GError *error = NULL;

  if (ot_migrate_finish (result, &error) < 0 || self->closing != NULL) {
    end_start (self, error != NULL ? error : closed_error ());
    return;
  }
  self->lease = ot_lease_new (&options, self->lost, self->lost_data);
  ot_lease_take (self->lease, self->owner, on_lease_taken, self);
}

static void
on_owner_open (const char *message, gpointer user_data)
{
  OtStore *self = user_data;

  if (message != NULL)
    end_start (self, connection_error (message));
  else
    ot_migrate_async (self->owner, on_migrated, self);
}

static void
connect_owner (OtStore *self)
{
  OtPoolOptions options = { .name = "owner",
                            .login = &self->login,
                            .connections = 1,
                            .statement_timeout_ms = ADMIN_TIMEOUT_MS,
                            .limit = ADMIN_WAITING_LIMIT,
                            .figures = &self->figures[OT_STORE_ADMIN] };

  self->owner = ot_pool_new (&options, on_owner_open, self);
}

static void
on_cluster_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtStore *self = user_data;
  GError *error = NULL;

  if (!ot_cluster_start_finish (self->cluster, result, &error))
    end_start (self, error);
  else if (self->closing != NULL)
    end_start (self, closed_error ());
  else {
    self->login.conninfo = g_strdup (ot_cluster_conninfo (self->cluster));
    connect_owner (self);
  }
}

void
ot_store_start_async (OtStore *self,
                      GCancellable *cancellable,
                      GAsyncReadyCallback done,
                      gpointer user_data)
{
  g_return_if_fail (OT_IS_STORE (self) && self->starting == NULL && self->owner == NULL);

  self->starting = g_task_new (self, cancellable, done, user_data);
  g_task_set_source_tag (self->starting, ot_store_start_async);
  if (self->login.conninfo == NULL) {
    g_autofree char *directory = g_build_filename (self->state_dir, "postgres", NULL);
    self->cluster = ot_cluster_new (directory);
    ot_cluster_start_async (self->cluster, on_cluster_started, self);
  } else {
    connect_owner (self);
  }
}

gboolean
ot_store_start_finish (OtStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- close: drain → lease → connections → cluster ---- */

static void
end_close (OtStore *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->closing);

  g_task_return_boolean (task, TRUE);
}

static void
on_cluster_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtStore *self = user_data;

  ot_cluster_stop_finish (self->cluster, result);
  g_clear_pointer (&self->cluster, ot_cluster_free);
  end_close (self);
}

static void
let_go (gpointer user_data)
{
  OtStore *self = user_data;

  ot_pool_free (g_steal_pointer (&self->chat));
  ot_pool_free (g_steal_pointer (&self->refusals));
  ot_pool_free (g_steal_pointer (&self->records));
  ot_pool_free (g_steal_pointer (&self->admin));
  ot_pool_free (g_steal_pointer (&self->owner));
  g_clear_pointer (&self->lease, ot_lease_free);
  if (self->cluster != NULL)
    ot_cluster_stop_async (self->cluster, on_cluster_stopped, self);
  else
    end_close (self);
}

static void
on_drained (gpointer user_data)
{
  OtStore *self = user_data;
  guint left = ot_pool_waiting (self->records) + ot_pool_waiting (self->refusals);

  if (left > 0)
    ot_warning ("%u statements were not answered before the close", left);
  if (ot_lease_is_held (self->lease))
    ot_lease_release (self->lease, self->records, let_go, self);
  else
    let_go (self);
}

static void
on_records_drained (gpointer user_data)
{
  OtStore *self = user_data;

  ot_pool_drain (self->refusals, DRAIN_US, on_drained, self);
}

void
ot_store_close_async (OtStore *self, GAsyncReadyCallback done, gpointer user_data)
{
  g_return_if_fail (OT_IS_STORE (self) && self->closing == NULL);

  self->closing = g_task_new (self, NULL, done, user_data);
  g_task_set_source_tag (self->closing, ot_store_close_async);
  if (self->records != NULL && self->starting == NULL)
    ot_pool_drain (self->records, DRAIN_US, on_records_drained, self);
  else
    let_go (self);
}

void
ot_store_close_finish (OtStore *self, GAsyncResult *result)
{
  g_return_if_fail (g_task_is_valid (result, self));
  g_task_propagate_boolean (G_TASK (result), NULL);
}

/* ---- the rest ---- */

static gboolean
is_available (gpointer self)
{
  return ot_store_is_available (self);
}

const OtRecordPort *
ot_store_record_port (OtStore *self)
{
  g_return_val_if_fail (OT_IS_STORE (self), NULL);
  return &self->port;
}

gboolean
ot_store_is_available (OtStore *self)
{
  g_return_val_if_fail (OT_IS_STORE (self), FALSE);
  return self->records != NULL && ot_lease_is_held (self->lease)
         && ot_pool_is_available (self->records);
}

const char *
ot_store_pool_name (guint pool)
{
  static const char *const names[] = {
    [OT_STORE_RECORDS] = "records",
    [OT_STORE_REFUSALS] = "refusals",
    [OT_STORE_CHAT] = "chat",
    [OT_STORE_ADMIN] = "admin",
  };

  return names[pool];
}

static const OtPool *
find_pool (const OtStore *self, OtStorePool pool)
{
  const OtPool *const pools[] = {
    [OT_STORE_RECORDS] = self->records,
    [OT_STORE_REFUSALS] = self->refusals,
    [OT_STORE_CHAT] = self->chat,
    [OT_STORE_ADMIN] = self->admin,
  };

  return pools[pool];
}

OtPoolState
ot_store_pool_state (OtStore *self, OtStorePool which)
{
  const OtPool *pool = find_pool (self, which);

  return pool != NULL ? (OtPoolState){ ot_pool_n_connections (pool), ot_pool_waiting (pool) }
                      : (OtPoolState){ 0 };
}

const OtPoolFigures *
ot_store_pool_figures (OtStore *self, OtStorePool which)
{
  return &self->figures[which];
}

guint
ot_store_waiting (OtStore *self)
{
  g_return_val_if_fail (OT_IS_STORE (self), 0);
  return self->records != NULL ? ot_pool_waiting (self->records) + ot_pool_waiting (self->refusals)
                               : 0;
}

guint64
ot_store_refused_dropped (OtStore *self)
{
  g_return_val_if_fail (OT_IS_STORE (self), 0);
  return self->refused_dropped;
}

void
ot_store_renew (OtStore *self, const char *const *call_ids, gint64 mono_us)
{
  g_return_if_fail (OT_IS_STORE (self) && self->records != NULL);
  ot_lease_renew (self->lease, self->records, self->admin, call_ids, mono_us, NULL, NULL);
}

void
ot_store_set_password (OtStore *self, const char *password)
{
  g_return_if_fail (OT_IS_STORE (self));
  g_free (self->login.password);
  self->login.password = g_strdup (password);
}

const char *
ot_store_conninfo (OtStore *self)
{
  g_return_val_if_fail (OT_IS_STORE (self), NULL);
  return self->cluster != NULL ? ot_cluster_public_conninfo (self->cluster) : NULL;
}

static void
ot_store_finalize (GObject *object)
{
  OtStore *self = OT_STORE (object);

  ot_pool_free (self->chat);
  ot_pool_free (self->refusals);
  ot_pool_free (self->records);
  ot_pool_free (self->admin);
  ot_pool_free (self->owner);
  ot_lease_free (self->lease);
  ot_cluster_free (self->cluster);
  g_free (self->login.conninfo);
  g_free (self->login.password);
  g_free (self->state_dir);
  g_free (self->node_id);
  G_OBJECT_CLASS (ot_store_parent_class)->finalize (object);
}

static void
ot_store_class_init (OtStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ot_store_finalize;
}

static void
ot_store_init (OtStore *self)
{
  self->port = (OtRecordPort){ self, ot_store_write, is_available };
  for (guint i = 0; i < OT_STORE_N_POOLS; i++)
    ot_pool_figures_init (&self->figures[i]);
}

OtStore *
ot_store_new (const OtStoreOptions *options)
{
  OtStore *self;

  g_return_val_if_fail (options->database != NULL || options->state_dir != NULL, NULL);
  g_return_val_if_fail (options->node_id != NULL && options->unit_seconds > 0, NULL);
  g_return_val_if_fail (options->share_percent >= 0 && options->share_percent <= 100, NULL);
  self = g_object_new (OT_TYPE_STORE, NULL);
  self->login = (OtLogin){ g_strdup (options->database), g_strdup (options->password) };
  self->state_dir = g_strdup (options->state_dir);
  self->node_id = g_strdup (options->node_id);
  self->unit_seconds = options->unit_seconds;
  self->share_percent = options->share_percent;
  self->charge = options->charge;
  self->partial_unit = options->partial_unit;
  self->connections = options->connections > 0 ? options->connections : 8;
  self->lease_us = options->lease_us > 0 ? options->lease_us : LEASE_US;
  self->takeover_us = options->takeover_us > 0 ? options->takeover_us : TAKEOVER_US;
  self->lost = options->lost;
  self->lost_data = options->lost_data;
  return self;
}
