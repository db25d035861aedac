#pragma once

#include <gio/gio.h>

#include "billing.h"
#include "pool-figures.h"
#include "record.h"
#include "store-error.h"

/**
 * SECTION:store
 *
 * People, money and calls in PostgreSQL (BILLING.md). The rules are the database's: tables,
 * constraints and one function an operation in data/sql/; this object carries requests to them over
 * libpq and never waits for them. It keeps no copy of anything.
 *
 * Every operation is idempotent, and one whose answer was lost is asked again by the store itself.
 * Records of calls wait for the database as long as it takes; a named operation
 * (`_async`/`_finish`) waits 10 s and then fails with %OT_STORE_ERROR_UNAVAILABLE. A cancelled one
 * answers G_IO_ERROR_CANCELLED; that never undoes a commit.
 *
 * Completions come once, from the main loop, never from inside the request. Strings are copied
 * before a call returns. Points are whole. Thread: the main loop that ot_store_new() was called on,
 * for everything here.
 */

#define OT_TYPE_STORE (ot_store_get_type ())
G_DECLARE_FINAL_TYPE (OtStore, ot_store, OT, STORE, GObject)

/** OtStoreOptions: copied by ot_store_new(). */
typedef struct {
  const char *database;  /* (nullable): postgresql:// URL or libpq's key=value text; NULL: a private
                            PostgreSQL of our own */
  const char *password;  /* (nullable): see ot_store_set_password() */
  const char *state_dir; /* where the private one lives, in "postgres"; there already; unused with
                            @database */
  const char *node_id;   /* calls.node_id; no two running servers of one database may share it */
  int unit_seconds;      /* > 0; stored with each call */
  int share_percent;     /* 0 to 100; of an otomo that has none of its own; stored with each call */
  OtChargeMode charge;   /* stored with each call */
  OtPartialUnit partial_unit; /* the same */
  int connections;            /* for records; 0: 8 */
  gint64 lease_us;            /* how long the node's lease holds without a word of ours; 0: 15 s */
  gint64 takeover_us; /* how long after that another server's calls are left alone; 0: 30 s */
  void (*lost) (gpointer user_data); /* (nullable): told once, when another server has taken this
                                        one's calls: nothing more is written about calls */
  gpointer lost_data;
} OtStoreOptions;

OtStore *ot_store_new (const OtStoreOptions *options);

/**
 * ot_store_start_async:
 *
 * Starts the private PostgreSQL if there is no @database, migrates the schema, takes the node's
 * lease and closes what a dead server of this name left open (recovery), connects in the role
 * `otomo_server`. Fails at once when the database can't be reached, with libpq's first line:
 * nothing is tried again before the first success. A lease that is held makes it wait, at most as
 * long as that lasts.
 *
 * Errors: %OT_STORE_ERROR_CLUSTER, %OT_STORE_ERROR_UNAVAILABLE, %OT_STORE_ERROR_NEWER_SCHEMA,
 * %OT_STORE_ERROR_IN_USE (a server of this name is alive), %OT_STORE_ERROR_FAILED
 */
void ot_store_start_async (OtStore *self,
                           GCancellable *cancellable,
                           GAsyncReadyCallback done,
                           gpointer user_data);
gboolean ot_store_start_finish (OtStore *self, GAsyncResult *result, GError **error);

/**
 * ot_store_close_async:
 *
 * Waits up to 5 s until all that was asked is answered, as long for the rows about refused events,
 * gives the lease back, lets the connections
 * go, stops the private PostgreSQL and waits until it is gone. Records that were not answered by
 * then are never answered. Nothing may be asked afterwards. Can be called whether the start
 * succeeded or not; once.
 */
void ot_store_close_async (OtStore *self, GAsyncReadyCallback done, gpointer user_data);
void ot_store_close_finish (OtStore *self, GAsyncResult *result);

/** ot_store_record_port: the ledger as calls see it; borrowed from the store. After a successful
 * start. */
const OtRecordPort *ot_store_record_port (OtStore *self);

/** ot_store_set_password: @password: (nullable): for connections that are made from now on;
 * stronger than one within OtStoreOptions.database. Those that stand stay. */
void ot_store_set_password (OtStore *self, const char *password);

