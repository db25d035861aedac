/* Tables of sessions: all by id, and the open ones by person, oldest first. Decides nothing but the
 * device limit. */

#include "hub.h"

#include "parking.h"
#include "timer.h"

#define SWEEP_INTERVAL_US G_USEC_PER_SEC

struct _OtHub {
  OtHubListener listener;
  OtSessionContext context;
  GHashTable *sessions; /* set of OtSession, owned: all connections */
  GQueue fresh;         /* of OtSession (borrowed): not opened yet, the oldest first */
  GHashTable *open;     /* id (borrowed from the session) → OtSession (borrowed), authenticated */
  OtParking *parking;   /* owned: sessions that wait for their client */
  GHashTable *people; /* user id (owned) → GPtrArray (owned) of OtSession (borrowed), oldest first,
                         never empty */
  const char *arriving;   /* borrowed; nullable: whose old connection goes for a new one that is not
                             opened yet: never without one */
  GHashTable *allowances; /* user id (owned) → OtAllowance (owned), until it is full again */
  OtHubFigures figures;
  OtTimer sweep;  /* for tokens, parked sessions and allowances */
  OtTimer closed; /* completes @closing, from a turn of its own */
  GTask *closing; /* owned; while ot_hub_close_async() waits */
  gboolean is_closing;
};

/* Ends the oldest, as long as there are too many that are not ending already. */
static void
keep_device_limit (OtHub *self, GPtrArray *devices)
{
  guint n_open = 0;

  for (guint i = devices->len; i > 0; i--)
    if (ot_session_is_open (devices->pdata[i - 1]) && ++n_open > self->context.limits.max_devices)
      ot_session_end (devices->pdata[i - 1], OT_CLOSE_REPLACED, "replaced by a newer connection");
}

/* The oldest has had the most time to authenticate: whoever means well needs little. */
static void
keep_fresh_limit (OtHub *self)
{
  while (g_queue_get_length (&self->fresh) > self->context.limits.max_fresh)
    ot_session_end (g_queue_pop_head (&self->fresh), OT_CLOSE_NO_INIT,
                    "too many that are not authenticated");
}

/* Whose end has been seen is gone before who comes is there: the same client, very often. Who comes
 * may be gone, too, and is told of in its turn. */
static void
see_off (OtHub *self, const char *user_id, const OtSession *coming)
{
  GPtrArray *devices = g_hash_table_lookup (self->people, user_id);

  for (guint i = devices != NULL ? devices->len : 0; i > 0; i--) /* the last one frees it */
    if (devices->pdata[i - 1] != coming)
      ot_session_tell_closed (devices->pdata[i - 1]);
}

static void
on_opened (gpointer user_data, OtSession *session)
{
  OtHub *self = user_data;
  const char *user_id = ot_session_get_user_id (session);
  GPtrArray *devices;

  self->arriving = NULL;
  g_queue_remove (&self->fresh, session);
  devices = g_hash_table_lookup (self->people, user_id);
  if (devices == NULL) {
    devices = g_ptr_array_new ();
    g_hash_table_insert (self->people, g_strdup (user_id), devices);
  }
  g_ptr_array_add (devices, session);
  see_off (self, user_id, session);
  g_hash_table_insert (self->open, (char *)ot_session_get_id (session), session);
  keep_device_limit (self, devices);
  self->listener.opened (self->listener.self, session);
}

static void
on_event (gpointer user_data, OtSession *session, const OtIn *event, gint64 sequence)
{
  OtHub *self = user_data;

  ot_counter_add (&self->figures.messages, 1);
  self->listener.event (self->listener.self, session, event, sequence);
}

static gboolean
on_spend (gpointer user_data, OtSession *session, gsize n_bytes)
{
  OtHub *self = user_data;
  const char *user_id = ot_session_get_user_id (session);
  OtAllowance *allowance = g_hash_table_lookup (self->allowances, user_id);

  if (allowance == NULL) {
    allowance = g_new0 (OtAllowance, 1);
    g_hash_table_insert (self->allowances, g_strdup (user_id), allowance);
  }
  return ot_allowance_take (allowance, &self->context.limits.person, n_bytes,
                            ot_clock_mono_us (self->context.clock));
}

static gboolean
is_full (gpointer user_id, gpointer allowance, gpointer now_us)
{
  return ot_allowance_is_full (allowance, *(gint64 *)now_us);
}

static void
on_refused (gpointer user_data,
            OtSession *session,
            OtCode code,
            const char *message,
            const char *original_event,
            const char *call_id)
{
  OtHub *self = user_data;

  ot_counter_add (&self->figures.refusals[code], 1);
  self->listener.refused (self->listener.self, session, code, message, original_event, call_id);
}

static gboolean
on_needed (gpointer user_data, OtSession *session)
{
  OtHub *self = user_data;

  return self->listener.is_needed (self->listener.self, session);
}

