/* What a client says over its connection, and what it is told. */

#include "session.h"

#include "connection.h"
#include "token-lease.h"
#include "log.h"

typedef enum {
  NEW,   /* not authenticated */
  OPEN,  /* authenticated */
  ENDED, /* nothing goes in or out but the close */
} State;

struct _OtSession {
  const OtSessionContext *context; /* borrowed from the hub */
  char *id;                        /* owned */
  char *user_id;                   /* owned; NULL until authenticated */
  OtTrack *track;                  /* owned; NULL: taken, after the end */
  gint64 resume_sequence; /* the last that the client has of the session that it wants back */
  char *resume_id;        /* owned; NULL: it wants none */

  OtConnection *connection; /* owned */
  State state;
  OtTokenLease lease; /* OPEN: how long its token lets it in */
  gboolean is_told;   /* opened was called, closed was not */

  OtAuthRequest *request; /* borrowed; NULL: none under way */
  gint64 last_sequence;   /* the client's own last number; -1: none */
  gint64 init_sequence;   /* its number of the init_connection that @request is for; 0: none */

  OtQuota invalid;       /* messages that can't be accepted */
  OtAllowance allowance; /* messages at all */
  OtQuota too_fast;      /* messages beyond that */
};

static gint64
now_us (const OtSession *self)
{
  return ot_clock_mono_us (self->context->clock);
}

/* ---- the end ---- */

static void
on_ending (gpointer user_data)
{
  OtSession *self = user_data;
  const char *reason;
  OtCloseCode code;

  ot_connection_get_end (self->connection, &code, &reason);
  ot_info_about (OT_ABOUT (.session = self->id), "(%s, %s) ends: %d %s",
                 self->user_id != NULL ? self->user_id : "nobody",
                 ot_connection_get_address (self->connection), code, reason != NULL ? reason : "");
  self->state = ENDED;
  if (self->request != NULL)
    ot_auth_cancel (g_steal_pointer (&self->request));
}

void
ot_session_tell_closed (OtSession *self)
{
  const OtSessionListener *listener = &self->context->listener;

  if (self->state != ENDED || !self->is_told)
    return;
  self->is_told = FALSE;
  listener->closed (listener->self, self);
}

static void
on_ended (gpointer user_data)
{
  ot_session_tell_closed (user_data);
}

static void
on_finished (gpointer user_data)
{
  OtSession *self = user_data;
  const OtSessionListener *listener = &self->context->listener;

  listener->finished (listener->self, self);
}

void
ot_session_end (OtSession *self, OtCloseCode code, const char *reason)
{
  ot_connection_end (self->connection, code, reason);
}

/* ---- out ---- */

static void
send_event (OtSession *self, const OtOut *event)
{
  g_autofree char *text = NULL;

  if (self->track == NULL)
    return;
  text = ot_track_write (self->track, event); /* kept for whoever resumes, also after the end */
  if (self->state == ENDED)
    return;
  ot_trace_about (OT_ABOUT (.session = self->id, .event = ot_out_type_name (event->type)),
                  "sends %s", ot_out_type_name (event->type));
  ot_connection_send (self->connection, text);
}

void
ot_session_send (OtSession *self, const OtOut *event)
{
  send_event (self, event);
}

static void
refuse (OtSession *self,
        gint64 sequence,
        OtCode code,
        const char *message,
        const char *original_event,
        const char *call_id)
{
  const OtSessionListener *listener = &self->context->listener;
  OtOut event = { OT_OUT_ERROR, .error = {
                                    .code = ot_code_name (code),
                                    .message = message,
                                    .original_event = original_event,
                                    .call_id = call_id,
                                    .original_sequence = sequence,
                                    .has_original_sequence = sequence != 0,
                                } };

  send_event (self, &event);
  listener->refused (listener->self, self, code, message, original_event, call_id);
}

/* What can't be accepted from anybody counts; what merely comes at the wrong time does not. */
static void
count_invalid (OtSession *self)
{
  if (!ot_quota_take (&self->invalid, &self->context->limits.invalid, 1, now_us (self)))
    ot_session_end (self, OT_CLOSE_TOO_MANY_INVALID, "too many invalid messages");
}

