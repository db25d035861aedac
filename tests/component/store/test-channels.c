/* Channels as the database keeps them: members, order, once a clientMessageId, a call's own. */

#include <string.h>

#include "channels.h"
#include "talk.h"

/* ---- what the chat asks ---- */

typedef struct {
  gboolean answered;
  OtChatOutcome outcome;
  GString *texts; /* "number:text " each */
  char *last_id;
} Heard;

static void
heard_clear (Heard *self)
{
  if (self->texts != NULL)
    g_string_free (self->texts, TRUE);
  g_free (self->last_id);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Heard, heard_clear)

static void
on_heard (const OtChatAnswer *answer, gpointer user_data)
{
  Heard *heard = user_data;

  g_assert_false (heard->answered);
  heard->answered = TRUE;
  heard->outcome = answer->outcome;
  heard->texts = g_string_new (NULL);
  for (gsize i = 0; i < answer->n_lines; i++) {
    const OtChatLine *line = &answer->lines[i];
    g_string_append_printf (heard->texts, "%" G_GINT64_FORMAT ":%s ", line->number,
                            line->message.text);
    g_free (heard->last_id);
    heard->last_id = g_strdup (line->message.id);
  }
}

static gboolean
has_heard (gpointer heard)
{
  return ((Heard *)heard)->answered;
}

static Heard
join (const char *channel_id, const char *user_id)
{
  OtChatPort port = ot_store_chat_port (store);
  Heard heard = { 0 };

  port.join (port.self, channel_id, user_id, on_heard, &heard);
  g_assert_false (heard.answered);
  fixture_wait (has_heard, &heard);
  return heard;
}

static OtChatPost
post_of (const char *channel_id, const char *author_id, const char *id, gint64 after)
{
  return (OtChatPost){ .channel_id = channel_id,
                       .author_id = author_id,
                       .joined = TRUE,
                       .message_id = id,
                       .text = id,
                       .after_number = after };
}

static Heard
post (const OtChatPost *post)
{
  OtChatPort port = ot_store_chat_port (store);
  Heard heard = { 0 };

  port.post (port.self, post, on_heard, &heard);
  fixture_wait (has_heard, &heard);
  return heard;
}

static void
assert_post (const OtChatPost *what, OtChatOutcome outcome, const char *texts)
{
  g_auto (Heard) heard = post (what);

  g_assert_cmpint (heard.outcome, ==, outcome);
  g_assert_cmpstr (heard.texts->str, ==, texts);
}

static void
assert_join (const char *channel_id, const char *user_id, OtChatOutcome outcome, const char *texts)
{
  g_auto (Heard) heard = join (channel_id, user_id);

  g_assert_cmpint (heard.outcome, ==, outcome);
  g_assert_cmpstr (heard.texts->str, ==, texts);
}

/* ---- what the operator does ---- */

static GError *
add (const char *channel_id)
{
  GAsyncResult *slot = NULL;
  GError *error = NULL;

  ot_store_add_channel_async (store, channel_id, NULL, fixture_keep, &slot);
  ot_store_add_channel_finish (store, fixture_await (&slot), &error);
  return error;
}

static GError *
add_member (const char *channel_id, const char *user_id)
{
  GAsyncResult *slot = NULL;
  GError *error = NULL;

  ot_store_add_channel_member_async (store, channel_id, user_id, NULL, fixture_keep, &slot);
  ot_store_add_channel_finish (store, fixture_await (&slot), &error);
  return error;
}

/* A channel "NAME" with "NAME-u" and "NAME-o" in it. */
static void
make_channel (const char *name)
{
  g_autofree char *user = g_strconcat (name, "-u", NULL);
  g_autofree char *otomo = g_strconcat (name, "-o", NULL);

  talk_people (name, 100, 10, -1);
  g_assert_null (add (name));
  g_assert_null (add_member (name, user));
  g_assert_null (add_member (name, otomo));
}

/* ---- tests ---- */