static void
on_over (const OtTrack *track, gpointer user_data)
{
  OtHub *self = user_data;

  self->listener.over (self->listener.self, track->user_id, track->id);
}

static void
forget (OtHub *self, OtSession *session)
{
  const char *user_id = ot_session_get_user_id (session);
  GPtrArray *devices = g_hash_table_lookup (self->people, user_id);

  g_assert (devices != NULL);
  g_ptr_array_remove (devices, session);
  if (devices->len == 0)
    g_hash_table_remove (self->people, user_id);
  g_hash_table_remove (self->open, ot_session_get_id (session));
  self->listener.closed (self->listener.self, session);
}

static void
on_closed (gpointer user_data, OtSession *session)
{
  OtHub *self = user_data;
  OtTrack *track = self->is_closing ? NULL : ot_session_take_track (session);

  forget (self, session);
  if (track != NULL)
    ot_parking_put (self->parking, track, ot_clock_mono_us (self->context.clock));
  else
    self->listener.over (self->listener.self, ot_session_get_user_id (session),
                         ot_session_get_id (session));
}

static OtSession *
find_open (OtHub *self, const char *session_id)
{
  OtSession *session = g_hash_table_lookup (self->open, session_id);

  return session != NULL && ot_session_is_open (session) ? session : NULL;
}

/* A client often comes back before we know that it was gone: then its old connection hands over. */
static OtTrack *
find_track (OtHub *self, const char *user_id, const char *session_id)
{
  OtSession *old = find_open (self, session_id);
  OtTrack *track;

  if (old == NULL || !g_str_equal (ot_session_get_user_id (old), user_id))
    return ot_parking_take (self->parking, session_id, user_id);
  track = ot_session_hand_over (old);
  forget (self, old);
  if (track == NULL)
    self->listener.over (self->listener.self, user_id, session_id);
  return track;
}

static OtTrack *
on_resume (gpointer user_data,
           OtSession *session,
           const char *user_id,
           const char *session_id,
           gint64 last_sequence)
{
  OtHub *self = user_data;
  g_autoptr (OtTrack) track = NULL;

  self->arriving = ot_session_get_user_id (session);
  see_off (self, user_id, session);
  track = find_track (self, user_id, session_id);
  if (track == NULL)
    return NULL;
  if (ot_session_is_resumable (session) && ot_replay_reaches (track->replay, last_sequence))
    return g_steal_pointer (&track);
  on_over (track, self);
  return NULL;
}

