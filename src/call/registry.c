/* Owns all calls. Finds the call and the side that an event is about; decides nothing else about
 * calls. */

#include "registry.h"

#include "announce.h"
#include "call-private.h"
#include "ids.h"
#include "log.h"

#define LOOK_INTERVAL_US (100 * G_TIME_SPAN_MILLISECOND)
#define LINGER_US G_TIME_SPAN_MINUTE

struct _OtRegistry {
  OtCallPorts ports;
  OtCallFigures figures;
  GHashTable *by_id; /* call id (borrowed from the call) → OtCall, owned */
  OtTimer look_timer;
  OtAdmission admission;
  GHashTable *callers; /* user id (owned) → OtQuota (owned), until it is full again */
  gboolean draining;
};

static void arm_look (OtRegistry *self);

static gint64
now_us (const OtRegistry *self)
{
  return ot_clock_mono_us (self->ports.clock);
}

static gboolean
is_full (gpointer user_id, gpointer quota, gpointer at_us)
{
  return ot_quota_is_full (quota, *(gint64 *)at_us);
}

static void
look_at_load (OtRegistry *self, gint64 record_lag_us, gint64 at_us)
{
  const OtMediaPort *media = &self->ports.media;
  OtMediaLoad load;
  OtAdmissionSight sight;

  media->read_load (media->self, &load);
  sight = (OtAdmissionSight){ load.n_packets, load.n_late, record_lag_us };
  ot_admission_look (&self->admission, &self->ports.settings.admission, &sight,
                     at_us + self->ports.settings.look_us, at_us);
}

static void
on_look (gpointer user_data)
{
  OtRegistry *self = user_data;
  gint64 at_us = now_us (self);
  gint64 record_lag_us = 0;
  GHashTableIter iter;
  OtCall *call;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&call)) {
    record_lag_us = MAX (record_lag_us, ot_call_record_lag_us (call, at_us));
    if (ot_call_state_is_live (call->state))
      ot_call_look (call, at_us);
    else if (ot_call_is_idle (call) && at_us - call->ended_us > LINGER_US)
      g_hash_table_iter_remove (&iter);
  }
  g_hash_table_foreach_remove (self->callers, is_full, &at_us);
  look_at_load (self, record_lag_us, at_us);
  arm_look (self);
}

static void
arm_look (OtRegistry *self)
{
  ot_timer_arm (&self->look_timer, now_us (self) + self->ports.settings.look_us, on_look, self);
}

void
ot_registry_note_refused (OtRegistry *self,
                          const OtSender *sender,
                          OtCode code,
                          const char *original_event,
                          const char *call_id)
{
  const OtCall *call = call_id != NULL ? g_hash_table_lookup (self->by_id, call_id) : NULL;

  ot_call_note_refusal (&self->ports, call, call_id, sender->user_id, original_event, code);
}

void
ot_registry_refuse (OtRegistry *self,
                    const OtSender *sender,
                    OtCode code,
                    const char *message,
                    const char *original_event,
                    const char *call_id)
{
  ot_announce_refusal (&self->ports.tell, sender, code, message, original_event, call_id);
  ot_registry_note_refused (self, sender, code, original_event, call_id);
}

/* ---- what clients send ---- */

/* A request that is there already is answered with how it stands, whoever is busy with it. */
static gboolean
answer_repeated (OtRegistry *self, const OtSender *sender, const OtInCallRequest *request)
{
  const OtCall *call = g_hash_table_lookup (self->by_id, request->call_id);

  if (call == NULL || !g_str_equal (call->party[OT_SIDE_CALLER].user_id, sender->user_id)
      || !g_str_equal (call->party[OT_SIDE_CALLEE].user_id, request->to_user_id))
    return FALSE;
  if (call->state != OT_CALL_REQUESTED)
    ot_announce_standing (&self->ports.tell, sender->session_id, call->id,
                          ot_call_state_name (call->state), ot_reason_name (call->reason),
                          ot_clock_wall_us (self->ports.clock));
  return TRUE;
}

static gboolean
may_call (OtRegistry *self, const char *user_id)
{
  OtQuota *quota = g_hash_table_lookup (self->callers, user_id);

  if (quota == NULL) {
    quota = g_new0 (OtQuota, 1);
    g_hash_table_insert (self->callers, g_strdup (user_id), quota);
  }
  return ot_quota_take (quota, &self->ports.settings.admission.of_person, 1, now_us (self));
}

