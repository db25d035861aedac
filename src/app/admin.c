/* The operator's API: a table of routes; each handler reads its parameters, asks the store or the registry, and answers
 * when that has answered. */

#include "admin.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "channels.h"
#include "ids.h"
#include "log.h"
#include "reply.h"
#include "token.h"

#define LIST_MAX 1000
#define SEED_PAIRS_MAX 2000

typedef struct {
  OtAdmin *admin;
  SoupServerMessage *message;
  const char *id;    /* (nullable): the path's variable part, checked */
  GHashTable *query; /* (nullable) */
} Request;

typedef void (*Handler) (const Request *request);

static const char *
parameter (const Request *request, const char *name)
{
  return request->query != NULL ? g_hash_table_lookup (request->query, name) : NULL;
}

static gboolean
read_number (const Request *request, const char *name, gint64 least, gint64 most, gint64 *number)
{
  const char *text = parameter (request, name);

  if (text != NULL && g_ascii_string_to_signed (text, 10, least, most, number, NULL))
    return TRUE;
  ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST,
      "%s: a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " is needed", name, least, most);
  return FALSE;
}

static void
reply_done (SoupServerMessage *message, gboolean done, const GError *error)
{
  if (done)
    ot_reply_json (message, SOUP_STATUS_OK, g_strdup ("{}"));
  else
    ot_reply_store_error (message, error);
  ot_reply_now (message);
}

/* ---- JSON that the database makes ---- */

static void
on_json (GObject *source, GAsyncResult *result, gpointer user_data)
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

static void
get_users (const Request *request)
{
  ot_reply_later (request->message);
  ot_store_users_json_async (request->admin->store, LIST_MAX, NULL, on_json, request->message);
}

static void
get_wallet (const Request *request)
{
  ot_reply_later (request->message);
  ot_store_wallet_json_async (request->admin->store, request->id, NULL, on_json, request->message);
}

static void
get_statement (const Request *request)
{
  ot_reply_later (request->message);
  ot_store_statement_json_async (request->admin->store, request->id, parameter (request, "from"),
      parameter (request, "to"), NULL, on_json, request->message);
}

static void
get_timeline (const Request *request)
{
  ot_reply_later (request->message);
  ot_store_timeline_json_async (request->admin->store, request->id, NULL, on_json, request->message);
}

static void
get_calls (const Request *request)
{
  ot_reply_later (request->message);
  ot_store_calls_json_async (request->admin->store, g_strcmp0 (parameter (request, "live"), "true") == 0, LIST_MAX, NULL,
      on_json, request->message);
}

static void
get_call (const Request *request)
{
  ot_reply_later (request->message);
  ot_store_call_json_async (request->admin->store, request->id, NULL, on_json, request->message);
}

static void
get_audit (const Request *request)
{
  ot_reply_later (request->message);
  ot_store_audit_async (request->admin->store, NULL, on_json, request->message);
}

/* ---- people ---- */

static void
on_user_put (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gboolean done = ot_store_put_user_finish (OT_STORE (source), result, &error);

  reply_done (user_data, done, error);
}

static void
put_user (const Request *request)
{
  const char *role = parameter (request, "role");
  const char *name = parameter (request, "name");
  OtUser user = { .id = (char *) request->id, .name = (char *) (name != NULL ? name : ""), .share_percent = -1 };
  gint64 share;

  if (g_strcmp0 (role, "otomo") == 0) {
    user.role = OT_ROLE_OTOMO;
    if (!read_number (request, "price", 1, 1000000000, &user.price_points))
      return;
    if (parameter (request, "share") != NULL) {
      if (!read_number (request, "share", 0, 100, &share))
        return;
      user.share_percent = (int) share;
    }
  } else if (g_strcmp0 (role, "user") == 0) {
    user.role = OT_ROLE_USER;
  } else {
    ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST, "role: user or otomo is needed");
    return;
  }
  ot_reply_later (request->message);
  ot_store_put_user_async (request->admin->store, &user, NULL, on_user_put, request->message);
}

