#pragma once

#include "store.h"
#include "webhook.h"

/**
 * SECTION:webhooks
 *
 * The outbox for the operator's own systems (data/sql/009-webhooks.sql): events are written by the
 * transactions that make them true, and are claimed, sent and concluded from here. Errors,
 * completions and threads are as in store.h.
 */

/** OtWebhookRules: what is written. */
typedef struct {
  gint64 wallet_low_points; /* wallet.low: each time that a wallet falls below it */
  int keep_days;            /* how long what is sent or dead is kept */
} OtWebhookRules;

/** ot_store_set_webhook_rules_async: @rules: (nullable): from now on; NULL: nothing is written. Of
 * the whole database. */
void ot_store_set_webhook_rules_async (OtStore *self,
                                       const OtWebhookRules *rules,
                                       GAsyncReadyCallback done,
                                       gpointer user_data);
gboolean ot_store_set_webhook_rules_finish (OtStore *self, GAsyncResult *result, GError **error);

/** OtWebhook: an event that is due. */
typedef struct {
  char *id;    /* owned */
  char *claim; /* owned: whose try it is */
  char *body;  /* owned: JSON, to be sent as it is */
  int tries;   /* this one included */
} OtWebhook;

void ot_webhook_free (OtWebhook *self);

/**
 * ot_store_claim_webhooks_async:
 * @claim: new for each claim
 * @at_most: > 0
 * @hold_seconds: how long nobody else may try them
 *
 * The result is an array of #OtWebhook, (transfer full), which frees them; NULL: error.
 */
void ot_store_claim_webhooks_async (OtStore *self,
                                    const char *claim,
                                    int at_most,
                                    int hold_seconds,
                                    GAsyncReadyCallback done,
                                    gpointer user_data);
GPtrArray *ot_store_claim_webhooks_finish (OtStore *self, GAsyncResult *result, GError **error);

/**
 * ot_store_conclude_webhook:
 * @status: HTTP's; 0: there was none
 * @message: (nullable): what was wrong, for the operator
 * @pause_us: AGAIN: until the next try
 *
 * Nobody is told of the outcome: what could not be concluded is tried again.
 */
void ot_store_conclude_webhook (OtStore *self,
                                const OtWebhook *webhook,
                                OtWebhookVerdict verdict,
                                guint status,
                                const char *message,
                                gint64 pause_us);

/** OtWebhookCounts: how many there are. */
typedef struct {
  gint64 waiting; /* not sent, not given up */
  gint64 due;     /* of these: to be sent now, and nobody has claimed them */
  gint64 dead;
} OtWebhookCounts;

/** ot_store_count_webhooks_async: @counts: (out): FALSE with @error: untouched. */
void ot_store_count_webhooks_async (OtStore *self, GAsyncReadyCallback done, gpointer user_data);
gboolean ot_store_count_webhooks_finish (OtStore *self,
                                         GAsyncResult *result,
                                         OtWebhookCounts *counts,
                                         GError **error);

/* ---- the operator; these end with ot_store_json_finish() ---- */

/** An array, newest first, at most @limit; @state: (nullable): only "waiting", "sent" or "dead". */
void ot_store_webhooks_json_async (OtStore *self,
                                   const char *state,
                                   int limit,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback done,
                                   gpointer user_data);

/** @which: an id, or "dead" for all of these: {retried: how many}. Errors:
 * %OT_STORE_ERROR_NOT_FOUND.
 */
void ot_store_retry_webhooks_async (OtStore *self,
                                    const char *which,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback done,
                                    gpointer user_data);

/** An event that says nothing: {id}. Errors: %OT_STORE_ERROR_CONFLICT (there are no rules). */
void ot_store_test_webhook_async (OtStore *self,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback done,
                                  gpointer user_data);