/** ot_store_is_available: whether new work would be answered soon; FALSE while the database is away
 * or hangs, and when the lease is lost. */
gboolean ot_store_is_available (OtStore *self);

/** OtStorePool: who asks the database, each over connections of its own. */
typedef enum {
  OT_STORE_RECORDS,
  OT_STORE_REFUSALS,
  OT_STORE_CHAT,
  OT_STORE_ADMIN,
  OT_STORE_N_POOLS,
} OtStorePool;

/** OtPoolState: connections that stand, and statements that are not answered. */
typedef struct {
  guint n_connections;
  guint n_waiting;
} OtPoolState;

/** ot_store_pool_name: a word; static. */
const char *ot_store_pool_name (guint pool);

/** ot_store_pool_state: as it is now; all zero before the start and after the close. */
OtPoolState ot_store_pool_state (OtStore *self, OtStorePool pool);

/** ot_store_pool_figures: (transfer none): since the start; live as long as the store. */
const OtPoolFigures *ot_store_pool_figures (OtStore *self, OtStorePool pool);

/** ot_store_waiting: how many statements wait for an answer; a figure for the operator. */
guint ot_store_waiting (OtStore *self);

/** ot_store_refused_dropped: how many REFUSED records were dropped since the start because too much
 * waited. */
guint64 ot_store_refused_dropped (OtStore *self);

/** ot_store_conninfo: how psql reaches the private PostgreSQL; NULL with a database of somebody
 * else's. */
const char *ot_store_conninfo (OtStore *self);

/**
 * ot_store_renew:
 * @call_ids: (array zero-terminated=1): calls whose media was alive
 * @mono_us: when the node's monotonic clock showed this, on the scale of OtRecord.started_mono_us
 *
 * Renews the lease and keeps the instant at which a crash would end these calls. To be called every
 * second, calls or none: it is also what finds a dead server, and an idle database that hangs.
 * While an earlier one is not answered the newer is dropped.
 */
void ot_store_renew (OtStore *self, const char *const *call_ids, gint64 mono_us);

/* ---- people ---- */

typedef enum { OT_ROLE_USER, OT_ROLE_OTOMO } OtRole;

/** OtUser: free with ot_user_free() when it came from the store. */
typedef struct {
  char *id;
  OtRole role;
  char *name;          /* display name; may be empty */
  gint64 price_points; /* a unit; otomo: 1 to 1,000,000,000; user: 0 */
  int share_percent;   /* otomo: 0 to 100, −1: the server's setting at each call; user: −1 */
  gboolean blocked;    /* is let in no more; ot_store_put_user_async() leaves it as it is */
} OtUser;

void ot_user_free (OtUser *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OtUser, ot_user_free)

/**
 * ot_store_put_user_async:
 * @user: copied; a name of NULL, a price of 0, a share of −1: as it was, and of somebody new none,
 * @default_price_points, the server's setting
 * @default_price_points: 1 to 1,000,000,000
 *
 * A person comes into being, with an empty wallet (user) or earnings account (otomo), or gets new
 * particulars.
 *
 * Errors: %OT_STORE_ERROR_CONFLICT (is there with the other role), %OT_STORE_ERROR_INVALID
 */
void ot_store_put_user_async (OtStore *self,
                              const OtUser *user,
                              gint64 default_price_points,
                              GCancellable *cancellable,
                              GAsyncReadyCallback done,
                              gpointer user_data);
gboolean ot_store_put_user_finish (OtStore *self, GAsyncResult *result, GError **error);

/**
 * ot_store_block_user_async:
 *
 * From its answer on the person's tokens let nobody in any more, or do so again. Connections that
 * are open are not the store's: who blocks closes them, after the answer.
 *
 * Errors: %OT_STORE_ERROR_NOT_FOUND
 */
void ot_store_block_user_async (OtStore *self,
                                const char *user_id,
                                gboolean blocked,
                                GCancellable *cancellable,
                                GAsyncReadyCallback done,
                                gpointer user_data);
gboolean ot_store_block_user_finish (OtStore *self, GAsyncResult *result, GError **error);

/** ot_store_get_user_async: errors: %OT_STORE_ERROR_NOT_FOUND. The result is (transfer full). */
void ot_store_get_user_async (OtStore *self,
                              const char *user_id,
                              GCancellable *cancellable,
                              GAsyncReadyCallback done,
                              gpointer user_data);