typedef struct {
  SoupServerMessage *message; /* held by ot_reply_later() */
  OtHub *hub;
  gboolean blocked;
} BlockRequest;

static void
on_block_user (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree BlockRequest *block = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OtUser) user = ot_store_get_user_finish (OT_STORE (source), result, &error);

  if (user == NULL) {
    reply_done (block->message, FALSE, error);
    return;
  }
  user->blocked = block->blocked;
  if (block->blocked)
    ot_hub_end_user (block->hub, user->id, OT_CLOSE_BLOCKED, "This account is blocked");
  ot_store_put_user_async (OT_STORE (source), user, NULL, on_user_put, block->message);
}

static void
post_user (const Request *request)
{
  const char *blocked = parameter (request, "blocked");
  BlockRequest *block;

  if (g_strcmp0 (blocked, "true") != 0 && g_strcmp0 (blocked, "false") != 0) {
    ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST, "blocked: true or false is needed");
    return;
  }
  block = g_new0 (BlockRequest, 1);
  block->message = request->message;
  block->hub = request->admin->hub;
  block->blocked = g_str_equal (blocked, "true");
  ot_reply_later (request->message);
  ot_store_get_user_async (request->admin->store, request->id, NULL, on_block_user, block);
}

static void
on_topped_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SoupServerMessage *message = user_data;
  g_autoptr (GError) error = NULL;
  gint64 balance = ot_store_top_up_finish (OT_STORE (source), result, &error);

  if (balance >= 0)
    ot_reply_json (message, SOUP_STATUS_OK, g_strdup_printf ("{\"balance\": %" G_GINT64_FORMAT "}", balance));
  else
    ot_reply_store_error (message, error);
  ot_reply_now (message);
}

static void
on_adjusted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SoupServerMessage *message = user_data;
  g_autoptr (GError) error = NULL;
  gint64 balance = ot_store_adjust_finish (OT_STORE (source), result, &error);

  if (error == NULL)
    ot_reply_json (message, SOUP_STATUS_OK, g_strdup_printf ("{\"balance\": %" G_GINT64_FORMAT "}", balance));
  else
    ot_reply_store_error (message, error);
  ot_reply_now (message);
}

static void
post_adjustment (const Request *request)
{
  OtAdjustment adjustment = { .user_id = request->id,
                              .id = parameter (request, "id"),
                              .operator = parameter (request, "operator"),
                              .reason = parameter (request, "reason") };

  if (adjustment.id == NULL || adjustment.operator == NULL || adjustment.reason == NULL) {
    ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST, "id, operator and reason are needed");
    return;
  }
  if (!read_number (request, "points", -G_GINT64_CONSTANT (1000000000000), G_GINT64_CONSTANT (1000000000000),
          &adjustment.points))
    return;
  ot_reply_later (request->message);
  ot_store_adjust_async (request->admin->store, &adjustment, NULL, on_adjusted, request->message);
}

static void
post_purchase (const Request *request)
{
  const char *purchase_id = parameter (request, "id");
  gint64 points;

  if (!ot_id_valid (purchase_id)) {
    ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST, "id: 1 to 64 of A-Za-z0-9_.:- are needed");
    return;
  }
  if (!read_number (request, "points", 1, G_GINT64_CONSTANT (1000000000000), &points))
    return;
  ot_reply_later (request->message);
  ot_store_top_up_async (request->admin->store, request->id, purchase_id, points, NULL, on_topped_up, request->message);
}

/* ---- tokens ---- */

typedef struct {
  SoupServerMessage *message; /* held by ot_reply_later() */
  char *token;                /* owned */
} TokenRequest;

static void
on_token (GObject *source, GAsyncResult *result, gpointer user_data)
{
  TokenRequest *request = user_data;
  g_autoptr (GError) error = NULL;

  if (ot_store_add_token_finish (OT_STORE (source), result, &error))
    ot_reply_json (request->message, SOUP_STATUS_OK, g_strdup_printf ("{\"token\": \"%s\"}", request->token));
  else
    ot_reply_store_error (request->message, error);
  ot_reply_now (request->message);
  g_free (request->token);
  g_free (request);
}