static void
test_operator (void)
{
  g_autoptr (GError) no_id = NULL, no_channel = NULL, no_user = NULL, of_call = NULL,
                     to_call = NULL;

  make_channel ("op");
  make_channel ("op");
  fixture_assert_sql ("2", "SELECT count(*) FROM channel_members WHERE channel_id = 'op'");
  no_id = add ("no spaces");
  g_assert_error (no_id, OT_STORE_ERROR, OT_STORE_ERROR_INVALID);
  no_channel = add_member ("nowhere", "op-u");
  g_assert_error (no_channel, OT_STORE_ERROR, OT_STORE_ERROR_NOT_FOUND);
  no_user = add_member ("op", "nobody");
  g_assert_error (no_user, OT_STORE_ERROR, OT_STORE_ERROR_NOT_FOUND);

  talk_begin ("op-call", 100, 10, -1);
  of_call = add ("op-call");
  g_assert_error (of_call, OT_STORE_ERROR, OT_STORE_ERROR_CONFLICT);
  to_call = add_member ("op-call", "op-u");
  g_assert_error (to_call, OT_STORE_ERROR, OT_STORE_ERROR_CONFLICT);
  talk_end ("op-call", 5, "in_call", OT_REASON_USER_END);
}

static void
test_list (void)
{
  GAsyncResult *slots[2] = { NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *own = NULL, *all = NULL;

  make_channel ("list");
  talk_begin ("list-call", 100, 10, -1);
  ot_store_channels_json_async (store, FALSE, 100, NULL, fixture_keep, &slots[0]);
  own = ot_store_json_finish (store, fixture_await (&slots[0]), &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (own, "\"list\""));
  g_assert_null (strstr (own, "\"list-call\""));
  ot_store_channels_json_async (store, TRUE, 100, NULL, fixture_keep, &slots[1]);
  all = ot_store_json_finish (store, fixture_await (&slots[1]), &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (all, "\"list-call\""));
  talk_end ("list-call", 5, "in_call", OT_REASON_USER_END);
}

static void
test_refused (void)
{
  OtChatPost nowhere = post_of ("nowhere", "refuse-u", "refuse-1", 0);
  OtChatPost stranger = post_of ("refuse", "refuse-other-u", "refuse-2", 0);
  OtChatPost outside = post_of ("refuse", "refuse-u", "refuse-3", 0);

  make_channel ("refuse");
  talk_people ("refuse-other", 0, 10, -1);
  outside.joined = FALSE;
  assert_join ("nowhere", "refuse-u", OT_CHAT_NOT_FOUND, "");
  assert_join ("refuse", "refuse-other-u", OT_CHAT_PERMISSION_DENIED, "");
  assert_post (&nowhere, OT_CHAT_NOT_FOUND, "");
  assert_post (&stranger, OT_CHAT_PERMISSION_DENIED, "");
  assert_post (&outside, OT_CHAT_NOT_JOINED, "");
  fixture_assert_sql ("0", "SELECT count(*) FROM messages WHERE id LIKE 'refuse-%%'");
}

static void
test_once (void)
{
  OtChatPost first = post_of ("once", "once-u", "once-1", 0);
  OtChatPost repeated = post_of ("once", "once-u", "once-2", 1);
  OtChatPost other = post_of ("once", "once-o", "once-3", 1);

  make_channel ("once");
  first.client_message_id = repeated.client_message_id = other.client_message_id = "mine";
  assert_join ("once", "once-u", OT_CHAT_DONE, "");
  assert_post (&first, OT_CHAT_DONE, "1:once-1 ");
  assert_post (&first, OT_CHAT_DONE, "1:once-1 "); /* its answer was lost */
  assert_post (&repeated, OT_CHAT_DONE, "1:once-1 ");
  assert_post (&other, OT_CHAT_DONE, "2:once-3 ");
  repeated.after_number = 0; /* what others wrote meanwhile comes as well */
  assert_post (&repeated, OT_CHAT_DONE, "1:once-1 2:once-3 ");
  assert_join ("once", "once-o", OT_CHAT_DONE, "1:once-1 2:once-3 ");
  fixture_assert_sql ("2 2",
                      "SELECT count(*) || ' ' || (SELECT last_number FROM channels WHERE id = "
                      "'once') FROM messages WHERE channel_id = 'once'");
}

static void
test_newest_50 (void)
{
  g_autoptr (GString) expected = g_string_new (NULL);
  OtChatPost next = post_of ("many", "many-u", "next", 10);

  make_channel ("many");
  g_free (fixture_sql ("SELECT count(*) FROM generate_series (1, 60) AS n, LATERAL post_message "
                       "('many', 'many-u', true, 'many-' || n, n::text, NULL, n - 1)"));
  for (int number = 11; number <= 60; number++)
    g_string_append_printf (expected, "%d:%d ", number, number);
  assert_join ("many", "many-o", OT_CHAT_DONE, expected->str);
  g_string_erase (expected, 0, (gssize)strlen ("11:11 "));
  g_string_append (expected, "61:next ");
  assert_post (&next, OT_CHAT_DONE, expected->str);
}

static void
test_of_a_call (void)
{
  OtChatPost before = post_of ("chat", "chat-u", "chat-1", 0);
  OtChatPost after = post_of ("chat", "chat-o", "chat-2", 1);

  talk_begin ("chat", 100, 10, -1);
  assert_post (&before, OT_CHAT_DONE, "1:chat-1 ");
  talk_end ("chat", 5, "in_call", OT_REASON_USER_END);
  assert_post (&after, OT_CHAT_OVER, "");
  assert_post (&before, OT_CHAT_DONE, "1:chat-1 "); /* asked again: as the first time */
  assert_join ("chat", "chat-o", OT_CHAT_DONE, "1:chat-1 ");
  fixture_assert_audit ();
}

/* The caller names the call: that is no way into a channel of the operator's. */
static void
test_call_of_a_taken_name (void)
{
  Answer answer;

  talk_people ("taken", 100, 10, -1);
  g_assert_null (add ("taken"));
  answer = talk_request ("taken");
  g_assert_cmpint (answer.outcome, ==, OT_OUTCOME_DONE);
  assert_join ("taken", "taken-u", OT_CHAT_PERMISSION_DENIED, "");
  fixture_assert_sql (NULL, "SELECT call_id FROM channels WHERE id = 'taken'");
}

static gboolean
is_blocked (gpointer connection)
{
  g_autofree char *blocked =
      fixture_sql ("SELECT cardinality (pg_blocking_pids (%d)) > 0", PQbackendPID (connection));

  return g_str_equal (blocked, "t");
}

/* Keeps the loop turning, so that fixture_wait() looks again. */
static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Two writers at once, each on a connection of its own: numbers without a gap, in the order of the
 * commits. */
static void
test_side_by_side (void)
{
  PGconn *one = fixture_connect (), *two = fixture_connect ();
  PGresult *result;
  guint tick;

  make_channel ("race");
  PQclear (PQexec (one, "BEGIN"));
  PQclear (PQexec (one, "SELECT post_message ('race', 'race-u', true, 'r1', 'a', 'm', 0)"));
  g_assert_cmpint (
      PQsendQuery (two, "SELECT post_message ('race', 'race-u', true, 'r2', 'b', 'm', 0)"), ==, 1);
  tick = g_timeout_add (10, on_tick, NULL);
  fixture_wait (is_blocked, two);
  g_source_remove (tick);
  PQclear (PQexec (one, "COMMIT"));
  result = PQgetResult (two);
  g_assert_cmpint (PQresultStatus (result), ==, PGRES_TUPLES_OK);
  PQclear (result);
  fixture_assert_sql ("r1", "SELECT string_agg (id, ',') FROM messages WHERE channel_id = 'race'");
  PQfinish (one);
  PQfinish (two);
}

static void
test_limits (void)
{
  static const char *const wrong[] = { "''", "repeat ('x', 4001)" };

  make_channel ("limit");
  g_free (fixture_sql (
      "SELECT post_message ('limit', 'limit-u', true, 'l0', repeat ('音', 4000), NULL, 0)"));
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autofree char *state = fixture_sql_refused (
        "SELECT post_message ('limit', 'limit-u', true, 'l1', %s, NULL, 0)", wrong[i]);
    g_assert_cmpstr (state, ==, "23514");
  }
}

static void
add_tests (void)
{
  g_test_add_func ("/store/channels/operator", test_operator);
  g_test_add_func ("/store/channels/list", test_list);
  g_test_add_func ("/store/channels/refused", test_refused);
  g_test_add_func ("/store/channels/once", test_once);
  g_test_add_func ("/store/channels/newest-50", test_newest_50);
  g_test_add_func ("/store/channels/of-a-call", test_of_a_call);
  g_test_add_func ("/store/channels/call-of-a-taken-name", test_call_of_a_taken_name);
  g_test_add_func ("/store/channels/side-by-side", test_side_by_side);
  g_test_add_func ("/store/channels/limits", test_limits);
}

int
main (int argc, char **argv)
{
  return fixture_run (argc, argv, add_tests);
}
