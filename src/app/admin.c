/* The operator's API: a table of routes to the handlers in admin-….c. */

#include "admin-request.h"

#include <string.h>

#include "ids.h"
#include "reply.h"

#define TEXT_MAX 200

const char *
ot_admin_parameter (const OtAdminRequest *request, const char *name)
{
  return request->query != NULL ? g_hash_table_lookup (request->query, name) : NULL;
}

gboolean
ot_admin_read_number (
    const OtAdminRequest *request, const char *name, gint64 least, gint64 most, gint64 *number)
{
  const char *text = ot_admin_parameter (request, name);

  if (text != NULL && g_ascii_string_to_signed (text, 10, least, most, number, NULL))
    return TRUE;
  ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST,
                    "%s: a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                    " is needed",
                    name, least, most);
  return FALSE;
}

gboolean
ot_admin_read_text (const OtAdminRequest *request, const char *name, const char **text)
{
  *text = ot_admin_parameter (request, name);
  if (*text == NULL || (g_utf8_validate (*text, -1, NULL) && g_utf8_strlen (*text, -1) <= TEXT_MAX))
    return TRUE;
  ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST,
                    "%s: at most %d characters of UTF-8 are needed", name, TEXT_MAX);
  return FALSE;
}

gboolean
ot_admin_read_limit (const OtAdminRequest *request, int *limit)
{
  gint64 number = OT_ADMIN_LIST_MAX;

  if (ot_admin_parameter (request, "limit") != NULL
      && !ot_admin_read_number (request, "limit", 1, OT_ADMIN_LIST_MAX, &number))
    return FALSE;
  *limit = (int)number;
  return TRUE;
}

void
ot_admin_reply_done (SoupServerMessage *message, gboolean done, const GError *error)
{
  if (done)
    ot_reply_json (message, SOUP_STATUS_OK, g_strdup ("{}"));
  else
    ot_reply_store_error (message, error);
  ot_reply_now (message);
}

void
ot_admin_on_json (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SoupServerMessage *message = user_data;
  g_autoptr (GError) error = NULL;
  char *json = ot_store_json_finish (OT_STORE (source), result, &error);

  if (json != NULL)
    ot_reply_json (message, SOUP_STATUS_OK, json);
  else
    ot_reply_store_error (message, error);
  ot_reply_now (message);
}

static const struct {
  const char *method;
  const char *before; /* the id */
  const char *after;  /* NULL: no id in this path */
  void (*handler) (const OtAdminRequest *request);
  gboolean console; /* also what the console may ask */
} routes[] = {
  { "GET", "/v1/users", NULL, ot_admin_get_users, TRUE },
  { "PUT", "/v1/users/", "", ot_admin_put_user },
  { "POST", "/v1/users/", "", ot_admin_post_user },
  { "GET", "/v1/users/", "/wallet", ot_admin_get_wallet, TRUE },
  { "POST", "/v1/users/", "/purchases", ot_admin_post_purchase },
  { "POST", "/v1/users/", "/adjustments", ot_admin_post_adjustment },
  { "GET", "/v1/users/", "/statement", ot_admin_get_statement, TRUE },
  { "POST", "/v1/users/", "/tokens", ot_admin_post_token },
  { "GET", "/v1/live", NULL, ot_admin_get_live, TRUE },
  { "GET", "/v1/calls", NULL, ot_admin_get_calls, TRUE },
  { "GET", "/v1/calls/", "", ot_admin_get_call, TRUE },
  { "GET", "/v1/calls/", "/timeline", ot_admin_get_timeline, TRUE },
  { "POST", "/v1/calls/", "/recording", ot_admin_post_call_recording, TRUE },
  { "GET", "/v1/recordings", NULL, ot_admin_get_recordings, TRUE },
  { "POST", "/v1/calls/", "/end", ot_admin_post_call_end, TRUE },
  { "GET", "/v1/channels", NULL, ot_admin_get_channels },
  { "PUT", "/v1/channels/", "", ot_admin_put_channel },
  { "POST", "/v1/channels/", "/members", ot_admin_post_member },
  { "GET", "/v1/webhooks", NULL, ot_admin_get_webhooks },
  { "POST", "/v1/webhooks", NULL, ot_admin_post_webhook_test },
  { "POST", "/v1/webhooks/", "/retry", ot_admin_post_webhook_retry },
  { "GET", "/v1/audit", NULL, ot_admin_get_audit, TRUE },
  { "GET", "/v1/audit/progress", NULL, ot_admin_get_audit_progress },
  { "POST", "/v1/seed", NULL, ot_admin_post_seed },
  { "POST", "/v1/reload", NULL, ot_admin_post_reload },
  { "PUT", "/v1/log", NULL, ot_admin_put_log },
  { "GET", "/v1/status", NULL, ot_admin_get_status, TRUE },
  { "POST", "/v1/console", NULL, ot_admin_post_console },
};

