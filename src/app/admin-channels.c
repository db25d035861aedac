/* The operator's requests about channels. */

#include "admin-request.h"

#include "channels.h"
#include "ids.h"
#include "reply.h"

static void
on_channel_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gboolean done = ot_store_add_channel_finish (OT_STORE (source), result, &error);

  ot_admin_reply_done (user_data, done, error);
}

void
ot_admin_put_channel (const OtAdminRequest *request)
{
  ot_reply_later (request->message);
  ot_store_add_channel_async (request->admin->store, request->id, NULL, on_channel_added,
                              request->message);
}

void
ot_admin_post_member (const OtAdminRequest *request)
{
  const char *user_id = ot_admin_parameter (request, "user");

  if (!ot_id_valid (user_id)) {
    ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST,
                      "user: 1 to 64 of A-Za-z0-9_.:- are needed");
    return;
  }
  ot_reply_later (request->message);
  ot_store_add_channel_member_async (request->admin->store, request->id, user_id, NULL,
                                     on_channel_added, request->message);
}

void
ot_admin_get_channels (const OtAdminRequest *request)
{
  ot_reply_later (request->message);
  ot_store_channels_json_async (request->admin->store,
                                g_strcmp0 (ot_admin_parameter (request, "calls"), "true") == 0,
                                OT_ADMIN_LIST_MAX, NULL, ot_admin_on_json, request->message);
}
