#pragma once

#include "answer.h"
#include "cluster.h"
#include "lease.h"
#include "pool.h"
#include "store.h"

/* What the files of OtStore share. */

struct _OtStore {
  GObject parent_instance;

  OtLogin login; /* owned; no conninfo: a private one that is not started yet */
  char *state_dir;
  char *node_id;
  int unit_seconds;
  int share_percent;
  OtChargeMode charge;
  OtPartialUnit partial_unit;
  int connections;
  gint64 lease_us;
  gint64 takeover_us;
  void (*lost) (gpointer user_data);
  gpointer lost_data;

  OtCluster *cluster; /* owned; NULL with a database of somebody else's */
  OtPool *owner;      /* owned; while starting: migrations, the lease and recovery, as who owns the
                         schema; all others have the server's role only */
  OtLease *lease;     /* owned */
  OtPool *admin; /* owned; reports: slow things on a connection of their own; NULL as @records is */
  OtPool *records;  /* owned; what calls and sessions wait for; NULL before the start and after the
                       close */
  OtPool *refusals; /* owned; rows about refused events, so that no money waits behind a flood of
                       them; NULL as @records is */
  OtPool *chat;     /* owned; channels, with a connection of their own; NULL as @records is */
  OtRecordPort port;
  GTask *starting; /* owned; until the start is answered */
  GTask *closing;  /* owned; from when the close was asked for */

  OtPoolFigures figures[OT_STORE_N_POOLS];
  guint64 refused_dropped;
  int audit_step; /* of the audit that was asked for last */
};

/** OtStoreReader: makes the task's result of an answer that is no error. */
typedef void (*OtStoreReader) (GTask *task, const PGresult *result);

/**
 * ot_store_ask: a named operation: one statement, 10 s of patience (admin: 10 min), errors into the
 * task.
 * @task: (transfer full)
 * @statement: (transfer full)
 */
void ot_store_ask (OtStore *self, GTask *task, OtStatement *statement, OtStoreReader read);
void ot_store_ask_admin (OtStore *self, GTask *task, OtStatement *statement, OtStoreReader read);

/** ot_store_task_new: (transfer full): the task of the operation @tag, its `_async` function. */
GTask *ot_store_task_new (OtStore *self,
                          gpointer tag,
                          GCancellable *cancellable,
                          GAsyncReadyCallback done,
                          gpointer user_data);

/** ot_store_read_json: an #OtStoreReader: the column `json` as text. */
void ot_store_read_json (GTask *task, const PGresult *result);

/** ot_store_add_quality: (nullable) @quality: both sides' figures and scores, as
 * data/sql/014-quality.sql takes them. */
void ot_store_add_quality (OtStatement *statement, const OtQuality *quality);

/** ot_store_write: the record port's write(). */
void ot_store_write (gpointer self, const OtRecord *record, OtRecordDone done, gpointer user_data);