static void
post_token (const Request *request)
{
  TokenRequest *token = g_new0 (TokenRequest, 1);

  token->message = request->message;
  token->token = ot_token_new ();
  ot_reply_later (request->message);
  ot_store_add_token_async (request->admin->store, token->token, request->id,
      ot_clock_wall_us (request->admin->clock) + OT_TOKEN_LIFE_US, NULL, on_token, token);
}

/* ---- channels ---- */

static void
on_channel_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gboolean done = ot_store_add_channel_finish (OT_STORE (source), result, &error);

  reply_done (user_data, done, error);
}

static void
put_channel (const Request *request)
{
  ot_reply_later (request->message);
  ot_store_add_channel_async (request->admin->store, request->id, NULL, on_channel_added, request->message);
}

static void
post_member (const Request *request)
{
  const char *user_id = parameter (request, "user");

  if (!ot_id_valid (user_id)) {
    ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST, "user: 1 to 64 of A-Za-z0-9_.:- are needed");
    return;
  }
  ot_reply_later (request->message);
  ot_store_add_channel_member_async (request->admin->store, request->id, user_id, NULL, on_channel_added,
      request->message);
}

static void
get_channels (const Request *request)
{
  ot_reply_later (request->message);
  ot_store_channels_json_async (request->admin->store, g_strcmp0 (parameter (request, "calls"), "true") == 0, LIST_MAX,
      NULL, on_json, request->message);
}

/* ---- seed: people first, then their tokens, all at once ---- */

typedef struct {
  SoupServerMessage *message; /* held by ot_reply_later() */
  OtAdmin *admin;
  int pairs;
  guint n_waiting;
  gboolean failed;
  GString *lines; /* owned: "userId token" */
} SeedRequest;

static void
finish_seed (SeedRequest *seed, const GError *error)
{
  if (error != NULL)
    ot_reply_store_error (seed->message, error);
  else
    soup_server_message_set_response (seed->message, "text/plain", SOUP_MEMORY_COPY, seed->lines->str, seed->lines->len);
  if (error == NULL)
    soup_server_message_set_status (seed->message, SOUP_STATUS_OK, NULL);
  ot_reply_now (seed->message);
  g_string_free (seed->lines, TRUE);
  g_free (seed);
}

static void
on_seed_token (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SeedRequest *seed = user_data;
  g_autoptr (GError) error = NULL;

  if (!ot_store_add_token_finish (OT_STORE (source), result, &error)) {
    ot_warning ("seed: a token could not be stored: %s", error->message);
    seed->failed = TRUE;
  }
  if (--seed->n_waiting > 0)
    return;
  if (seed->failed && error == NULL)
    g_set_error (&error, OT_STORE_ERROR, OT_STORE_ERROR_FAILED, "not all tokens could be stored; seed again");
  finish_seed (seed, error);
}

static void
on_seeded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SeedRequest *seed = user_data;
  gint64 expires_us = ot_clock_wall_us (seed->admin->clock) + OT_TOKEN_LIFE_US;
  g_autoptr (GError) error = NULL;

  if (!ot_store_seed_finish (OT_STORE (source), result, &error)) {
    finish_seed (seed, error);
    return;
  }
  seed->n_waiting = (guint) seed->pairs * 2;
  for (int i = 1; i <= seed->pairs; i++)
    for (const char *role = "uo"; *role != '\0'; role++) {
      g_autofree char *token = ot_token_new ();
      g_autofree char *user_id = g_strdup_printf ("%c%d", *role, i);
      g_string_append_printf (seed->lines, "%s %s\n", user_id, token);
      ot_store_add_token_async (OT_STORE (source), token, user_id, expires_us, NULL, on_seed_token, seed);
    }
}

