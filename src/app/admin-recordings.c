/* The operator's requests about recordings. */

#include "admin-request.h"

#include "recordings.h"
#include "reply.h"

void
ot_admin_get_recordings (const OtAdminRequest *request)
{
  const OtAdmin *admin = request->admin;
  OtRecordingsQuery query = { 0 };
  int limit;

  if (!ot_admin_read_text (request, "call", &query.call_id)
      || !ot_admin_read_text (request, "path", &query.path)
      || !ot_admin_read_text (request, "before", &query.before_path)
      || !ot_admin_read_text (request, "node", &query.before_node)
      || !ot_admin_read_limit (request, &limit))
    return;
  ot_reply_later (request->message);
  ot_store_recordings_json_async (admin->store, ot_librarian_get_directory (admin->librarian),
                                  &query, limit, NULL, ot_admin_on_json, request->message);
}

void
ot_admin_post_call_recording (const OtAdminRequest *request)
{
  const OtAdmin *admin = request->admin;
  const char *on = ot_admin_parameter (request, "on");
  OtCall *call = ot_registry_find (admin->registry, request->id);

  if (g_strcmp0 (on, "on") != 0 && g_strcmp0 (on, "off") != 0)
    ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST, "on: on or off is needed");
  else if (!ot_registry_may_record (admin->registry))
    ot_reply_refusal (request->message, SOUP_STATUS_CONFLICT,
                      "this server records nothing: recording.mode is off");
  else if (call == NULL)
    ot_reply_refusal (request->message, SOUP_STATUS_NOT_FOUND, "call %s is not live on this server",
                      request->id);
  else if (!ot_call_record (call, g_str_equal (on, "on")))
    ot_reply_refusal (request->message, SOUP_STATUS_CONFLICT,
                      "call %s is not connected: there is nothing to record", request->id);
  else
    ot_reply_json (request->message, SOUP_STATUS_OK, g_strdup ("{}"));
}
