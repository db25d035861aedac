/* Token → person. Owns the key; a request owns itself until it is answered, so that neither a
 * connection that goes nor this object's end leaves a pointer behind. Never answers from inside a
 * request. */

#include "auth.h"

#include <string.h>

#include "jwt-key.h"
#include "timer.h"

struct _OtAuth {
  OtPeoplePort people;
  const OtClock *clock; /* borrowed */
  OtJwtKey *key;        /* owned; NULL: no JWT taken */
};

struct _OtAuthRequest {
  OtTimer turn;        /* armed when the answer is known at once */
  const char *refusal; /* static; for the turn */
  char *claimed;       /* owned, nullable */
  OtAuthDone done;     /* NULL: cancelled */
  gpointer user_data;
};

OtAuth *
ot_auth_new (const OtPeoplePort *people, const OtClock *clock)
{
  OtAuth *self = g_new0 (OtAuth, 1);

  self->people = *people;
  self->clock = clock;
  return self;
}

void
ot_auth_free (OtAuth *self)
{
  g_clear_pointer (&self->key, ot_jwt_key_free);
  g_free (self);
}

gboolean
ot_auth_set_jwt (OtAuth *self, const char *algorithm, const char *key_file, GError **error)
{
  OtJwtKey *key = ot_jwt_key_load (algorithm, key_file, error);

  if (key == NULL)
    return FALSE;
  g_clear_pointer (&self->key, ot_jwt_key_free);
  self->key = key;
  return TRUE;
}

static void
answer (OtAuthRequest *request, OtAuthOutcome outcome, const OtPerson *person, const char *reason)
{
  if (request->done != NULL)
    request->done (outcome, person, reason, request->user_data);
  ot_timer_cancel (&request->turn);
  g_free (request->claimed);
  g_free (request);
}

static void
on_turn (gpointer user_data)
{
  OtAuthRequest *request = user_data;

  answer (request, OT_AUTH_REFUSED, NULL, request->refusal);
}

static void
on_person (OtPersonLookup lookup, const OtPerson *person, gpointer user_data)
{
  OtAuthRequest *request = user_data;

  if (lookup == OT_PERSON_UNAVAILABLE)
    answer (request, OT_AUTH_UNAVAILABLE, NULL, "tokens can't be checked at the moment");
  else if (lookup == OT_PERSON_UNKNOWN)
    answer (request, OT_AUTH_REFUSED, NULL, "the token is not known, or has expired");
  else if (request->claimed != NULL && !g_str_equal (request->claimed, person->user_id))
    answer (request, OT_AUTH_REFUSED, NULL, "the token does not belong to this userId");
  else if (person->is_blocked)
    answer (request, OT_AUTH_BLOCKED, NULL, "this account is blocked");
  else
    answer (request, OT_AUTH_OK, person, NULL);
}

static gboolean
is_jwt (const char *token)
{
  const char *dot = strchr (token, '.');

  return dot != NULL && strchr (dot + 1, '.') != NULL;
}

static void
check_jwt (OtAuth *self, OtAuthRequest *request, const char *token)
{
  gint64 now_seconds = ot_clock_wall_us (self->clock) / G_USEC_PER_SEC;
  g_autofree char *user_id = NULL;

  request->refusal = "this server takes no JWT";
  if (self->key != NULL)
    user_id = ot_jwt_key_verify (self->key, token, now_seconds, &request->refusal);
  if (user_id != NULL)
    self->people.find_user (self->people.self, user_id, on_person, request);
  else
    ot_timer_arm (&request->turn, 0, on_turn, request);
}

OtAuthRequest *
ot_auth_check (OtAuth *self,
               const char *token,
               const char *claimed_user_id,
               OtAuthDone done,
               gpointer user_data)
{
  OtAuthRequest *request = g_new0 (OtAuthRequest, 1);

  request->claimed = g_strdup (claimed_user_id);
  request->done = done;
  request->user_data = user_data;
  if (is_jwt (token))
    check_jwt (self, request, token);
  else
    self->people.find_token (self->people.self, token, on_person, request);
  return request;
}

void
ot_auth_cancel (OtAuthRequest *request)
{
  request->done = NULL;
}