OtUser *ot_store_get_user_finish (OtStore *self, GAsyncResult *result, GError **error);

/* ---- wallets ---- */

/**
 * ot_store_top_up_async:
 * @purchase_id: made by who asks, kept when asking again: the same one moves points once
 * @points: 1 to 1,000,000,000,000
 *
 * Points bought: purchase → wallet. The result is the wallet's balance afterwards; −1: error.
 *
 * Errors: %OT_STORE_ERROR_NOT_FOUND (no such user), %OT_STORE_ERROR_CONFLICT (the id stands for
 * another purchase), %OT_STORE_ERROR_INVALID
 */
void ot_store_top_up_async (OtStore *self,
                            const char *user_id,
                            const char *purchase_id,
                            gint64 points,
                            GCancellable *cancellable,
                            GAsyncReadyCallback done,
                            gpointer user_data);
gint64 ot_store_top_up_finish (OtStore *self, GAsyncResult *result, GError **error);

/** OtAdjustment: what an operator changes by hand. Borrowed strings. */
typedef struct {
  const char *user_id;
  const char *id; /* made by who asks, kept when asking again: the same one moves points once */
  gint64 points; /* −1,000,000,000,000 to 1,000,000,000,000, not 0; > 0: given, of the platform */
  const char *operator; /* who, 1 to 64 characters */
  const char *reason;   /* why, 1 to 500 characters */
} OtAdjustment;

/**
 * ot_store_adjust_async:
 *
 * The result is the balance afterwards; −1: error.
 *
 * Errors: %OT_STORE_ERROR_NOT_FOUND, %OT_STORE_ERROR_CONFLICT (there are not so many points, or the
 * id stands for another adjustment), %OT_STORE_ERROR_INVALID
 */
void ot_store_adjust_async (OtStore *self,
                            const OtAdjustment *adjustment,
                            GCancellable *cancellable,
                            GAsyncReadyCallback done,
                            gpointer user_data);
gint64 ot_store_adjust_finish (OtStore *self, GAsyncResult *result, GError **error);

/** ot_store_balance_async: a user's wallet or an otomo's earnings; −1: error,
 * %OT_STORE_ERROR_NOT_FOUND. */
void ot_store_balance_async (OtStore *self,
                             const char *user_id,
                             GCancellable *cancellable,
                             GAsyncReadyCallback done,
                             gpointer user_data);
gint64 ot_store_balance_finish (OtStore *self, GAsyncResult *result, GError **error);

/* ---- session tokens ---- */

/**
 * ot_store_add_token_async:
 * @token: the opaque token; only its SHA-256 leaves the process
 * @expires_us: UTC µs since 1970
 *
 * Errors: %OT_STORE_ERROR_NOT_FOUND (no such user), %OT_STORE_ERROR_CONFLICT (somebody else's)
 */
void ot_store_add_token_async (OtStore *self,
                               const char *token,
                               const char *user_id,
                               gint64 expires_us,
                               GCancellable *cancellable,
                               GAsyncReadyCallback done,
                               gpointer user_data);
gboolean ot_store_add_token_finish (OtStore *self, GAsyncResult *result, GError **error);

/** ot_store_find_token_async: whose token it is, (transfer full), and when it ends, UTC
 * (%G_MAXINT64: never); errors: %OT_STORE_ERROR_NOT_FOUND (unknown or expired). */
void ot_store_find_token_async (OtStore *self,
                                const char *token,
                                GCancellable *cancellable,
                                GAsyncReadyCallback done,
                                gpointer user_data);
OtUser *ot_store_find_token_finish (OtStore *self,
                                    GAsyncResult *result,
                                    gint64 *expires_us,
                                    GError **error);

/* ---- for the operator: JSON text made by the database, (transfer full), ended by NUL ---- */

/** {user_id, account, kind, balance, transfers: the newest 50}. Errors: %OT_STORE_ERROR_NOT_FOUND.
 */
void ot_store_wallet_json_async (OtStore *self,
                                 const char *user_id,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback done,
                                 gpointer user_data);

