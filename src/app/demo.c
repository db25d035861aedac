/* People and tokens for the page of development mode. Nothing here exists without --dev. */

#include "demo.h"

#include <json-glib/json-glib.h>

#include "ids.h"
#include "reply.h"
#include "token.h"

#define PEOPLE_MAX 100

typedef struct {
  OtStore *store; /* borrowed */
  const OtClock *clock;
  int unit_seconds;
} Demo;

static gboolean
is_method (SoupServerMessage *message, const char *method)
{
  if (soup_server_message_get_method (message) == method)
    return TRUE;
  ot_reply_refusal (message, SOUP_STATUS_METHOD_NOT_ALLOWED, "only %s", method);
  return FALSE;
}

/* ---- GET /dev/people ---- */

typedef struct {
  SoupServerMessage *message; /* held by ot_reply_later() */
  int unit_seconds;
} PeopleRequest;

static void
copy_member (JsonObject *from, const char *from_name, JsonObject *to, const char *to_name)
{
  if (json_object_has_member (from, from_name))
    json_object_set_member (to, to_name, json_node_copy (json_object_get_member (from, from_name)));
}

static char *
people_text (const char *users, int unit_seconds)
{
  g_autoptr (JsonNode) root = json_from_string (users, NULL);
  g_autoptr (JsonObject) answer = json_object_new ();
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), answer);
  JsonArray *people = json_array_new ();

  for (guint i = 0; root != NULL && i < json_array_get_length (json_node_get_array (root)); i++) {
    JsonObject *user = json_array_get_object_element (json_node_get_array (root), i);
    JsonObject *person = json_object_new ();
    copy_member (user, "id", person, "id");
    copy_member (user, "role", person, "role");
    copy_member (user, "display_name", person, "name");
    copy_member (user, "price_per_unit", person, "pricePerUnit");
    copy_member (user, "balance", person, "balance");
    json_array_add_object_element (people, person);
  }
  json_object_set_array_member (answer, "people", people);
  json_object_set_int_member (answer, "unitSeconds", unit_seconds);
  return json_to_string (node, FALSE);
}

static void
on_people_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PeopleRequest *request = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *users = ot_store_json_finish (OT_STORE (source), result, &error);

  if (users != NULL)
    ot_reply_json (request->message, SOUP_STATUS_OK, people_text (users, request->unit_seconds));
  else
    ot_reply_store_error (request->message, error);
  ot_reply_now (request->message);
  g_free (request);
}

static void
on_people (SoupServer *server,
           SoupServerMessage *message,
           const char *path,
           GHashTable *query,
           gpointer user_data)
{
  Demo *demo = user_data;
  PeopleRequest *request;

  if (!is_method (message, SOUP_METHOD_GET))
    return;
  request = g_new0 (PeopleRequest, 1);
  request->message = message;
  request->unit_seconds = demo->unit_seconds;
  ot_reply_later (message);
  ot_store_users_json_async (demo->store, &(OtUsersQuery){ .limit = PEOPLE_MAX }, NULL,
                             on_people_done, request);
}

/* ---- POST /dev/token ---- */

typedef struct {
  SoupServerMessage *message; /* held by ot_reply_later() */
  char *user_id;              /* owned */
  char *token;                /* owned */
} TokenRequest;

static char *
token_text (const TokenRequest *request)
{
  g_autoptr (JsonObject) answer = json_object_new ();
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), answer);

  json_object_set_string_member (answer, "userId", request->user_id);
  json_object_set_string_member (answer, "token", request->token);
  return json_to_string (node, FALSE);
}

static void
on_token_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  TokenRequest *request = user_data;
  g_autoptr (GError) error = NULL;

  if (ot_store_add_token_finish (OT_STORE (source), result, &error))
    ot_reply_json (request->message, SOUP_STATUS_OK, token_text (request));
  else
    ot_reply_store_error (request->message, error);
  ot_reply_now (request->message);
  g_free (request->user_id);
  g_free (request->token);
  g_free (request);
}

static char *
read_user_id (SoupServerMessage *message)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonNode *root;
  const char *user_id = NULL;

  if (!json_parser_load_from_data (parser, g_bytes_get_data (bytes, NULL),
                                   (gssize)g_bytes_get_size (bytes), NULL))
    return NULL;
  root = json_parser_get_root (parser);
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    user_id =
        json_object_get_string_member_with_default (json_node_get_object (root), "userId", NULL);
  return ot_id_valid (user_id) ? g_strdup (user_id) : NULL;
}

static void
on_token (SoupServer *server,
          SoupServerMessage *message,
          const char *path,
          GHashTable *query,
          gpointer user_data)
{
  Demo *demo = user_data;
  g_autofree char *user_id = NULL;
  TokenRequest *request;

  if (!is_method (message, SOUP_METHOD_POST))
    return;
  user_id = read_user_id (message);
  if (user_id == NULL) {
    ot_reply_refusal (message, SOUP_STATUS_BAD_REQUEST, "userId: not an id");
    return;
  }
  request = g_new0 (TokenRequest, 1);
  request->message = message;
  request->user_id = g_steal_pointer (&user_id);
  request->token = ot_token_new ();
  ot_reply_later (message);
  ot_store_add_token_async (demo->store, request->token, request->user_id,
                            ot_clock_wall_us (demo->clock) + OT_TOKEN_LIFE_US, NULL, on_token_done,
                            request);
}

void
ot_demo_add (SoupServer *server, OtStore *store, const OtClock *clock, int unit_seconds)
{
  Demo *demo = g_new0 (Demo, 1);

  demo->store = store;
  demo->clock = clock;
  demo->unit_seconds = unit_seconds;
  soup_server_add_handler (server, "/dev/people", on_people, demo, g_free);
  soup_server_add_handler (server, "/dev/token", on_token, demo, NULL);
}
