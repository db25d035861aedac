/* What the operator asks to see (JSON that the database makes), and what is about the server
 * itself. */

#include "admin-request.h"

#include <json-glib/json-glib.h>

#include "console.h"
#include "logging.h"
#include "reply.h"

void
ot_admin_get_users (const OtAdminRequest *request)
{
  OtUsersQuery query = { 0 };

  if (!ot_admin_read_text (request, "search", &query.search)
      || !ot_admin_read_text (request, "after", &query.after)
      || !ot_admin_read_limit (request, &query.limit))
    return;
  ot_reply_later (request->message);
  ot_store_users_json_async (request->admin->store, &query, NULL, ot_admin_on_json,
                             request->message);
}

void
ot_admin_get_wallet (const OtAdminRequest *request)
{
  ot_reply_later (request->message);
  ot_store_wallet_json_async (request->admin->store, request->id, NULL, ot_admin_on_json,
                              request->message);
}

void
ot_admin_get_statement (const OtAdminRequest *request)
{
  ot_reply_later (request->message);
  ot_store_statement_json_async (
      request->admin->store, request->id, ot_admin_parameter (request, "from"),
      ot_admin_parameter (request, "to"), NULL, ot_admin_on_json, request->message);
}

/* A live call's figures are with its server only. Returns: (nullable): @quality */
static const OtQuality *
read_live (const OtAdminRequest *request, OtQuality quality[OT_N_SIDES])
{
  return ot_registry_read_quality (request->admin->registry, request->id, quality) ? quality : NULL;
}

void
ot_admin_get_timeline (const OtAdminRequest *request)
{
  OtQuality quality[OT_N_SIDES];

  ot_reply_later (request->message);
  ot_store_timeline_json_async (request->admin->store, request->id, read_live (request, quality),
                                NULL, ot_admin_on_json, request->message);
}

void
ot_admin_get_calls (const OtAdminRequest *request)
{
  OtCallsQuery query = { .live = g_strcmp0 (ot_admin_parameter (request, "live"), "true") == 0 };

  if (!ot_admin_read_text (request, "of", &query.of)
      || !ot_admin_read_text (request, "before", &query.before_at)
      || !ot_admin_read_text (request, "before_id", &query.before_id)
      || !ot_admin_read_limit (request, &query.limit))
    return;
  ot_reply_later (request->message);
  ot_store_calls_json_async (request->admin->store, &query, NULL, ot_admin_on_json,
                             request->message);
}

void
ot_admin_get_call (const OtAdminRequest *request)
{
  OtQuality quality[OT_N_SIDES];

  ot_reply_later (request->message);
  ot_store_call_json_async (request->admin->store, request->id, read_live (request, quality), NULL,
                            ot_admin_on_json, request->message);
}

void
ot_admin_get_audit (const OtAdminRequest *request)
{
  ot_reply_later (request->message);
  ot_store_audit_async (request->admin->store, NULL, ot_admin_on_json, request->message);
}

/* For who waits for an audit. */
void
ot_admin_get_audit_progress (const OtAdminRequest *request)
{
  ot_reply_json (request->message, SOUP_STATUS_OK,
                 g_strdup_printf ("{\"done\": %d, \"of\": %d}",
                                  ot_store_audit_step (request->admin->store),
                                  OT_STORE_INVARIANTS));
}

/* ---- the server itself ---- */

void
ot_admin_post_call_end (const OtAdminRequest *request)
{
  if (ot_registry_end (request->admin->registry, request->id))
    ot_reply_json (request->message, SOUP_STATUS_OK, g_strdup ("{}"));
  else
    ot_reply_refusal (request->message, SOUP_STATUS_NOT_FOUND, "call %s is not live on this server",
                      request->id);
}

void
ot_admin_post_reload (const OtAdminRequest *request)
{
  const OtAdmin *admin = request->admin;
  g_auto (OtReload) report = { 0 };
  g_autoptr (GError) error = NULL;

  ot_reload_init (&report);
  if (admin->reload (admin->reload_data, &report, &error))
    ot_reply_json (request->message, SOUP_STATUS_OK, ot_reload_to_json (&report));
  else
    ot_reply_refusal (request->message, SOUP_STATUS_CONFLICT, "nothing is changed: %s",
                      error->message);
}

void
ot_admin_put_log (const OtAdminRequest *request)
{
  const char *levels = ot_admin_parameter (request, "levels");

  if (levels == NULL) {
    ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST,
                      "levels: as in GST_DEBUG, otomo-call:5,otomo*:4");
    return;
  }
  ot_logging_set_levels (levels);
  ot_reply_json (request->message, SOUP_STATUS_OK, g_strdup ("{}"));
}

void
ot_admin_get_status (const OtAdminRequest *request)
{
  const OtAdmin *admin = request->admin;
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);

  json_object_set_string_member (object, "version", OT_VERSION);
  json_object_set_int_member (object, "liveCalls", ot_registry_n_live (admin->registry));
  json_object_set_int_member (object, "connections", ot_hub_n_sessions (admin->hub));
  json_object_set_boolean_member (object, "databaseAvailable",
                                  ot_store_is_available (admin->store));
  json_object_set_int_member (object, "databaseWaiting", ot_store_waiting (admin->store));
  json_object_set_int_member (object, "refusalsNotLogged",
                              (gint64)ot_store_refused_dropped (admin->store));
  json_object_set_string_member (object, "database", ot_store_conninfo (admin->store));
  ot_reply_json (request->message, SOUP_STATUS_OK, json_to_string (node, TRUE));
}

void
ot_admin_post_console (const OtAdminRequest *request)
{
  g_autofree char *url = NULL;

  if (request->admin->console == NULL) {
    ot_reply_refusal (request->message, SOUP_STATUS_CONFLICT,
                      "this server has no console: admin.listen says where, 127.0.0.1:8090");
    return;
  }
  url = ot_console_url (request->admin->console);
  ot_reply_json (request->message, SOUP_STATUS_OK, g_strdup_printf ("{\"url\": \"%s\"}", url));
}
