#pragma once

#include <gio/gio.h>

#include "clock.h"

/**
 * OtWebhookSender:
 *
 * Posts signed events to one URL (Standard Webhooks 1.0: the headers webhook-id, webhook-timestamp
 * and webhook-signature). Follows no redirects, reads no answers but their status, and waits at
 * most 10 s for each. Decides nothing about what comes of it.
 *
 * Thread: main loop.
 */
typedef struct _OtWebhookSender OtWebhookSender;

/** No try takes longer. */
#define OT_WEBHOOK_TIMEOUT_SECONDS 10

#define OT_WEBHOOK_SENDER_ERROR (g_quark_from_static_string ("ot-webhook-sender-error"))
typedef enum { OT_WEBHOOK_SENDER_ERROR_URL } OtWebhookSenderError;

/**
 * ot_webhook_sender_new:
 * @url: http or https
 * @secret_file: see ot_webhook_keys_parse(); read at once
 * @connections: how many there may be at a time
 * @clock: borrowed
 *
 * Errors: %OT_WEBHOOK_SENDER_ERROR_URL, %OT_WEBHOOK_ERROR_SECRET, G_FILE_ERROR; each names what it
 * is about
 */
OtWebhookSender *ot_webhook_sender_new (const char *url,
                                        const char *secret_file,
                                        guint connections,
                                        const OtClock *clock,
                                        GError **error);

/** ot_webhook_sender_set_endpoint: as of ot_webhook_sender_new(), for what is posted from now on.
 * Returns: FALSE with @error: all is as before. */
gboolean ot_webhook_sender_set_endpoint (OtWebhookSender *self,
                                         const char *url,
                                         const char *secret_file,
                                         GError **error);

/** ot_webhook_sender_free: what is under way is cancelled by its own cancellable, before. */
void ot_webhook_sender_free (OtWebhookSender *self);

/** ot_webhook_sender_get_host: of the URL, for the log; borrowed. */
const char *ot_webhook_sender_get_host (const OtWebhookSender *self);

/** ot_webhook_sender_post_async: @done is never called from inside this call. */
void ot_webhook_sender_post_async (OtWebhookSender *self,
                                   const char *id,
                                   const char *body,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback done,
                                   gpointer user_data);

/** ot_webhook_sender_post_finish: Returns: HTTP's status; 0: there was none, @error says why. Works
 * without the sender, which may be gone by then. */
guint ot_webhook_sender_post_finish (GAsyncResult *result, GError **error);
