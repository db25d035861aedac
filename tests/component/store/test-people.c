/* Named operations on people, wallets and tokens, and the operator's JSON. */

#include "talk.h"

static GError *
put (const OtUser *user)
{
  GAsyncResult *slot = NULL;
  GError *error = NULL;

  ot_store_put_user_async (store, user, 100, NULL, fixture_keep, &slot);
  ot_store_put_user_finish (store, fixture_await (&slot), &error);
  return error;
}

static GError *
block (const char *id, gboolean blocked)
{
  GAsyncResult *slot = NULL;
  GError *error = NULL;

  ot_store_block_user_async (store, id, blocked, NULL, fixture_keep, &slot);
  ot_store_block_user_finish (store, fixture_await (&slot), &error);
  return error;
}

static OtUser *
get (const char *id, GError **error)
{
  GAsyncResult *slot = NULL;

  ot_store_get_user_async (store, id, NULL, fixture_keep, &slot);
  return ot_store_get_user_finish (store, fixture_await (&slot), error);
}

static void
test_user (void)
{
  OtUser otomo = { .id = (char *)"p.otomo:1",
                   .role = OT_ROLE_OTOMO,
                   .name = (char *)"音友",
                   .price_points = 12,
                   .share_percent = -1 };
  OtUser nothing_new = { .id = otomo.id, .role = OT_ROLE_OTOMO, .share_percent = -1 };
  OtUser unpriced = { .id = (char *)"p.new", .role = OT_ROLE_OTOMO, .share_percent = -1 };
  g_autoptr (OtUser) found = NULL;
  g_autoptr (GError) error = NULL, unknown = NULL;

  g_assert_null (put (&otomo));
  g_assert_null (put (&otomo));
  found = get ("p.otomo:1", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found->id, ==, "p.otomo:1");
  g_assert_cmpstr (found->name, ==, "音友");
  g_assert_cmpint (found->role, ==, OT_ROLE_OTOMO);
  g_assert_cmpint (found->price_points, ==, 12);
  g_assert_cmpint (found->share_percent, ==, -1);
  g_assert_false (found->blocked);

  g_assert_null (block ("p.otomo:1", TRUE));
  found->share_percent = 70;
  g_assert_null (put (found)); /* says nothing of that */
  g_clear_pointer (&found, ot_user_free);
  found = get ("p.otomo:1", &error);
  g_assert_cmpint (found->share_percent, ==, 70);
  g_assert_true (found->blocked);
  g_assert_null (block ("p.otomo:1", FALSE));
  g_assert_null (put (&nothing_new));
  g_clear_pointer (&found, ot_user_free);
  found = get ("p.otomo:1", &error);
  g_assert_false (found->blocked);
  g_assert_cmpstr (found->name, ==, "音友");
  g_assert_cmpint (found->price_points, ==, 12);
  g_assert_cmpint (found->share_percent, ==, 70);
  g_assert_null (put (&unpriced));
  g_clear_pointer (&found, ot_user_free);
  found = get ("p.new", &error);
  g_assert_cmpint (found->price_points, ==, 100);
  unknown = block ("nobody", TRUE);
  g_assert_error (unknown, OT_STORE_ERROR, OT_STORE_ERROR_NOT_FOUND);

  g_assert_null (get ("nobody", &error));
  g_assert_error (error, OT_STORE_ERROR, OT_STORE_ERROR_NOT_FOUND);
}

static void
test_user_refused (void)
{
  const OtUser bad[] = {
    { .id = (char *)"", .role = OT_ROLE_USER, .share_percent = -1 },
    { .id = (char *)"a b", .role = OT_ROLE_USER, .share_percent = -1 },
    { .id = (char *)"a", .role = OT_ROLE_USER, .share_percent = -1, .price_points = 1 },
    { .id = (char *)"a", .role = OT_ROLE_USER, .share_percent = 5 },
    { .id = (char *)"a", .role = OT_ROLE_OTOMO, .share_percent = -1, .price_points = -1 },
    { .id = (char *)"a", .role = OT_ROLE_OTOMO, .share_percent = -1, .price_points = 1000000001 },
    { .id = (char *)"a", .role = OT_ROLE_OTOMO, .share_percent = 101, .price_points = 1 },
    { .id = (char *)"a", .role = OT_ROLE_USER, .share_percent = -1, .name = (char *)"\xff" },
  };
  OtUser other = { .id = (char *)"refused-o", .role = OT_ROLE_USER, .share_percent = -1 };
  g_autoptr (GError) conflict = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = put (&bad[i]);
    g_assert_error (error, OT_STORE_ERROR, OT_STORE_ERROR_INVALID);
  }
  talk_people ("refused", 0, 10, -1);
  conflict = put (&other);
  g_assert_error (conflict, OT_STORE_ERROR, OT_STORE_ERROR_CONFLICT);
}

static gint64
top_up (const char *user_id, const char *purchase_id, gint64 points, GError **error)
{
  GAsyncResult *slot = NULL;

  ot_store_top_up_async (store, user_id, purchase_id, points, NULL, fixture_keep, &slot);
  return ot_store_top_up_finish (store, fixture_await (&slot), error);
}