static void
on_request (OtRegistry *self, const OtSender *sender, const OtInCallRequest *request)
{
  const OtRecordPort *record = &self->ports.record;
  const char *full;
  const char *event = ot_in_type_name (OT_IN_CALL_REQUEST);
  OtCall *call = g_hash_table_lookup (self->by_id, request->call_id);

  if (call != NULL && ot_call_was_refused (call) && ot_call_is_idle (call))
    g_hash_table_remove (self->by_id, request->call_id); /* it never was a call: its id is free */
  if (answer_repeated (self, sender, request))
    return;
  if (self->draining) {
    ot_registry_refuse (self, sender, OT_CODE_SERVER_DRAINING,
                        "The server is about to stop; no new calls", event, request->call_id);
  } else if (!record->is_available (record->self)) {
    ot_registry_refuse (self, sender, OT_CODE_TEMPORARILY_UNAVAILABLE,
                        "The database is away for the moment; please try again", event,
                        request->call_id);
  } else if (g_hash_table_contains (self->by_id, request->call_id)) {
    ot_registry_refuse (self, sender, OT_CODE_DUPLICATE_CALL_ID,
                        "This callId was used for another call", event, request->call_id);
  } else if (!may_call (self, sender->user_id)) {
    ot_registry_refuse (self, sender, OT_CODE_RATE_LIMITED,
                        "You have asked for too many calls; please try again in a minute", event,
                        request->call_id);
  } else if ((full = ot_admission_take (&self->admission, &self->ports.settings.admission,
                                        ot_registry_n_live (self), now_us (self)))
             != NULL) {
    ot_registry_refuse (self, sender, OT_CODE_TEMPORARILY_UNAVAILABLE, full, event,
                        request->call_id);
  } else {
    call = ot_call_new (&self->ports, sender, request->call_id, request->to_user_id);
    g_hash_table_insert (self->by_id, call->id, call);
  }
}

/* The event as the call's rules know it. FALSE: not one for a call that exists. */
static gboolean
to_input (const OtIn *event, OtCallInput *input)
{
  switch ((int)event->type) {
  case OT_IN_CALL_ACCEPT:
    input->event = OT_EV_ACCEPT;
    input->client_offers = g_strcmp0 (event->call_accept.offerer, "client") == 0;
    return TRUE;
  case OT_IN_CALL_REJECT:
    input->event = OT_EV_REJECT;
    input->reason = ot_reason_parse (event->call_reject.reason);
    if (input->reason == OT_REASON_NONE)
      input->reason = OT_REASON_MANUAL_DECLINE;
    return TRUE;
  case OT_IN_CALL_CANCEL:
    input->event = OT_EV_CANCEL;
    return TRUE;
  case OT_IN_CALL_END_REQUEST:
    input->event = OT_EV_END;
    return TRUE;
  case OT_IN_WEBRTC_OFFER:
    input->event = OT_EV_OFFER;
    input->sdp = event->webrtc_offer.offer.sdp;
    return TRUE;
  case OT_IN_WEBRTC_ANSWER:
    input->event = OT_EV_ANSWER;
    input->sdp = event->webrtc_answer.answer.sdp;
    return TRUE;
  case OT_IN_ICE_CANDIDATE:
    input->event = OT_EV_CANDIDATE;
    if (event->ice_candidate.has_candidate)
      input->candidate = event->ice_candidate.candidate;
    return TRUE;
  default:
    return FALSE;
  }
}

void
ot_registry_event (OtRegistry *self, const OtSender *sender, const OtIn *event)
{
  const char *name = ot_in_type_name (event->type);
  const char *call_id = ot_in_get_call_id (event);
  OtCall *call = g_hash_table_lookup (self->by_id, call_id);
  OtCallInput input = { .session_id = sender->session_id, .sequence = sender->sequence };
  const char *text;
  OtSide side;
  OtCode code;

  if (event->type == OT_IN_CALL_REQUEST) {
    on_request (self, sender, &event->call_request);
    return;
  }
  if (event->type == OT_IN_CALL_CONNECTED) {
    ot_registry_refuse (
        self, sender, OT_CODE_SELF_REPORT_FORBIDDEN,
        "Clients do not report connections: the server sees the first RTP packet itself", name,
        call_id);
    return;
  }
  if (call == NULL || !ot_call_side_of (call, sender->user_id, &side)) {
    ot_registry_refuse (self, sender, OT_CODE_CALL_NOT_FOUND, "There is no such call of yours",
                        name, call_id);
    return;
  }
  if (!to_input (event, &input))
    g_assert_not_reached ();
  input.by = side == OT_SIDE_CALLER ? OT_BY_CALLER : OT_BY_CALLEE;
  input.at_us = now_us (self);
  ot_call_look (call, input.at_us);
  code = ot_call_handle (call, &input, &text);
  if (code != OT_CODE_NONE)
    ot_registry_refuse (self, sender, code, text, name, call_id);
}

/* ---- everybody else ---- */

void
ot_registry_on_media (const OtMediaEvent *event, gpointer user_data)
{
  OtRegistry *self = user_data;
  OtCall *call = g_hash_table_lookup (self->by_id, event->call_id);

  if (call != NULL)
    ot_call_on_media (call, event);
}

typedef void (*ConnectionFunc) (OtCall *call, OtSide side, const char *session_id);

static void
tell_calls_of (OtRegistry *self, const OtSender *sender, ConnectionFunc func)
{
  GHashTableIter iter;
  OtCall *call;
  OtSide side;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&call))
    if (ot_call_state_is_live (call->state) && ot_call_side_of (call, sender->user_id, &side))
      func (call, side, sender->session_id);
}

