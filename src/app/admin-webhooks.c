/* The operator's requests about webhooks. */

#include "admin-request.h"

#include "reply.h"
#include "webhooks.h"

void
ot_admin_get_webhooks (const OtAdminRequest *request)
{
  static const char *const states[] = { "waiting", "sent", "dead", NULL };
  const char *state = ot_admin_parameter (request, "state");

  if (state != NULL && !g_strv_contains (states, state)) {
    ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST,
                      "state: waiting, sent or dead is needed");
    return;
  }
  ot_reply_later (request->message);
  ot_store_webhooks_json_async (request->admin->store, state, OT_ADMIN_LIST_MAX, NULL,
                                ot_admin_on_json, request->message);
}

void
ot_admin_post_webhook_test (const OtAdminRequest *request)
{
  ot_reply_later (request->message);
  ot_store_test_webhook_async (request->admin->store, NULL, ot_admin_on_json, request->message);
}

void
ot_admin_post_webhook_retry (const OtAdminRequest *request)
{
  ot_reply_later (request->message);
  ot_store_retry_webhooks_async (request->admin->store, request->id, NULL, ot_admin_on_json,
                                 request->message);
}
