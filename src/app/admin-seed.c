/* The operator's request for people to load the server with: first they, then their tokens, all at
 * once. Who wants many asks again and again. */

#include "admin-request.h"

#include "log.h"
#include "reply.h"
#include "token.h"

#define SEED_FIRST_MAX 100000
#define SEED_PAIRS_MAX 500

typedef struct {
  SoupServerMessage *message; /* held by ot_reply_later() */
  OtAdmin *admin;
  int first;
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
    soup_server_message_set_response (seed->message, "text/plain", SOUP_MEMORY_COPY,
                                      seed->lines->str, seed->lines->len);
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
    g_set_error (&error, OT_STORE_ERROR, OT_STORE_ERROR_FAILED,
                 "not all tokens could be stored; seed again");
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
  seed->n_waiting = (guint)seed->pairs * 2;
  for (int i = seed->first; i < seed->first + seed->pairs; i++)
    for (const char *role = "uo"; *role != '\0'; role++) {
      g_autofree char *token = ot_token_new ();
      g_autofree char *user_id = g_strdup_printf ("%c%d", *role, i);
      g_string_append_printf (seed->lines, "%s %s\n", user_id, token);
      ot_store_add_token_async (OT_STORE (source), token, user_id, expires_us, NULL, on_seed_token,
                                seed);
    }
}

void
ot_admin_post_seed (const OtAdminRequest *request)
{
  gint64 first, pairs, balance;
  SeedRequest *seed;

  if (!ot_admin_read_number (request, "first", 1, SEED_FIRST_MAX, &first)
      || !ot_admin_read_number (request, "pairs", 1, SEED_PAIRS_MAX, &pairs)
      || !ot_admin_read_number (request, "balance", 1, G_GINT64_CONSTANT (1000000000000), &balance))
    return;
  seed = g_new0 (SeedRequest, 1);
  seed->message = request->message;
  seed->admin = request->admin;
  seed->first = (int)first;
  seed->pairs = (int)pairs;
  seed->lines = g_string_new (NULL);
  ot_reply_later (request->message);
  ot_store_seed_async (request->admin->store, seed->first, seed->pairs, balance, NULL, on_seeded,
                       seed);
}