static void
post_seed (const Request *request)
{
  gint64 pairs, balance;
  SeedRequest *seed;

  if (!read_number (request, "pairs", 1, SEED_PAIRS_MAX, &pairs)
      || !read_number (request, "balance", 1, G_GINT64_CONSTANT (1000000000000), &balance))
    return;
  seed = g_new0 (SeedRequest, 1);
  seed->message = request->message;
  seed->admin = request->admin;
  seed->pairs = (int) pairs;
  seed->lines = g_string_new (NULL);
  ot_reply_later (request->message);
  ot_store_seed_async (request->admin->store, seed->pairs, balance, NULL, on_seeded, seed);
}

/* ---- the server itself ---- */

static void
post_call_end (const Request *request)
{
  if (ot_registry_end (request->admin->registry, request->id))
    ot_reply_json (request->message, SOUP_STATUS_OK, g_strdup ("{}"));
  else
    ot_reply_refusal (request->message, SOUP_STATUS_NOT_FOUND, "call %s is not live on this server", request->id);
}

static void
put_log (const Request *request)
{
  const char *levels = parameter (request, "levels");

  if (levels == NULL) {
    ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST, "levels: as in GST_DEBUG, otomo-call:5,otomo*:4");
    return;
  }
  ot_log_set_levels (levels);
  ot_reply_json (request->message, SOUP_STATUS_OK, g_strdup ("{}"));
}

static void
get_status (const Request *request)
{
  const OtAdmin *admin = request->admin;
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);

  json_object_set_string_member (object, "version", OT_VERSION);
  json_object_set_int_member (object, "liveCalls", ot_registry_n_live (admin->registry));
  json_object_set_int_member (object, "connections", ot_hub_n_sessions (admin->hub));
  json_object_set_boolean_member (object, "databaseAvailable", ot_store_is_available (admin->store));
  json_object_set_int_member (object, "databaseWaiting", ot_store_waiting (admin->store));
  json_object_set_string_member (object, "database", ot_store_conninfo (admin->store));
  ot_reply_json (request->message, SOUP_STATUS_OK, json_to_string (node, TRUE));
}

/* ---- routes ---- */

static const struct {
  const char *method;
  const char *before; /* the id */
  const char *after;  /* NULL: no id in this path */
  Handler handler;
} routes[] = {
  { "GET", "/v1/users", NULL, get_users },
  { "PUT", "/v1/users/", "", put_user },
  { "POST", "/v1/users/", "", post_user },
  { "GET", "/v1/users/", "/wallet", get_wallet },
  { "POST", "/v1/users/", "/purchases", post_purchase },
  { "POST", "/v1/users/", "/adjustments", post_adjustment },
  { "GET", "/v1/users/", "/statement", get_statement },
  { "POST", "/v1/users/", "/tokens", post_token },
  { "GET", "/v1/calls", NULL, get_calls },
  { "GET", "/v1/calls/", "", get_call },
  { "GET", "/v1/calls/", "/timeline", get_timeline },
  { "POST", "/v1/calls/", "/end", post_call_end },
  { "GET", "/v1/channels", NULL, get_channels },
  { "PUT", "/v1/channels/", "", put_channel },
  { "POST", "/v1/channels/", "/members", post_member },
  { "GET", "/v1/audit", NULL, get_audit },
  { "POST", "/v1/seed", NULL, post_seed },
  { "PUT", "/v1/log", NULL, put_log },
  { "GET", "/v1/status", NULL, get_status },
};

/* Whether a path fits; @id: (out): its variable part, owned. */
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
  *id = g_strndup (rest, length);
  return TRUE;
}

static void
on_request (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  Request request = { .admin = user_data, .message = message, .query = query };
  gboolean found = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (routes); i++) {
    g_autofree char *id = NULL;
    if (!fits (i, path, &id))
      continue;
    found = TRUE;
    if (!g_str_equal (routes[i].method, soup_server_message_get_method (message)))
      continue;
    request.id = id;
    if (id != NULL && !ot_id_valid (id))
      ot_reply_refusal (message, SOUP_STATUS_BAD_REQUEST, "\"%s\" is not an id: 1 to 64 of A-Za-z0-9_.:- are needed", id);
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
  soup_server_add_handler (server, "/v1", on_request, self, NULL);
}