/* Whether the client, and its person, may send that much now. */
static gboolean
may_send (OtSession *self, gsize n_bytes)
{
  const OtSessionListener *listener = &self->context->listener;

  return ot_allowance_take (&self->allowance, &self->context->limits.send, n_bytes, now_us (self))
         && (self->state != OPEN || listener->spend (listener->self, self, n_bytes));
}

static void
refuse_too_fast (OtSession *self, const OtDecoded *decoded)
{
  refuse (self, decoded->sequence, OT_CODE_RATE_LIMITED,
          "Too many messages at once; this one was not looked at", decoded->original_event,
          decoded->call_id);
  if (!ot_quota_take (&self->too_fast, &self->context->limits.too_fast, 1, now_us (self)))
    ot_session_end (self, OT_CLOSE_RATE_LIMIT, "too many messages at once");
}

/* ---- authentication ---- */

static const char init_name[] = "init_connection";

static void
acknowledge (OtSession *self, gboolean resumed)
{
  g_autofree char *text = NULL;
  OtOut ack = { OT_OUT_CONNECTION_ACK,
                .connection_ack = {
                    .user_id = self->user_id,
                    .connected_at = ot_clock_wall_us (self->context->clock) / G_USEC_PER_SEC,
                    .session_id = self->id,
                    .resumed = resumed,
                    .heartbeat_seconds = self->context->limits.ping_seconds,
                } };

  if (!resumed) {
    send_event (self, &ack);
    return;
  }
  /* under the number at which the client stands: what it missed goes on from there */
  text = ot_codec_encode (self->track->format, &ack, self->resume_sequence);
  ot_connection_send (self->connection, text);
}

static gboolean
resume (OtSession *self)
{
  const OtSessionListener *listener = &self->context->listener;
  OtTrack *track = NULL;

  if (self->resume_id != NULL)
    track = listener->resume (listener->self, self, self->user_id, self->resume_id,
                              self->resume_sequence);
  if (track == NULL)
    return FALSE;
  ot_info_about (OT_ABOUT (.session = self->id), "goes on as %s", track->id);
  ot_track_free (self->track);
  self->track = track;
  g_free (self->id);
  self->id = g_strdup (track->id);
  return TRUE;
}

static void
send_missed (OtSession *self)
{
  g_autoptr (GPtrArray) missed = ot_replay_get_after (self->track->replay, self->resume_sequence);

  for (guint i = 0; i < missed->len; i++)
    ot_connection_send (self->connection, missed->pdata[i]);
}

static void
open_for (OtSession *self, const OtPerson *person)
{
  const OtSessionListener *listener = &self->context->listener;
  gboolean resumed;

  self->user_id = g_strdup (person->user_id);
  resumed = resume (self);
  if (!resumed)
    self->track->user_id = g_strdup (person->user_id);
  self->state = OPEN;
  ot_info_about (OT_ABOUT (.session = self->id), "opens for %s from %s", self->user_id,
                 ot_connection_get_address (self->connection));
  ot_connection_keep_alive (self->connection);
  acknowledge (self, resumed);
  if (resumed)
    send_missed (self);
  self->is_told = TRUE;
  listener->opened (listener->self, self);
}

static void
begin_lease (OtSession *self, const OtPerson *person)
{
  const OtNetLimits *limits = &self->context->limits;

  ot_token_lease_begin (&self->lease, person->token_expires_us, limits->token_notice_us,
                        limits->token_grace_us, ot_clock_wall_us (self->context->clock));
}

/* ---- wrong tokens ---- */

static void
note_wrong_token (OtSession *self)
{
  const char *visitor = ot_connection_get_visitor (self->connection);

  if (self->context->door != NULL && visitor != NULL)
    ot_doorkeeper_wrong_token (self->context->door, visitor);
}

static gboolean
is_listened_to (OtSession *self)
{
  const char *visitor = ot_connection_get_visitor (self->connection);

  return self->context->door == NULL || visitor == NULL
         || ot_doorkeeper_listens (self->context->door, visitor);
}

