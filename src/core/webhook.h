#pragma once

#include <glib.h>

/**
 * SECTION:webhook
 *
 * What the operator's own systems are told, and how often it is tried: the rules, pure. Deliveries
 * follow the Standard Webhooks specification 1.0 (standardwebhooks.com), so that receivers have a
 * library for it in most languages.
 */

typedef enum {
  OT_WEBHOOK_SENT,
  OT_WEBHOOK_AGAIN, /* after a pause */
  OT_WEBHOOK_DEAD,  /* given up; an operator may begin anew */
  OT_WEBHOOK_N_VERDICTS,
} OtWebhookVerdict;

/** ot_webhook_verdict_name: static; as the database says it. */
const char *ot_webhook_verdict_name (OtWebhookVerdict verdict);

/**
 * ot_webhook_judge:
 * @status: HTTP's; 0: there was no answer
 * @tries: how many there were, this one included
 * @max_tries: how many there may be
 *
 * 2xx has taken it; 410 Gone never will; everything else, redirects too, is tried again.
 */
OtWebhookVerdict ot_webhook_judge (guint status, int tries, int max_tries);

/**
 * ot_webhook_pause_us:
 * @first_us: after the first try
 * @tries: how many there were, ≥ 1
 * @luck: 0 to 1
 *
 * The pause after a try that failed: three times as long after each, at most 8 h; and up to a
 * quarter longer by luck, so that many do not come back at once.
 */
gint64 ot_webhook_pause_us (gint64 first_us, int tries, double luck);

/** OtWebhookKeys: what deliveries are signed with: one secret, or two while one takes over from the
 * other. Free with ot_webhook_keys_free(). */
typedef struct _OtWebhookKeys OtWebhookKeys;

#define OT_WEBHOOK_ERROR (g_quark_from_static_string ("ot-webhook-error"))
typedef enum { OT_WEBHOOK_ERROR_SECRET } OtWebhookError;

/**
 * ot_webhook_keys_parse:
 * @text: a secret a line, "whsec_" and 24 to 64 bytes in Base64; empty lines don't count
 *
 * Returns: (transfer full) (nullable): NULL with @error
 */
OtWebhookKeys *ot_webhook_keys_parse (const char *text, GError **error);
void ot_webhook_keys_free (OtWebhookKeys *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OtWebhookKeys, ot_webhook_keys_free)

/**
 * ot_webhook_sign:
 * @id: of the event, the same at each try
 * @timestamp: of the try, seconds since 1970
 *
 * Returns: (transfer full): the header webhook-signature: "v1," and the HMAC-SHA256 in Base64, for
 * each secret, separated by spaces
 */
char *
ot_webhook_sign (const OtWebhookKeys *self, const char *id, gint64 timestamp, const char *body);
