#pragma once

#include <gio/gio.h>

#include "clock.h"
#include "jwt-check.h"

/**
 * SECTION:auth
 *
 * Whose token it is. A token with two dots is a JWT and is verified here; any other is opaque and
 * looked up. Either way the person is asked for, since an account may be blocked.
 */

/** OtPerson: strings borrowed for the time of the callback. */
typedef struct {
  const char *user_id;
  gboolean is_otomo;
  gboolean is_blocked;
  gint64 token_expires_us; /* UTC; the token that was asked with; %G_MAXINT64: never, or there was
                              none */
} OtPerson;

typedef enum {
  OT_PERSON_FOUND,
  OT_PERSON_UNKNOWN,     /* no such person, no such token, or the token is over */
  OT_PERSON_UNAVAILABLE, /* can't be known now */
} OtPersonLookup;

/** OtPersonFound: @person: (nullable): unless FOUND */
typedef void (*OtPersonFound) (OtPersonLookup lookup, const OtPerson *person, gpointer user_data);

/** OtPeoplePort: the store, as auth sees it. @found is called exactly once, from the main loop,
 * never from inside. */
typedef struct {
  gpointer self;
  void (*find_user) (gpointer self, const char *user_id, OtPersonFound found, gpointer user_data);
  void (*find_token) (gpointer self, const char *token, OtPersonFound found, gpointer user_data);
} OtPeoplePort;

typedef enum {
  OT_AUTH_OK,
  OT_AUTH_REFUSED,     /* not a valid token, or somebody else's */
  OT_AUTH_BLOCKED,     /* valid, but the account is blocked */
  OT_AUTH_UNAVAILABLE, /* can't be known now */
} OtAuthOutcome;

/** OtAuthDone: @person: (nullable): unless OK; @reason: for a person; borrowed */
typedef void (*OtAuthDone) (OtAuthOutcome outcome,
                            const OtPerson *person,
                            const char *reason,
                            gpointer user_data);

#define OT_AUTH_ERROR (g_quark_from_static_string ("ot-auth-error"))
typedef enum { OT_AUTH_ERROR_KEY } OtAuthError;

typedef struct _OtAuth OtAuth;
typedef struct _OtAuthRequest OtAuthRequest;

/**
 * ot_auth_new:
 * @people: copied; what it points to lives until the last request was answered
 * @clock: borrowed
 *
 * Takes opaque tokens only, until ot_auth_set_jwt().
 */
OtAuth *ot_auth_new (const OtPeoplePort *people, const OtClock *clock);
void ot_auth_free (OtAuth *self);

/**
 * ot_auth_set_jwt:
 *
 * From now on takes the JWTs of @settings (see ot_jwt_check_new()), instead of those of before.
 * Reads the key files; where they are no good, it stays as it was. May be called again.
 *
 * Errors: %OT_AUTH_ERROR_KEY
 */
gboolean ot_auth_set_jwt (OtAuth *self, const OtJwtSettings *settings, GError **error);

/**
 * ot_auth_check:
 * @token: from a client
 * @claimed_user_id: (nullable): who it must belong to; NULL: whoever it is
 * @done: called once, from the main loop, never from inside this call; not at all after
 * ot_auth_cancel()
 *
 * Returns: (transfer none): for ot_auth_cancel(), until @done was called
 * Thread: main loop.
 */
OtAuthRequest *ot_auth_check (OtAuth *self,
                              const char *token,
                              const char *claimed_user_id,
                              OtAuthDone done,
                              gpointer user_data);

/** ot_auth_cancel: nobody waits for the answer any more. */
void ot_auth_cancel (OtAuthRequest *request);