/* An open session keeps what it has when a second token is no good. */
static void
on_authenticated (OtAuthOutcome outcome,
                  const OtPerson *person,
                  const char *reason,
                  gpointer user_data)
{
  OtSession *self = user_data;
  gboolean was_open = self->state == OPEN;
  gint64 sequence = self->init_sequence;

  self->request = NULL;
  switch (outcome) {
  case OT_AUTH_OK:
    begin_lease (self, person);
    if (was_open)
      acknowledge (self, FALSE);
    else
      open_for (self, person);
    return;
  case OT_AUTH_REFUSED:
    note_wrong_token (self);
    refuse (self, sequence, OT_CODE_UNAUTHENTICATED, reason, init_name, NULL);
    if (!was_open)
      ot_session_end (self, OT_CLOSE_UNAUTHENTICATED, "authentication failed");
    return;
  case OT_AUTH_BLOCKED:
    refuse (self, sequence, OT_CODE_PERMISSION_DENIED, reason, init_name, NULL);
    ot_session_end (self, OT_CLOSE_BLOCKED, "account blocked");
    return;
  case OT_AUTH_UNAVAILABLE:
    refuse (self, sequence, OT_CODE_TEMPORARILY_UNAVAILABLE, reason, init_name, NULL);
    return;
  }
}

static void
authenticate (OtSession *self, const char *token, const char *user_id, gint64 sequence)
{
  if (self->request != NULL) {
    refuse (self, sequence, OT_CODE_INVALID_STATE, "An authentication is under way already",
            init_name, NULL);
  } else if (self->user_id != NULL && g_strcmp0 (user_id, self->user_id) != 0) {
    refuse (self, sequence, OT_CODE_INVALID_STATE, "This connection belongs to another user",
            init_name, NULL);
  } else if (!is_listened_to (self)) {
    refuse (self, sequence, OT_CODE_RATE_LIMITED,
            "Too many wrong tokens came from your address; try again in a minute", init_name, NULL);
    if (self->state == NEW)
      ot_session_end (self, OT_CLOSE_RATE_LIMIT, "too many wrong tokens from this address");
  } else {
    self->init_sequence = sequence;
    self->request = ot_auth_check (self->context->auth, token, user_id, on_authenticated, self);
  }
}

/* ---- the token's end ---- */

/* Nobody's message is answered by this: it has no originalSequence. */
static void
tell_of_token (OtSession *self, const char *message)
{
  OtOut event = { OT_OUT_ERROR, .error = { .code = ot_code_name (OT_CODE_UNAUTHENTICATED),
                                           .message = message,
                                           .original_event = init_name } };

  ot_info_about (OT_ABOUT (.session = self->id, .event = init_name), "(%s): %s", self->user_id,
                 message);
  send_event (self, &event);
}

void
ot_session_look_at_token (OtSession *self, gint64 wall_us, gint64 mono_us)
{
  const OtSessionListener *listener = &self->context->listener;

  if (self->state != OPEN)
    return;
  switch (ot_token_lease_look (&self->lease, wall_us, mono_us)) {
  case OT_TOKEN_LEASE_NOTHING:
    return;
  case OT_TOKEN_LEASE_ENDS:
    tell_of_token (self, "The token ends soon; send init_connection with a fresh one");
    return;
  case OT_TOKEN_LEASE_ENDED:
    tell_of_token (self, "The token has expired; send init_connection with a fresh one");
    return;
  case OT_TOKEN_LEASE_ASK:
    if (!ot_token_lease_keep (&self->lease, listener->is_needed (listener->self, self), mono_us))
      ot_session_end (self, OT_CLOSE_UNAUTHENTICATED, "the token has expired");
    return;
  }
}

/* ---- in ---- */

static void
init (OtSession *self, const OtInInitConnection *event, gint64 sequence)
{
  if (event->has_resume && self->state == NEW && self->request == NULL) {
    g_free (self->resume_id);
    self->resume_id = g_strdup (event->resume.session_id);
    self->resume_sequence = event->resume.last_sequence;
  }
  authenticate (self, event->token, event->user_id, sequence);
}

