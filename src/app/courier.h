#pragma once

#include "clock.h"
#include "metric.h"
#include "store.h"
#include "webhook-sender.h"
#include "webhook.h"
#include "webhooks.h"

/**
 * OtCourier:
 *
 * Carries what is due in the database's outbox (store/webhooks.h) to the operator's URL: claims
 * some, sends them beside each other, says what came of each. At least once: what is not concluded,
 * for whatever reason, is tried again, by this server or another one of the database. Never more
 * than OT_COURIER_MAX are under way; what waits lies in the database, and is written there by the
 * rules that the courier tells it. Without a URL nothing is written and nothing is sent.
 *
 * Thread: main loop.
 */
typedef struct _OtCourier OtCourier;

#define OT_COURIER_MAX 16

typedef struct {
  gint64 first_pause_us; /* webhook.retry */
  int max_tries;         /* webhook.tries */
  OtWebhookRules rules;  /* webhook.wallet_low, webhook.keep_days */
} OtCourierOptions;

/** ot_courier_new: without a URL. @store: borrowed; @clock: borrowed */
OtCourier *ot_courier_new (OtStore *store, const OtClock *clock);

/**
 * ot_courier_set_endpoint:
 * @url: (nullable): NULL: no webhooks; what is under way is given up, and waits with the others
 * @secret_file: (nullable): not without @url
 *
 * For tries that begin from now on. Returns: FALSE with @error, as of ot_webhook_sender_new(): all
 * is as before
 */
gboolean
ot_courier_set_endpoint (OtCourier *self, const char *url, const char *secret_file, GError **error);

/** ot_courier_set_options: copied; for tries that are concluded from now on. The database gets the
 * rules as soon as it answers. */
void ot_courier_set_options (OtCourier *self, const OtCourierOptions *options);

/** ot_courier_start_async: @store is started. Has the database know the rules, then begins. Once.
 */
void ot_courier_start_async (OtCourier *self, GAsyncReadyCallback done, gpointer user_data);
gboolean ot_courier_start_finish (OtCourier *self, GAsyncResult *result, GError **error);

/** OtCourierFigures: what came of tries, and what the database has, as of some seconds ago. */
typedef struct {
  OtCounter tries[OT_WEBHOOK_N_VERDICTS]; /* by what came of them */
  OtWebhookCounts counts;
  gboolean counted; /* FALSE: @counts is not known */
} OtCourierFigures;

/** ot_courier_get_figures: (transfer none): live as long as the courier. */
const OtCourierFigures *ot_courier_get_figures (const OtCourier *self);

/** ot_courier_stop: claims nothing more and gives up what is under way; it is tried again later.
 * Before the store is closed. */
void ot_courier_stop (OtCourier *self);

/** ot_courier_free: stops it. */
void ot_courier_free (OtCourier *self);