/* Its callback may free the hub. */
static void
complete_close (gpointer user_data)
{
  OtHub *self = user_data;
  g_autoptr (GTask) task = g_steal_pointer (&self->closing);

  if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

static void
on_finished (gpointer user_data, OtSession *session)
{
  OtHub *self = user_data;

  g_queue_remove (&self->fresh, session);
  g_hash_table_remove (self->sessions, session);
  if (g_hash_table_size (self->sessions) == 0)
    ot_timer_arm (&self->closed, 0, complete_close, self);
}

static void
on_sweep (gpointer user_data)
{
  OtHub *self = user_data;
  gint64 now_us = ot_clock_mono_us (self->context.clock);
  gint64 wall_us = ot_clock_wall_us (self->context.clock);
  GHashTableIter each;
  gpointer session;

  g_hash_table_iter_init (&each, self->sessions); /* none finishes meanwhile: that takes a turn */
  while (g_hash_table_iter_next (&each, &session, NULL))
    ot_session_look_at_token (session, wall_us, now_us);
  ot_parking_expire (self->parking, now_us);
  g_hash_table_foreach_remove (self->allowances, is_full, &now_us);
  if (g_hash_table_size (self->sessions) > 0 || ot_parking_n_sessions (self->parking) > 0
      || g_hash_table_size (self->allowances) > 0)
    ot_timer_arm (&self->sweep, now_us + SWEEP_INTERVAL_US, on_sweep, self);
}

OtHub *
ot_hub_new (const OtHubListener *listener,
            const OtNetLimits *limits,
            OtAuth *auth,
            OtDoorkeeper *door,
            const OtClock *clock)
{
  static const OtNetLimits defaults = OT_NET_LIMITS_DEFAULT;
  OtHub *self = g_new0 (OtHub, 1);

  self->listener = *listener;
  self->context = (OtSessionContext){
    .listener = { self, on_opened, on_event, on_spend, on_refused, on_resume, on_needed, on_closed,
                  on_finished },
    .limits = limits != NULL ? *limits : defaults,
    .clock = clock,
    .auth = auth,
    .door = door,
  };
  self->sessions = g_hash_table_new_full (NULL, NULL, (GDestroyNotify)ot_session_free, NULL);
  self->open = g_hash_table_new (g_str_hash, g_str_equal);
  self->parking = ot_parking_new (&self->context.limits, on_over, self);
  self->allowances = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->people =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  return self;
}

void
ot_hub_free (OtHub *self)
{
  g_assert (self->closing == NULL);
  ot_timer_cancel (&self->sweep);
  ot_timer_cancel (&self->closed);
  g_clear_pointer (&self->allowances, g_hash_table_unref);
  g_clear_pointer (&self->people, g_hash_table_unref);
  g_clear_pointer (&self->open, g_hash_table_unref);
  g_clear_pointer (&self->parking, ot_parking_free);
  g_clear_pointer (&self->sessions, g_hash_table_unref);
  g_free (self);
}

void
ot_hub_set_limits (OtHub *self, const OtNetLimits *limits)
{
  self->context.limits = *limits;
}

void
ot_hub_adopt (OtHub *self,
              SoupWebsocketConnection *connection,
              OtPeerStream *stream,
              OtFrameGuard *guard,
              const char *token)
{
  OtSession *session = ot_session_new (&self->context, connection, stream, guard, token);

  g_hash_table_add (self->sessions, session);
  g_queue_push_tail (&self->fresh, session);
  keep_fresh_limit (self);
  if (!ot_timer_is_armed (&self->sweep))
    ot_timer_arm (&self->sweep, ot_clock_mono_us (self->context.clock) + SWEEP_INTERVAL_US,
                  on_sweep, self);
  if (self->is_closing)
    ot_session_end (session, OT_CLOSE_DRAINING, "the server is draining");
}

gsize
ot_hub_max_message_bytes (const OtHub *self)
{
  return self->context.limits.max_message_bytes;
}

gboolean
ot_hub_is_online (OtHub *self, const char *user_id)
{
  return g_hash_table_contains (self->people, user_id) || g_strcmp0 (self->arriving, user_id) == 0;
}

/* The others' errors pass here; a session's own come by on_refused(). */
static void
count_refusal (OtHub *self, const OtOut *event)
{
  if (event->type == OT_OUT_ERROR)
    ot_counter_add (&self->figures.refusals[ot_code_parse (event->error.code)], 1);
}

void
ot_hub_send (OtHub *self, const char *session_id, const OtOut *event)
{
  OtSession *session =
      g_hash_table_lookup (self->open, session_id); /* or ending: its track keeps it */

  count_refusal (self, event);
  if (session != NULL)
    ot_session_send (session, event);
  else
    ot_parking_send (self->parking, session_id, event);
}

void
ot_hub_send_user (OtHub *self,
                  const char *user_id,
                  const char *except_session_id,
                  const OtOut *event)
{
  GPtrArray *devices = g_hash_table_lookup (self->people, user_id);

  count_refusal (self, event);
  for (guint i = 0; devices != NULL && i < devices->len; i++)
    if (g_strcmp0 (ot_session_get_id (devices->pdata[i]), except_session_id) != 0)
      ot_session_send (devices->pdata[i], event);
  ot_parking_send_user (self->parking, user_id, except_session_id, event);
}

void
ot_hub_end_user (OtHub *self, const char *user_id, OtCloseCode code, const char *reason)
{
  GPtrArray *devices = g_hash_table_lookup (self->people, user_id);

  for (guint i = 0; devices != NULL && i < devices->len; i++)
    ot_session_end (devices->pdata[i], code, reason);
  ot_parking_drop_user (self->parking, user_id);
}

guint
ot_hub_n_sessions (OtHub *self)
{
  return g_hash_table_size (self->sessions);
}

guint
ot_hub_n_in_place (OtHub *self, OtHubPlace place)
{
  switch (place) {
  case OT_HUB_FRESH:
    return g_queue_get_length (&self->fresh);
  case OT_HUB_OPEN:
    return g_hash_table_size (self->open);
  case OT_HUB_PARKED:
    return ot_parking_n_sessions (self->parking);
  case OT_HUB_N_PLACES:
  default:
    g_return_val_if_reached (0);
  }
}

const char *
ot_hub_place_name (guint place)
{
  static const char *const names[] = {
    [OT_HUB_FRESH] = "fresh", [OT_HUB_OPEN] = "open", [OT_HUB_PARKED] = "parked"
  };

  return names[place];
}

const OtHubFigures *
ot_hub_get_figures (const OtHub *self)
{
  return &self->figures;
}

void
ot_hub_close_async (OtHub *self, GAsyncReadyCallback done, gpointer user_data)
{
  GHashTableIter iter;
  gpointer session;

  g_assert (!self->is_closing);
  self->is_closing = TRUE;
  self->closing = g_task_new (NULL, NULL, done, user_data);
  g_task_set_source_tag (self->closing, ot_hub_close_async);
  ot_parking_drop_user (self->parking, NULL);
  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, &session, NULL))
    ot_session_end (session, OT_CLOSE_DRAINING, "the server is draining");
  if (g_hash_table_size (self->sessions) == 0)
    ot_timer_arm (&self->closed, 0, complete_close, self);
}

void
ot_hub_close_finish (OtHub *self, GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}
