#pragma once

#include "clock.h"
#include "store.h"
#include "webhook-sender.h"

/**
 * OtCourier:
 *
 * Carries what is due in the database's outbox (store/webhooks.h) to the operator's URL: claims
 * some, sends them beside each other, says what came of each. At least once: what is not concluded,
 * for whatever reason, is tried again, by this server or another one of the database. Never more
 * than OT_COURIER_MAX are under way; what waits lies in the database.
 *
 * Thread: main loop.
 */
typedef struct _OtCourier OtCourier;

#define OT_COURIER_MAX 16

typedef struct {
  gint64 first_pause_us; /* webhook.retry */
  int max_tries;         /* webhook.tries */
} OtCourierOptions;

/**
 * ot_courier_new:
 * @store: borrowed; started
 * @sender: (transfer full)
 * @options: copied
 * @clock: borrowed
 *
 * Begins at once.
 */
OtCourier *ot_courier_new (OtStore *store,
                           OtWebhookSender *sender,
                           const OtCourierOptions *options,
                           const OtClock *clock);

/** ot_courier_stop: claims nothing more and gives up what is under way; it is tried again later.
 * Before the store is closed. */
void ot_courier_stop (OtCourier *self);

/** ot_courier_free: stopped, and the store closed. */
void ot_courier_free (OtCourier *self);