static gint64
balance (const char *user_id, GError **error)
{
  GAsyncResult *slot = NULL;

  ot_store_balance_async (store, user_id, NULL, fixture_keep, &slot);
  return ot_store_balance_finish (store, fixture_await (&slot), error);
}

static void
test_top_up (void)
{
  static const struct {
    const char *user_id, *purchase_id;
    gint64 points;
    OtStoreError error;
  } refused[] = {
    { "wallet-u", "buy-1", 6, OT_STORE_ERROR_CONFLICT },
    { "another-u", "buy-1", 5, OT_STORE_ERROR_CONFLICT },
    { "nobody", "buy-2", 5, OT_STORE_ERROR_NOT_FOUND },
    { "wallet-o", "buy-2", 5, OT_STORE_ERROR_INVALID },
    { "wallet-u", "buy-2", 0, OT_STORE_ERROR_INVALID },
    { "wallet-u", "buy-2", -5, OT_STORE_ERROR_INVALID },
    { "wallet-u", "buy-2", G_GINT64_CONSTANT (1000000000001), OT_STORE_ERROR_INVALID },
    { "wallet-u", "buy 2", 5, OT_STORE_ERROR_INVALID },
  };
  g_autoptr (GError) error = NULL;

  talk_people ("wallet", 0, 10, -1);
  talk_people ("another", 0, 10, -1);
  g_assert_cmpint (top_up ("wallet-u", "buy-1", 5, &error), ==, 5);
  g_assert_cmpint (top_up ("wallet-u", "buy-1", 5, &error), ==, 5);
  g_assert_cmpint (top_up ("wallet-u", "buy-1b", 5, &error), ==, 10);
  g_assert_cmpint (balance ("wallet-u", &error), ==, 10);
  g_assert_cmpint (balance ("wallet-o", &error), ==, 0);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (GError) why = NULL;
    g_assert_cmpint (top_up (refused[i].user_id, refused[i].purchase_id, refused[i].points, &why),
                     ==, -1);
    g_assert_error (why, OT_STORE_ERROR, (int)refused[i].error);
  }
  g_assert_cmpint (balance ("nobody", &error), ==, -1);
  g_assert_error (error, OT_STORE_ERROR, OT_STORE_ERROR_NOT_FOUND);
  fixture_assert_audit ();
}

static GError *
add_token (const char *token, const char *user_id, gint64 expires_us)
{
  GAsyncResult *slot = NULL;
  GError *error = NULL;

  ot_store_add_token_async (store, token, user_id, expires_us, NULL, fixture_keep, &slot);
  ot_store_add_token_finish (store, fixture_await (&slot), &error);
  return error;
}

static OtUser *
find_token (const char *token, gint64 *expires_us, GError **error)
{
  GAsyncResult *slot = NULL;

  ot_store_find_token_async (store, token, NULL, fixture_keep, &slot);
  return ot_store_find_token_finish (store, fixture_await (&slot), expires_us, error);
}

static void
test_token (void)
{
  gint64 later_us = g_get_real_time () + G_TIME_SPAN_HOUR;
  gint64 expires_us = 0;
  g_autoptr (OtUser) found = NULL, endless = NULL;
  g_autoptr (GError) error = NULL, expired = NULL, taken = NULL, nobody = NULL;

  talk_people ("token", 0, 10, -1);
  g_assert_null (add_token ("secret", "token-u", later_us));
  g_assert_null (add_token ("secret", "token-u", later_us));
  found = find_token ("secret", &expires_us, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found->id, ==, "token-u");
  g_assert_cmpint (expires_us, ==, later_us);
  g_assert_null (find_token ("Secret", &expires_us, &error));
  g_assert_error (error, OT_STORE_ERROR, OT_STORE_ERROR_NOT_FOUND);
  g_assert_null (add_token ("old", "token-u", g_get_real_time () - 1));
  g_assert_null (find_token ("old", &expires_us, &expired));
  g_assert_error (expired, OT_STORE_ERROR, OT_STORE_ERROR_NOT_FOUND);
  taken = add_token ("secret", "token-o", later_us);
  g_assert_error (taken, OT_STORE_ERROR, OT_STORE_ERROR_CONFLICT);
  nobody = add_token ("more", "nobody", later_us);
  g_assert_error (nobody, OT_STORE_ERROR, OT_STORE_ERROR_NOT_FOUND);
  g_free (fixture_sql ("UPDATE session_tokens SET expires_at = 'infinity'"));
  endless = find_token ("secret", &expires_us, NULL);
  g_assert_cmpint (expires_us, ==, G_MAXINT64);
  fixture_assert_sql ("0", "SELECT count(*) FROM session_tokens WHERE token_hash::text LIKE '%%' "
                           "|| encode ('secret', 'hex') || '%%'");
}

