#pragma once

#include "admin.h"

/**
 * OtAdminRequest:
 *
 * One request to the admin API, as its handlers see it; everything borrowed for the time of the
 * handler. A handler answers, at once or later (reply.h).
 */
typedef struct {
  OtAdmin *admin;
  SoupServerMessage *message;
  const char *id;    /* (nullable): the path's variable part, checked */
  GHashTable *query; /* (nullable) */
} OtAdminRequest;

/** ot_admin_parameter: (nullable): a parameter of the query; borrowed. */
const char *ot_admin_parameter (const OtAdminRequest *self, const char *name);

/** ot_admin_read_number: a parameter that must be a whole number of this range; else it is
 * answered, and FALSE. */
gboolean ot_admin_read_number (
    const OtAdminRequest *self, const char *name, gint64 least, gint64 most, gint64 *number);

/** ot_admin_read_text: a parameter that may be left out, of at most 200 characters; else it is
 * answered, and FALSE. @text: (out) (nullable): borrowed */
gboolean ot_admin_read_text (const OtAdminRequest *self, const char *name, const char **text);

/** ot_admin_read_limit: how many lines a list may have: %OT_ADMIN_LIST_MAX, or "limit"; else it is
 * answered, and FALSE. */
gboolean ot_admin_read_limit (const OtAdminRequest *self, int *limit);

/** ot_admin_reply_done: ends a request that was held by ot_reply_later(), with {} or with why not.
 */
void ot_admin_reply_done (SoupServerMessage *message, gboolean done, const GError *error);

/** ot_admin_on_json: ends a request that was held by ot_reply_later(), with the store's JSON;
 * @user_data: the message. */
void ot_admin_on_json (GObject *source, GAsyncResult *result, gpointer user_data);

/** OT_ADMIN_LIST_MAX: no list is longer. */
#define OT_ADMIN_LIST_MAX 1000

/* The handlers, named by method and path; admin.c holds their routes. */
void ot_admin_get_users (const OtAdminRequest *request);
void ot_admin_get_wallet (const OtAdminRequest *request);
void ot_admin_get_statement (const OtAdminRequest *request);
void ot_admin_get_timeline (const OtAdminRequest *request);
void ot_admin_get_live (const OtAdminRequest *request);
void ot_admin_get_calls (const OtAdminRequest *request);
void ot_admin_get_call (const OtAdminRequest *request);
void ot_admin_get_audit (const OtAdminRequest *request);
void ot_admin_get_audit_progress (const OtAdminRequest *request);
void ot_admin_put_user (const OtAdminRequest *request);
void ot_admin_post_user (const OtAdminRequest *request);
void ot_admin_post_adjustment (const OtAdminRequest *request);
void ot_admin_post_purchase (const OtAdminRequest *request);
void ot_admin_post_token (const OtAdminRequest *request);
void ot_admin_put_channel (const OtAdminRequest *request);
void ot_admin_post_member (const OtAdminRequest *request);
void ot_admin_get_channels (const OtAdminRequest *request);
void ot_admin_get_webhooks (const OtAdminRequest *request);
void ot_admin_post_webhook_test (const OtAdminRequest *request);
void ot_admin_post_webhook_retry (const OtAdminRequest *request);
void ot_admin_post_seed (const OtAdminRequest *request);
void ot_admin_post_call_recording (const OtAdminRequest *request);
void ot_admin_get_recordings (const OtAdminRequest *request);
void ot_admin_post_call_end (const OtAdminRequest *request);
void ot_admin_post_reload (const OtAdminRequest *request);
void ot_admin_put_log (const OtAdminRequest *request);
void ot_admin_get_status (const OtAdminRequest *request);
void ot_admin_post_console (const OtAdminRequest *request);
