/* Channels: who joins and what is written, over a connection of their own; and the operator's
 * operations on them. One function of data/sql/008-channels.sql each. Keeps nothing. */

#include "channels.h"

#include "log.h"
#include "store-private.h"

#define CHAT_PATIENCE_US (5 * G_USEC_PER_SEC)
#define LINES_MAX 10000

/* ---- what is said ---- */

static const char *const outcomes[] = {
  [OT_CHAT_DONE] = "DONE",
  [OT_CHAT_NOT_FOUND] = "NOT_FOUND",
  [OT_CHAT_PERMISSION_DENIED] = "PERMISSION_DENIED",
  [OT_CHAT_NOT_JOINED] = "NOT_JOINED",
  [OT_CHAT_OVER] = "OVER",
};

static OtChatOutcome
outcome_of (const char *name)
{
  for (gsize outcome = 0; outcome < G_N_ELEMENTS (outcomes); outcome++)
    if (g_strcmp0 (outcomes[outcome], name) == 0)
      return (OtChatOutcome)outcome;
  g_assert_not_reached (); /* data/sql/008-channels.sql says something that is not here */
}

static const char *
cell (const PGresult *result, int row, const char *column)
{
  return PQgetvalue (result, row, PQfnumber (result, column));
}

static void
read_lines (const PGresult *result, OtChatLine *lines)
{
  for (int row = 0; row < PQntuples (result); row++)
    lines[row] = (OtChatLine){
      .number = g_ascii_strtoll (cell (result, row, "number"), NULL, 10),
      .message = { .id = cell (result, row, "id"),
                   .text = cell (result, row, "text"),
                   .author = { .id = cell (result, row, "author_id"),
                               .name = cell (result, row, "author_name") },
                   .timestamp = cell (result, row, "timestamp") },
    };
}

typedef struct {
  OtChatAnswered answered;
  gpointer user_data;
} Question;

static void
on_answered (const PGresult *result, gpointer user_data)
{
  g_autofree Question *question = user_data;
  g_autofree OtChatLine *lines = NULL;
  OtChatAnswer answer = { .outcome = OT_CHAT_UNAVAILABLE };

  if (result != NULL && ot_answer_is_error (result)) {
    g_autoptr (GError) error = ot_answer_error (result);
    ot_error ("channels: %s", error->message);
  } else if (result != NULL) {
    answer.outcome = outcome_of (ot_answer_text (result, "outcome"));
    if (ot_answer_text (result, "id") != NULL) {
      answer.n_lines = (gsize)PQntuples (result);
      answer.lines = lines = g_new (OtChatLine, answer.n_lines);
      read_lines (result, lines);
    }
  }
  question->answered (&answer, question->user_data);
}

static void
ask_chat (OtStore *self, OtStatement *statement, OtChatAnswered answered, gpointer user_data)
{
  Question *question = g_new0 (Question, 1);

  question->answered = answered;
  question->user_data = user_data;
  ot_pool_send (self->chat, statement, CHAT_PATIENCE_US, on_answered, question);
}

static void
join (gpointer user_data,
      const char *channel_id,
      const char *user_id,
      OtChatAnswered answered,
      gpointer answered_data)
{
  OtStatement *statement = ot_statement_new ("SELECT * FROM join_channel ($1, $2)");

  ot_statement_add (statement, channel_id);
  ot_statement_add (statement, user_id);
  ask_chat (user_data, statement, answered, answered_data);
}

static void
post (gpointer user_data, const OtChatPost *post, OtChatAnswered answered, gpointer answered_data)
{
  OtStatement *statement =
      ot_statement_new ("SELECT * FROM post_message ($1, $2, $3, $4, $5, $6, $7)");

  ot_statement_add (statement, post->channel_id);
  ot_statement_add (statement, post->author_id);
  ot_statement_add_bool (statement, post->joined);
  ot_statement_add (statement, post->message_id);
  ot_statement_add (statement, post->text);
  ot_statement_add (statement, post->client_message_id);
  ot_statement_add_int (statement, post->after_number);
  ask_chat (user_data, statement, answered, answered_data);
}

OtChatPort
ot_store_chat_port (OtStore *self)
{
  return (OtChatPort){ self, join, post };
}

/* ---- the operator ---- */

static void
read_nothing (GTask *task, const PGresult *result)
{
  g_task_return_boolean (task, TRUE);
}

void
ot_store_add_channel_async (OtStore *self,
                            const char *channel_id,
                            GCancellable *cancellable,
                            GAsyncReadyCallback done,
                            gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT add_channel ($1)");

  ot_statement_add (statement, channel_id);
  ot_store_ask_admin (
      self, ot_store_task_new (self, ot_store_add_channel_async, cancellable, done, user_data),
      statement, read_nothing);
}

void
ot_store_add_channel_member_async (OtStore *self,
                                   const char *channel_id,
                                   const char *user_id,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback done,
                                   gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT add_channel_member ($1, $2)");

  ot_statement_add (statement, channel_id);
  ot_statement_add (statement, user_id);
  ot_store_ask_admin (
      self,
      ot_store_task_new (self, ot_store_add_channel_member_async, cancellable, done, user_data),
      statement, read_nothing);
}

gboolean
ot_store_add_channel_finish (OtStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ot_store_channels_json_async (OtStore *self,
                              gboolean calls,
                              int limit,
                              GCancellable *cancellable,
                              GAsyncReadyCallback done,
                              gpointer user_data)
{
  OtStatement *statement = ot_statement_new ("SELECT channels_json ($1, $2) AS json");

  ot_statement_add_bool (statement, calls);
  ot_statement_add_int (statement, CLAMP (limit, 0, LINES_MAX));
  ot_store_ask_admin (
      self, ot_store_task_new (self, ot_store_channels_json_async, cancellable, done, user_data),
      statement, ot_store_read_json);
}