static void
test_cancelled (void)
{
  GAsyncResult *slot = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  ot_store_get_user_async (store, "anybody", cancellable, fixture_keep, &slot);
  g_cancellable_cancel (cancellable);
  g_assert_null (ot_store_get_user_finish (store, fixture_await (&slot), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* Asserts on a path into JSON text, by PostgreSQL's own reading. */
static void
assert_json (const char *json, const char *path, const char *expected)
{
  fixture_assert_sql (expected, "SELECT $$%s$$::json #>> '%s'", json, path);
}

static char *
await_json (GAsyncResult **slot)
{
  g_autoptr (GError) error = NULL;
  char *json = ot_store_json_finish (store, fixture_await (slot), &error);

  g_assert_no_error (error);
  return json;
}

static void
test_json (void)
{
  GAsyncResult *slots[6] = { NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *call = NULL, *calls = NULL, *live = NULL, *users = NULL, *wallet = NULL;

  talk_begin ("json", 100, 10, 20);
  ot_store_call_json_async (store, "json", NULL, NULL, fixture_keep, &slots[0]);
  call = await_json (&slots[0]);
  assert_json (call, "{call,status}", "in_call");
  assert_json (call, "{events,2,to_state}", "in_call");
  assert_json (call, "{evidence,0,ssrc}", "4294967295");
  assert_json (call, "{transfers,1,amount}", "2");
  ot_store_calls_json_async (store, &(OtCallsQuery){ .live = TRUE, .limit = 10 }, NULL,
                             fixture_keep, &slots[1]);
  live = await_json (&slots[1]);
  assert_json (live, "{0,call_id}", "json");
  talk_end ("json", 5, "in_call", OT_REASON_USER_END);
  ot_store_calls_json_async (store, &(OtCallsQuery){ .live = TRUE, .limit = 10 }, NULL,
                             fixture_keep, &slots[2]);
  g_free (live);
  live = await_json (&slots[2]);
  g_assert_cmpstr (live, ==, "[]");
  ot_store_calls_json_async (store, &(OtCallsQuery){ .live = FALSE, .limit = 10 }, NULL,
                             fixture_keep, &slots[3]);
  calls = await_json (&slots[3]);
  assert_json (calls, "{0,end_reason}", "user_end");
  ot_store_users_json_async (store, &(OtUsersQuery){ .limit = 10000 }, NULL, fixture_keep,
                             &slots[4]);
  users = await_json (&slots[4]);
  fixture_assert_sql ("90",
                      "SELECT line ->> 'balance' FROM json_array_elements ($$%s$$) AS line WHERE "
                      "line ->> 'id' = 'json-u'",
                      users);
  ot_store_wallet_json_async (store, "json-u", NULL, fixture_keep, &slots[5]);
  wallet = await_json (&slots[5]);
  assert_json (wallet, "{balance}", "90");
  assert_json (wallet, "{transfers,0,kind}", "charge");

  slots[0] = NULL;
  ot_store_call_json_async (store, "never-was", NULL, NULL, fixture_keep, &slots[0]);
  g_assert_null (ot_store_json_finish (store, fixture_await (&slots[0]), &error));
  g_assert_error (error, OT_STORE_ERROR, OT_STORE_ERROR_NOT_FOUND);
}

static void
seed (int first, int pairs, gint64 points)
{
  GAsyncResult *slot = NULL;
  g_autoptr (GError) error = NULL;

  ot_store_seed_async (store, first, pairs, points, NULL, fixture_keep, &slot);
  ot_store_seed_finish (store, fixture_await (&slot), &error);
  g_assert_no_error (error);
}

static void
test_seed (void)
{
  GAsyncResult *slot = NULL;
  g_autoptr (GError) error = NULL;

  seed (1, 150, 500);
  seed (151, 50, 500);
  seed (1, 200, 500);
  seed (1, 100, 700);
  fixture_assert_sql (
      "200 120000 200",
      "SELECT (SELECT count(*) || ' ' || sum(balance) FROM accounts WHERE owner ~ '^u\\d+$' AND "
      "kind = 'wallet') "
      "|| ' ' || (SELECT count(*) FROM accounts WHERE owner ~ '^o\\d+$' AND kind = 'earnings')");
  for (int i = 0; i < 2; i++) {
    slot = NULL;
    ot_store_seed_demo_async (store, NULL, fixture_keep, &slot);
    g_assert_true (ot_store_seed_finish (store, fixture_await (&slot), &error));
  }
  fixture_assert_sql ("1000", "SELECT balance FROM accounts WHERE id = 'wallet/demo-user'");
  fixture_assert_audit ();
}

static void
add_tests (void)
{
  g_test_add_func ("/store/people/user", test_user);
  g_test_add_func ("/store/people/user-refused", test_user_refused);
  g_test_add_func ("/store/people/top-up", test_top_up);
  g_test_add_func ("/store/people/token", test_token);
  g_test_add_func ("/store/people/cancelled", test_cancelled);
  g_test_add_func ("/store/people/json", test_json);
  g_test_add_func ("/store/people/seed", test_seed);
}

int
main (int argc, char **argv)
{
  return fixture_run (argc, argv, add_tests);
}
