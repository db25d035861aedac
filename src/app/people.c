/* Joins net/auth's question "who is this" to the store's answer. */

#include "people.h"

typedef struct {
  OtPersonFound found;
  gpointer user_data;
} Question;

static void
reply (Question *question, const OtUser *user, gint64 token_expires_us, const GError *error)
{
  if (user != NULL) {
    OtPerson person = { .user_id = user->id,
                        .is_otomo = user->role == OT_ROLE_OTOMO,
                        .is_blocked = user->blocked,
                        .token_expires_us = token_expires_us };
    question->found (OT_PERSON_FOUND, &person, question->user_data);
  } else if (g_error_matches (error, OT_STORE_ERROR, OT_STORE_ERROR_NOT_FOUND)) {
    question->found (OT_PERSON_UNKNOWN, NULL, question->user_data);
  } else {
    question->found (OT_PERSON_UNAVAILABLE, NULL, question->user_data);
  }
  g_free (question);
}

static void
on_user (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OtUser) user = ot_store_get_user_finish (OT_STORE (source), result, &error);

  reply (user_data, user, G_MAXINT64, error);
}

static void
on_token (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gint64 expires_us = 0;
  g_autoptr (OtUser) user =
      ot_store_find_token_finish (OT_STORE (source), result, &expires_us, &error);

  reply (user_data, user, expires_us, error);
}

static Question *
question_new (OtPersonFound found, gpointer user_data)
{
  Question *question = g_new0 (Question, 1);

  question->found = found;
  question->user_data = user_data;
  return question;
}

static void
find_user (gpointer self, const char *user_id, OtPersonFound found, gpointer user_data)
{
  ot_store_get_user_async (self, user_id, NULL, on_user, question_new (found, user_data));
}

static void
find_token (gpointer self, const char *token, OtPersonFound found, gpointer user_data)
{
  ot_store_find_token_async (self, token, NULL, on_token, question_new (found, user_data));
}

OtPeoplePort
ot_people_port (OtStore *store)
{
  return (OtPeoplePort){ .self = store, .find_user = find_user, .find_token = find_token };
}
