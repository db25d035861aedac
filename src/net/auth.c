/* Token → person. Owns the check of JWTs; a request owns itself until it is answered, so that
 * neither a connection that goes nor this object's end leaves a pointer behind. Never answers from
 * inside a request. */

#include "auth.h"

#include <string.h>

#include "timer.h"

struct _OtAuth {
  OtPeoplePort people;
  const OtClock *clock; /* borrowed */
  OtJwtCheck *jwt;      /* owned; NULL: no JWT taken */
};

struct _OtAuthRequest {
  OtTimer turn;        /* armed when the answer is known at once */
  const char *refusal; /* static; for the turn */
  gint64 expires_us;   /* UTC: a JWT's end; %G_MAXINT64: never, or it is none */
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
  g_clear_pointer (&self->jwt, ot_jwt_check_free);
  g_free (self);
}

gboolean
ot_auth_set_jwt (OtAuth *self, const OtJwtSettings *settings, GError **error)
{
  OtJwtCheck *jwt = ot_jwt_check_new (settings, error);

  if (jwt == NULL)
    return FALSE;
  g_clear_pointer (&self->jwt, ot_jwt_check_free);
  self->jwt = jwt;
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
  OtPerson known;

  if (lookup == OT_PERSON_UNAVAILABLE)
    answer (request, OT_AUTH_UNAVAILABLE, NULL, "tokens can't be checked at the moment");
  else if (lookup == OT_PERSON_UNKNOWN)
    answer (request, OT_AUTH_REFUSED, NULL, "the token is not known, or has expired");
  else if (request->claimed != NULL && !g_str_equal (request->claimed, person->user_id))
    answer (request, OT_AUTH_REFUSED, NULL, "the token does not belong to this userId");
  else if (person->is_blocked)
    answer (request, OT_AUTH_BLOCKED, NULL, "this account is blocked");
  else {
    known = *person;
    known.token_expires_us = MIN (person->token_expires_us, request->expires_us);
    answer (request, OT_AUTH_OK, &known, NULL);
  }
}

static gboolean
is_jwt (const char *token)
{
  const char *dot = strchr (token, '.');

  return dot != NULL && strchr (dot + 1, '.') != NULL;
}

/* Returns: (nullable): why it lets nobody in; static */
static const char *
check_jwt (const OtAuth *self, OtAuthRequest *request, const char *text)
{
  g_auto (OtJwtToken) token = { 0 };
  OtJwtGrant grant;
  const char *reason;

  if (self->jwt == NULL)
    return "this server takes no JWT";
  reason = ot_jwt_token_read (&token, text);
  if (reason == NULL)
    reason = ot_jwt_check_token (self->jwt, &token, ot_clock_wall_us (self->clock), &grant);
  if (reason == NULL) {
    request->expires_us = grant.expires_us;
    self->people.find_user (self->people.self, grant.user_id, on_person, request);
  }
  return reason;
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
  request->expires_us = G_MAXINT64;
  request->done = done;
  request->user_data = user_data;
  if (is_jwt (token))
    request->refusal = check_jwt (self, request, token);
  else
    self->people.find_token (self->people.self, token, on_person, request);
  if (request->refusal != NULL)
    ot_timer_arm (&request->turn, 0, on_turn, request);
  return request;
}

void
ot_auth_cancel (OtAuthRequest *request)
{
  request->done = NULL;
}