static void
dispatch (OtSession *self, const OtIn *event, gint64 sequence)
{
  const OtSessionListener *listener = &self->context->listener;
  OtOut ack = { OT_OUT_HEARTBEAT_ACK };

  if (event->type == OT_IN_INIT_CONNECTION) {
    init (self, &event->init_connection, sequence);
  } else if (self->state != OPEN) {
    refuse (self, sequence, OT_CODE_UNAUTHENTICATED, "The connection is not authenticated yet",
            ot_in_type_name (event->type), ot_in_get_call_id (event));
    count_invalid (self);
  } else if (event->type == OT_IN_HEARTBEAT) {
    send_event (self, &ack);
  } else {
    listener->event (listener->self, self, event, sequence);
  }
}

/* A client's own numbers must rise. */
static gboolean
accept_sequence (OtSession *self, const OtDecoded *decoded)
{
  if (!decoded->has_sequence)
    return TRUE;
  if (decoded->sequence > self->last_sequence) {
    self->last_sequence = decoded->sequence;
    return TRUE;
  }
  refuse (self, decoded->sequence, OT_CODE_INVALID_MESSAGE, "sequence: must rise",
          decoded->original_event, decoded->call_id);
  return FALSE;
}

static void
on_message (gpointer user_data, const char *text, gsize length)
{
  OtSession *self = user_data;
  g_auto (OtDecoded) decoded = { 0 };

  ot_codec_decode (self->track->format, text, length, &decoded);
  ot_trace_about (OT_ABOUT (.session = self->id), "%s",
                  decoded.event != NULL ? ot_in_type_name (decoded.event->type) : decoded.message);
  if (!may_send (self, length)) {
    refuse_too_fast (self, &decoded);
  } else if (!accept_sequence (self, &decoded)) {
    count_invalid (self);
  } else if (decoded.event == NULL) {
    refuse (self, decoded.sequence, decoded.code, decoded.message, decoded.original_event,
            decoded.call_id);
    count_invalid (self);
  } else {
    dispatch (self, decoded.event, decoded.sequence);
  }
}

static const OtConnectionListener connection_listener = { on_message, on_ending, on_ended,
                                                          on_finished };

OtSession *
ot_session_new (const OtSessionContext *context,
                SoupWebsocketConnection *websocket,
                OtPeerStream *stream,
                OtFrameGuard *guard,
                const char *token)
{
  OtSession *self = g_new0 (OtSession, 1);

  self->context = context;
  self->last_sequence = -1;
  self->track = ot_track_new (ot_format_parse (soup_websocket_connection_get_protocol (websocket)));
  self->id = g_strdup (self->track->id);
  self->connection = ot_connection_new (websocket, stream, guard, &context->limits, context->clock,
                                        &connection_listener, self);
  if (token != NULL)
    authenticate (self, token, NULL, 0);
  return self;
}

void
ot_session_free (OtSession *self)
{
  if (self->request != NULL)
    ot_auth_cancel (self->request);
  g_clear_pointer (&self->connection, ot_connection_free);
  g_clear_pointer (&self->track, ot_track_free);
  g_free (self->resume_id);
  g_free (self->user_id);
  g_free (self->id);
  g_free (self);
}

OtTrack *
ot_session_take_track (OtSession *self)
{
  g_assert (self->state == ENDED);
  return self->track->replay != NULL && ot_connection_was_lost (self->connection)
             ? g_steal_pointer (&self->track)
             : NULL;
}

OtTrack *
ot_session_hand_over (OtSession *self)
{
  g_assert (self->state == OPEN);
  self->is_told = FALSE;
  ot_session_end (self, OT_CLOSE_REPLACED, "resumed by a newer connection");
  return self->track->replay != NULL ? g_steal_pointer (&self->track) : NULL;
}

const char *
ot_session_get_id (const OtSession *self)
{
  return self->id;
}

const char *
ot_session_get_user_id (const OtSession *self)
{
  return self->user_id;
}

gboolean
ot_session_is_resumable (const OtSession *self)
{
  return self->track->replay != NULL;
}

gboolean
ot_session_is_open (const OtSession *self)
{
  return self->state == OPEN;
}

gboolean
ot_session_has_expired (const OtSession *self)
{
  return ot_token_lease_has_ended (&self->lease);
}