/** OtUsersQuery: a page of people, ordered by id. Borrowed strings. */
typedef struct {
  const char *search; /* (nullable): how an id begins, or what is in a name */
  const char *after;  /* (nullable): the last id of the page before */
  int limit;          /* at most 10,000 */
} OtUsersQuery;

/** An array of people. */
void ot_store_users_json_async (OtStore *self,
                                const OtUsersQuery *query,
                                GCancellable *cancellable,
                                GAsyncReadyCallback done,
                                gpointer user_data);

/** OtCallsQuery: a page of calls, newest first. Borrowed strings. */
typedef struct {
  gboolean live;         /* only those that are not over */
  const char *of;        /* (nullable): the call with this id, or the calls of this person */
  const char *before_at; /* (nullable): requested_at of the last line of the page before, */
  const char *before_id; /* and its call_id */
  int limit;             /* at most 10,000 */
} OtCallsQuery;

/** An array of calls. Errors: %OT_STORE_ERROR_INVALID (no instant). */
void ot_store_calls_json_async (OtStore *self,
                                const OtCallsQuery *query,
                                GCancellable *cancellable,
                                GAsyncReadyCallback done,
                                gpointer user_data);

/** {call, events, evidence, quality, transfers}, each list in the order of time; @live: (nullable)
 * (array fixed-size=2): a live call's quality so far. Errors: %OT_STORE_ERROR_NOT_FOUND. */
void ot_store_call_json_async (OtStore *self,
                               const char *call_id,
                               const OtQuality *live,
                               GCancellable *cancellable,
                               GAsyncReadyCallback done,
                               gpointer user_data);

/**
 * ot_store_statement_json_async:
 * @since: (nullable): an instant as PostgreSQL reads it, "2026-11-01" or RFC 3339
 * @until: (nullable): the same; exclusive
 *
 * {user_id, account, balance, lines: oldest first, {at, kind, points, balance, …}}, at most 10,000.
 * Errors: %OT_STORE_ERROR_NOT_FOUND, %OT_STORE_ERROR_INVALID (too many lines, or no instant).
 */
void ot_store_statement_json_async (OtStore *self,
                                    const char *user_id,
                                    const char *since,
                                    const char *until,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback done,
                                    gpointer user_data);

/** An array of {at, seconds, what, detail}: all that is known of a call, in the order of time;
 * @live: as above. Errors: %OT_STORE_ERROR_NOT_FOUND. */
void ot_store_timeline_json_async (OtStore *self,
                                   const char *call_id,
                                   const OtQuality *live,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback done,
                                   gpointer user_data);

/**
 * ot_store_audit_async:
 *
 * Checks all invariants of BILLING.md in one snapshot, without stopping anything: an array of
 * violations {invariant: 1 to 6, subject, detail}, empty when all is well, at most 10,000.
 */
void ot_store_audit_async (OtStore *self,
                           GCancellable *cancellable,
                           GAsyncReadyCallback done,
                           gpointer user_data);

/** How many invariants there are. */
#define OT_STORE_INVARIANTS 6

/** ot_store_audit_step: how many of them the audit that was asked for last has checked. */
int ot_store_audit_step (OtStore *self);

/** ot_store_json_finish: for those above; NULL: error. */
char *ot_store_json_finish (OtStore *self, GAsyncResult *result, GError **error);

/**
 * ot_store_seed_async:
 * @first: 1 to 100,000
 * @pairs: 1 or more, the last one not beyond 100,000
 * @balance_points: what each wallet holds at least afterwards
 *
 * Users uN … and otomos oN … at 10 points a unit, from @first on, for load tests. Asking again
 * brings wallets up to the balance again, and changes nothing else.
 */
void ot_store_seed_async (OtStore *self,
                          int first,
                          int pairs,
                          gint64 balance_points,
                          GCancellable *cancellable,
                          GAsyncReadyCallback done,
                          gpointer user_data);

/** ot_store_seed_demo_async: "demo-user" with at least 1,000 points and "demo-otomo" at 10 points a
 * unit. */
void ot_store_seed_demo_async (OtStore *self,
                               GCancellable *cancellable,
                               GAsyncReadyCallback done,
                               gpointer user_data);

/** ot_store_seed_finish: for the two above. */
gboolean ot_store_seed_finish (OtStore *self, GAsyncResult *result, GError **error);