void
ot_registry_opened (OtRegistry *self, const OtSender *sender)
{
  tell_calls_of (self, sender, ot_call_connection_opened);
}

void
ot_registry_closed (OtRegistry *self, const OtSender *sender)
{
  tell_calls_of (self, sender, ot_call_connection_closed);
}

gboolean
ot_registry_needs (OtRegistry *self, const OtSender *sender)
{
  GHashTableIter iter;
  OtCall *call;
  OtSide side;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&call))
    if (ot_call_state_is_live (call->state) && ot_call_side_of (call, sender->user_id, &side)
        && (call->party[side].session_id == NULL
            || g_str_equal (call->party[side].session_id, sender->session_id)))
      return TRUE;
  return FALSE;
}

static void
end_by_server (OtRegistry *self, OtCall *call, OtCallEvent event)
{
  OtCallInput input = { .event = event, .by = OT_BY_SERVER, .at_us = now_us (self) };

  ot_call_look (call, input.at_us);
  ot_call_handle (call, &input, NULL);
}

OtCall *
ot_registry_find (OtRegistry *self, const char *call_id)
{
  OtCall *call = g_hash_table_lookup (self->by_id, call_id);

  return call != NULL && ot_call_state_is_live (call->state) ? call : NULL;
}

gboolean
ot_registry_end (OtRegistry *self, const char *call_id)
{
  OtCall *call = ot_registry_find (self, call_id);

  if (call == NULL)
    return FALSE;
  end_by_server (self, call, OT_EV_ADMIN_END);
  return TRUE;
}

void
ot_registry_end_of (OtRegistry *self, const char *user_id)
{
  GHashTableIter iter;
  OtCall *call;
  OtSide side;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&call))
    if (ot_call_state_is_live (call->state) && ot_call_side_of (call, user_id, &side))
      end_by_server (self, call, OT_EV_ADMIN_END);
}

void
ot_registry_set_settings (OtRegistry *self, const OtCallSettings *settings)
{
  self->ports.settings = *settings;
  if (settings->look_us == 0)
    self->ports.settings.look_us = LOOK_INTERVAL_US;
}

gboolean
ot_registry_may_record (const OtRegistry *self)
{
  return self->ports.settings.recording != OT_RECORDING_OFF;
}

gboolean
ot_registry_is_busy (OtRegistry *self)
{
  return ot_admission_is_busy (&self->admission, &self->ports.settings.admission, now_us (self));
}

gboolean
ot_registry_read_quality (OtRegistry *self, const char *call_id, OtQuality quality[OT_N_SIDES])
{
  const OtMediaPort *media = &self->ports.media;
  const OtCall *call = g_hash_table_lookup (self->by_id, call_id);

  return call != NULL && ot_call_state_is_live (call->state)
         && media->read_quality (media->self, call_id, quality);
}

void
ot_registry_drain (OtRegistry *self)
{
  self->draining = TRUE;
}

void
ot_registry_shut_down (OtRegistry *self, gboolean fault)
{
  GHashTableIter iter;
  OtCall *call;

  ot_registry_drain (self);
  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&call))
    end_by_server (self, call, fault ? OT_EV_FAULT : OT_EV_SHUTDOWN);
}

gboolean
ot_registry_is_quiet (OtRegistry *self)
{
  GHashTableIter iter;
  OtCall *call;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&call))
    if (!ot_call_is_idle (call))
      return FALSE;
  return TRUE;
}

GPtrArray *
ot_registry_alive_ids (OtRegistry *self)
{
  GPtrArray *ids = g_ptr_array_new ();
  GHashTableIter iter;
  OtCall *call;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&call))
    if (call->state == OT_CALL_IN_CALL)
      g_ptr_array_add (ids, call->id);
  return ids;
}

void
ot_registry_foreach_live (OtRegistry *self, OtRegistryFunc func, gpointer user_data)
{
  GHashTableIter iter;
  OtCall *call;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&call))
    if (ot_call_state_is_live (call->state))
      func (call, user_data);
}

guint
ot_registry_n_live (OtRegistry *self)
{
  GHashTableIter iter;
  OtCall *call;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&call))
    n += ot_call_state_is_live (call->state);
  return n;
}

guint
ot_registry_n_in_state (OtRegistry *self, OtCallState state)
{
  GHashTableIter iter;
  OtCall *call;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&call))
    n += call->state == state;
  return n;
}

const OtCallFigures *
ot_registry_get_figures (const OtRegistry *self)
{
  return &self->figures;
}

/* ---- life ---- */

OtRegistry *
ot_registry_new (const OtCallPorts *ports)
{
  OtRegistry *self = g_new0 (OtRegistry, 1);

  self->ports = *ports;
  ot_registry_set_settings (self, &ports->settings);
  self->ports.figures = &self->figures;
  ot_call_figures_init (&self->figures);
  self->callers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->by_id = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)ot_call_free);
  arm_look (self);
  return self;
}

void
ot_registry_free (OtRegistry *self)
{
  ot_timer_cancel (&self->look_timer);
  g_hash_table_unref (self->callers);
  g_hash_table_unref (self->by_id);
  g_free (self);
}
