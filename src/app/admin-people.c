/* The operator's requests about people: who they are, their points, their tokens. */

#include "admin-request.h"

#include "ids.h"
#include "reply.h"
#include "token.h"

static void
on_user_put (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gboolean done = ot_store_put_user_finish (OT_STORE (source), result, &error);

  ot_admin_reply_done (user_data, done, error);
}

void
ot_admin_put_user (const OtAdminRequest *request)
{
  const char *role = ot_admin_parameter (request, "role");
  OtUser user = { .id = (char *)request->id,
                  .name = (char *)ot_admin_parameter (request, "name"),
                  .share_percent = -1 };
  gint64 share;

  if (g_strcmp0 (role, "otomo") == 0) {
    user.role = OT_ROLE_OTOMO;
    if (ot_admin_parameter (request, "price") != NULL
        && !ot_admin_read_number (request, "price", 1, 1000000000, &user.price_points))
      return;
    if (ot_admin_parameter (request, "share") != NULL) {
      if (!ot_admin_read_number (request, "share", 0, 100, &share))
        return;
      user.share_percent = (int)share;
    }
  } else if (g_strcmp0 (role, "user") == 0) {
    user.role = OT_ROLE_USER;
  } else {
    ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST, "role: user or otomo is needed");
    return;
  }
  ot_reply_later (request->message);
  ot_store_put_user_async (request->admin->store, &user, request->admin->default_price_points, NULL,
                           on_user_put, request->message);
}

typedef struct {
  SoupServerMessage *message; /* held by ot_reply_later() */
  OtHub *hub;
  OtRegistry *registry;
  char *user_id; /* owned */
  gboolean blocked;
} BlockRequest;

/* After the commit: whoever comes back at once is refused. The call first, which would go on, and
 * be paid, as long as its voice flows. */
static void
on_user_blocked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BlockRequest *block = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done = ot_store_block_user_finish (OT_STORE (source), result, &error);

  if (done && block->blocked) {
    ot_registry_end_of (block->registry, block->user_id);
    ot_hub_end_user (block->hub, block->user_id, OT_CLOSE_BLOCKED, "This account is blocked");
  }
  ot_admin_reply_done (block->message, done, error);
  g_free (block->user_id);
  g_free (block);
}

void
ot_admin_post_user (const OtAdminRequest *request)
{
  const char *blocked = ot_admin_parameter (request, "blocked");
  BlockRequest *block;

  if (g_strcmp0 (blocked, "true") != 0 && g_strcmp0 (blocked, "false") != 0) {
    ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST,
                      "blocked: true or false is needed");
    return;
  }
  block = g_new0 (BlockRequest, 1);
  block->message = request->message;
  block->hub = request->admin->hub;
  block->registry = request->admin->registry;
  block->user_id = g_strdup (request->id);
  block->blocked = g_str_equal (blocked, "true");
  ot_reply_later (request->message);
  ot_store_block_user_async (request->admin->store, request->id, block->blocked, NULL,
                             on_user_blocked, block);
}

static void
on_topped_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SoupServerMessage *message = user_data;
  g_autoptr (GError) error = NULL;
  gint64 balance = ot_store_top_up_finish (OT_STORE (source), result, &error);

  if (balance >= 0)
    ot_reply_json (message, SOUP_STATUS_OK,
                   g_strdup_printf ("{\"balance\": %" G_GINT64_FORMAT "}", balance));
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
    ot_reply_json (message, SOUP_STATUS_OK,
                   g_strdup_printf ("{\"balance\": %" G_GINT64_FORMAT "}", balance));
  else
    ot_reply_store_error (message, error);
  ot_reply_now (message);
}

void
ot_admin_post_adjustment (const OtAdminRequest *request)
{
  OtAdjustment adjustment = { .user_id = request->id,
                              .id = ot_admin_parameter (request, "id"),
                              .operator= ot_admin_parameter (request, "operator"),
                              .reason = ot_admin_parameter (request, "reason") };

  if (adjustment.id == NULL || adjustment.operator== NULL || adjustment.reason == NULL) {
    ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST,
                      "id, operator and reason are needed");
    return;
  }
  if (!ot_admin_read_number (request, "points", -G_GINT64_CONSTANT (1000000000000),
                             G_GINT64_CONSTANT (1000000000000), &adjustment.points))
    return;
  ot_reply_later (request->message);
  ot_store_adjust_async (request->admin->store, &adjustment, NULL, on_adjusted, request->message);
}

void
ot_admin_post_purchase (const OtAdminRequest *request)
{
  const char *purchase_id = ot_admin_parameter (request, "id");
  gint64 points;

  if (!ot_id_valid (purchase_id)) {
    ot_reply_refusal (request->message, SOUP_STATUS_BAD_REQUEST,
                      "id: 1 to 64 of A-Za-z0-9_.:- are needed");
    return;
  }
  if (!ot_admin_read_number (request, "points", 1, G_GINT64_CONSTANT (1000000000000), &points))
    return;
  ot_reply_later (request->message);
  ot_store_top_up_async (request->admin->store, request->id, purchase_id, points, NULL,
                         on_topped_up, request->message);
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
    ot_reply_json (request->message, SOUP_STATUS_OK,
                   g_strdup_printf ("{\"token\": \"%s\"}", request->token));
  else
    ot_reply_store_error (request->message, error);
  ot_reply_now (request->message);
  g_free (request->token);
  g_free (request);
}

void
ot_admin_post_token (const OtAdminRequest *request)
{
  TokenRequest *token = g_new0 (TokenRequest, 1);

  token->message = request->message;
  token->token = ot_token_new ();
  ot_reply_later (request->message);
  ot_store_add_token_async (request->admin->store, token->token, request->id,
                            ot_clock_wall_us (request->admin->clock) + OT_TOKEN_LIFE_US, NULL,
                            on_token, token);
}
