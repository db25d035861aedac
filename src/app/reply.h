#pragma once

#include <libsoup/soup.h>

/**
 * SECTION:reply
 *
 * Answers to HTTP requests, at once or after something was waited for.
 */

/** ot_reply_json: @json: (transfer full) */
void ot_reply_json (SoupServerMessage *message, guint status, char *json);

/** ot_reply_refusal: {"error": text}, with @format as printf has it. */
void ot_reply_refusal (SoupServerMessage *message, guint status, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/** ot_reply_is_read: whether it only reads, as GET and HEAD do; else it is answered, with 405. */
gboolean ot_reply_is_read (SoupServerMessage *message);

/** ot_reply_store_error: the status that fits an error of the store. */
void ot_reply_store_error (SoupServerMessage *message, const GError *error);

/**
 * ot_reply_later: holds the answer back; @message gets a reference that ot_reply_now() drops.
 * Between the two nothing else may free it, whether the client is still there or not.
 */
void ot_reply_later (SoupServerMessage *message);
void ot_reply_now (SoupServerMessage *message);