/* Whether a path fits; @id: (out): its variable part, owned. A ~ before it doesn't count: without
 * one the id ".." would be a step of the path, for whoever tidies paths on the way. */
static gboolean
fits (gsize route, const char *path, char **id)
{
  const char *rest;
  gsize length;

  if (routes[route].after == NULL)
    return g_str_equal (path, routes[route].before);
  if (!g_str_has_prefix (path, routes[route].before))
    return FALSE;
  rest = path + strlen (routes[route].before);
  length = strcspn (rest, "/");
  if (!g_str_equal (rest + length, routes[route].after))
    return FALSE;
  *id = rest[0] == '~' ? g_strndup (rest + 1, length - 1) : g_strndup (rest, length);
  return TRUE;
}

/* A parameter would end at the NUL, and what is done would not be what was asked. */
static gboolean
has_nul (SoupServerMessage *message)
{
  const char *query = g_uri_get_query (soup_server_message_get_uri (message));

  return query != NULL && strstr (query, "%00") != NULL;
}

/* Where requests come from. */
typedef struct {
  OtAdmin *admin;
  OtAdminAdmit admit; /* NULL: the Unix socket, whose listener has asked already */
  gpointer user_data;
} Door;

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  const Door *door = user_data;
  OtAdminRequest request = { .admin = door->admin, .message = message, .query = query };
  gboolean found = FALSE;

  ot_audit_log_watch (door->admin->audit, message,
                      door->admit != NULL ? OT_AUDIT_CONSOLE : OT_AUDIT_SOCKET);
  if (door->admit != NULL && !door->admit (message, door->user_data))
    return;
  if (has_nul (message)) {
    ot_reply_refusal (message, SOUP_STATUS_BAD_REQUEST, "U+0000 is not allowed");
    return;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (routes); i++) {
    g_autofree char *id = NULL;
    if ((door->admit != NULL && !routes[i].console) || !fits (i, path, &id))
      continue;
    found = TRUE;
    if (!g_str_equal (routes[i].method, soup_server_message_get_method (message)))
      continue;
    request.id = id;
    if (id != NULL && !ot_id_valid (id))
      ot_reply_refusal (message, SOUP_STATUS_BAD_REQUEST,
                        "\"%s\" is not an id: 1 to 64 of A-Za-z0-9_.:- are needed", id);
    else
      routes[i].handler (&request);
    return;
  }
  if (found)
    ot_reply_refusal (message, SOUP_STATUS_METHOD_NOT_ALLOWED, "not with this method");
  else
    ot_reply_refusal (message, SOUP_STATUS_NOT_FOUND, "there is nothing at %s", path);
}

void
ot_admin_add (SoupServer *server, OtAdmin *self)
{
  ot_admin_add_for_console (server, self, NULL, NULL);
}

void
ot_admin_add_for_console (SoupServer *server, OtAdmin *self, OtAdminAdmit admit, gpointer user_data)
{
  Door *door = g_new (Door, 1);

  *door = (Door){ self, admit, user_data };
  soup_server_add_handler (server, "/v1", on_request, door, g_free);
}
