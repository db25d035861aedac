/* One call's media. Everything that changes it is a job on its lane, so nothing here needs a lock:
 * requests come from the main loop, "up" and "down" from the legs (on the feeder's thread) and
 * become jobs too. Only the relay's counters and first_rtp_reported are touched from outside, and
 * the timer is the main loop's. */

#include "bridge.h"

#include "bridge-private.h"
#include "media-log.h"

static const OtMediaCause own_wish = { 0 };

/* ---- events ---- */

void
ot_bridge_post (OtBridge *self, OtMediaEvent event)
{
  event.call_id = self->call_id;
  if (event.at_us == 0)
    event.at_us = ot_clock_mono_us (self->context->leg.clock);
  ot_media_bus_post (self->context->bus, &event, ot_bridge_ref (self),
                     (GDestroyNotify)ot_bridge_unref);
}

static void
post_refused (OtBridge *self, OtSide side, const OtMediaCause *cause, const char *message)
{
  ot_debug_about (OT_ABOUT (.call = self->call_id), "%s: refused: %s", ot_leg_name (side), message);
  ot_bridge_post (
      self, (OtMediaEvent){
                .type = OT_MEDIA_REFUSED, .side = side, .cause = *cause, .message = message });
}

static void
refuse (const OtBridgeRequest *request, const char *message)
{
  post_refused (request->bridge, request->side, &request->cause, message);
}

static void
post_failed (OtBridge *self, const char *message)
{
  ot_error_about (OT_ABOUT (.call = self->call_id), "media failed: %s", message);
  ot_bridge_post (self, (OtMediaEvent){ .type = OT_MEDIA_FAILED, .message = message });
}

/* The description holds the candidates too; client authors expect to see them trickle. */
static void
post_description (
    OtBridge *self, OtMediaEventType type, OtSide side, const char *sdp, const char *mid)
{
  const OtAddressList *announced = ot_forwarder_get_announced (self->forwarder);

  ot_bridge_post (self, (OtMediaEvent){ .type = type, .side = side, .sdp = sdp });
  for (guint i = 0; i < announced->n; i++) {
    g_autofree char *candidate = ot_sdp_write_candidate (announced, i);

    ot_bridge_post (self, (OtMediaEvent){ .type = OT_MEDIA_CANDIDATE,
                                          .side = side,
                                          .candidate = { candidate, mid, 0 } });
  }
}

/* ---- requests ---- */

void
ot_bridge_request_free (gpointer data)
{
  OtBridgeRequest *self = data;

  g_clear_object (&self->leg);
  g_clear_pointer (&self->recorder, ot_recorder_unref);
  g_free (self->text);
  ot_bridge_unref (self->bridge);
  g_free (self);
}

OtBridgeRequest *
ot_bridge_request_new (OtBridge *bridge, OtSide side, const char *text, OtLeg *leg)
{
  OtBridgeRequest *self = g_new0 (OtBridgeRequest, 1);

  self->bridge = ot_bridge_ref (bridge);
  self->side = side;
  self->text = g_strdup (text);
  self->leg = leg != NULL ? g_object_ref (leg) : NULL;
  return self;
}

static void
ask (OtBridge *self, OtJob job, OtSide side, const char *text, const OtMediaCause *cause)
{
  OtBridgeRequest *request = ot_bridge_request_new (self, side, text, NULL);

  request->cause = *cause;
  if (!ot_lane_push (self->lane, job, request, ot_bridge_request_free))
    post_refused (self, side, cause, "too many requests at once");
}

void
ot_bridge_push (OtBridge *self, OtJob job, OtSide side, OtLeg *leg)
{
  ot_lane_push_always (self->lane, job, ot_bridge_request_new (self, side, NULL, leg),
                       ot_bridge_request_free);
}

/* ---- the pipeline ---- */

static void
trouble_job (gpointer data)
{
  OtBridgeRequest *request = data;

  if (request->bridge->pipeline != NULL)
    post_failed (request->bridge, request->text);
}

static void
on_trouble (const char *message, gpointer user_data)
{
  OtBridge *self = user_data;

  ot_lane_push_always (self->lane, trouble_job,
                       ot_bridge_request_new (self, OT_SIDE_CALLER, message, NULL),
                       ot_bridge_request_free);
}

static void
open_job (gpointer data)
{
  OtBridge *self = ((OtBridgeRequest *)data)->bridge;
  g_autoptr (GError) error = NULL;

  self->pipeline =
      ot_call_pipeline_new (self->context->launch, self->call_id, on_trouble, ot_bridge_ref (self),
                            (GDestroyNotify)ot_bridge_unref, &error);
  if (self->pipeline == NULL) {
    post_failed (self, error->message);
    return;
  }
  for (guint side = 0; side < OT_N_SIDES; side++)
    ot_side_legs_init (&self->legs[side], self->pipeline, side);
  if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
    post_failed (self, "the call's pipeline does not start");
}

/* ---- legs ---- */

static void on_leg_up (OtLeg *leg, gint64 at_us, gpointer user_data);
static void on_leg_down (OtLeg *leg, gint64 at_us, const char *message, gpointer user_data);
static void on_leg_rtp (OtLeg *leg, gint64 arrival_us, gpointer user_data);

static const OtLegListener leg_listener = { on_leg_up, on_leg_down, on_leg_rtp };

static OtLeg *
open_leg (const OtBridgeRequest *request)
{
  OtBridge *self = request->bridge;
  OtLeg *leg = ot_side_legs_make (&self->legs[request->side]);

  if (leg != NULL)
    ot_leg_open (leg, &self->context->leg, self->forwarder, self->relay, request->side,
                 &leg_listener, self);
  else
    refuse (request, "too many offers in this call");
  return leg;
}

/* Where offers cross, the client's wins. */
static void
offer_job (gpointer data)
{
  OtBridgeRequest *request = data;
  OtBridge *self = request->bridge;
  OtSideLegs *legs = &self->legs[request->side];
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = NULL;
  OtSdp remote;
  OtLeg *leg;

  if (self->pipeline == NULL)
    return;
  if (!ot_sdp_read (&remote, request->text, TRUE, &error)) {
    refuse (request, error->message);
    return;
  }
  leg = open_leg (request);
  if (leg == NULL)
    return;
  ot_side_legs_drop_offer (legs);
  answer = ot_leg_describe (leg, &remote, &error);
  if (answer == NULL) {
    ot_side_legs_drop (legs, leg);
    refuse (request, error->message);
    return;
  }
  ot_side_legs_take (legs, leg);
  post_description (self, OT_MEDIA_ANSWER, request->side, answer, remote.mid);
}

/* The other side's number for Opus, when it is known: nothing needs rewriting then. */
static int
payload_type_to_offer (OtBridge *self, OtSide side)
{
  OtLeg *other = self->legs[ot_side_other (side)].leg;

  return other != NULL ? ot_leg_get_payload_type (other) : OT_OPUS_PAYLOAD_TYPE;
}

static void
make_offer_job (gpointer data)
{
  OtBridgeRequest *request = data;
  OtBridge *self = request->bridge;
  OtSideLegs *legs = &self->legs[request->side];
  g_autofree char *offer = NULL;

  if (self->pipeline == NULL)
    return;
  ot_side_legs_drop_offer (legs);
  legs->offered = open_leg (request);
  if (legs->offered == NULL)
    return;
  offer = ot_leg_write_offer (legs->offered, payload_type_to_offer (self, request->side));
  post_description (self, OT_MEDIA_OFFER, request->side, offer, "0");
}

/* An answer that can't be read leaves our offer open for a better one. */
static void
answer_job (gpointer data)
{
  OtBridgeRequest *request = data;
  OtBridge *self = request->bridge;
  OtSideLegs *legs = &self->legs[request->side];
  g_autoptr (GError) error = NULL;
  g_autofree char *own_answer = NULL;
  OtSdp remote;

  if (self->pipeline == NULL)
    return;
  if (legs->offered == NULL) {
    refuse (request, "sdp: an answer, but no offer of the server is open");
    return;
  }
  if (!ot_sdp_read (&remote, request->text, FALSE, &error)) {
    refuse (request, error->message);
    return;
  }
  own_answer = ot_leg_describe (legs->offered, &remote, &error);
  if (own_answer == NULL) {
    ot_side_legs_drop_offer (legs);
    refuse (request, error->message);
    return;
  }
  ot_side_legs_take (legs, g_steal_pointer (&legs->offered));
}

/* A lite agent never checks anybody, so it has no use for the client's candidates: looked at,
 * counted, forgotten. */
static void
candidate_job (gpointer data)
{
  OtBridgeRequest *request = data;
  OtBridge *self = request->bridge;
  g_autoptr (GError) error = NULL;

  if (self->pipeline == NULL)
    return;
  if (!ot_candidate_is_valid (request->text, &error))
    refuse (request, error->message);
  else if (++self->legs[request->side].n_candidates == OT_CANDIDATES_MAX + 1)
    refuse (request, "more than 64 candidates; further ones are ignored");
}

/* ---- what legs report ---- */

static void
up_job (gpointer data)
{
  OtBridgeRequest *request = data;
  OtBridge *self = request->bridge;

  if (self->pipeline == NULL)
    return;
  ot_side_legs_came_up (&self->legs[request->side], request->leg);
  ot_call_pipeline_dump (self->pipeline, GST_OBJECT_NAME (request->leg));
}

static void
down_job (gpointer data)
{
  OtBridgeRequest *request = data;

  ot_side_legs_went_down (&request->bridge->legs[request->side], request->leg);
}

static void
first_rtp_job (gpointer data)
{
  OtBridge *self = ((OtBridgeRequest *)data)->bridge;

  if (self->pipeline != NULL)
    ot_call_pipeline_dump (self->pipeline, "first-rtp");
}

static void
on_leg_up (OtLeg *leg, gint64 at_us, gpointer user_data)
{
  OtBridge *self = user_data;
  OtSide side = ot_leg_get_side (leg);

  ot_info_about (OT_ABOUT (.call = self->call_id), "%s: leg up", GST_OBJECT_NAME (leg));
  ot_bridge_push (self, up_job, side, leg); /* first: who is told may close the call */
  ot_bridge_post (self, (OtMediaEvent){ .type = OT_MEDIA_LEG_UP, .side = side, .at_us = at_us });
}

static void
on_leg_down (OtLeg *leg, gint64 at_us, const char *message, gpointer user_data)
{
  OtBridge *self = user_data;
  OtSide side = ot_leg_get_side (leg);

  ot_info_about (OT_ABOUT (.call = self->call_id), "%s: leg down: %s", GST_OBJECT_NAME (leg),
                 message);
  ot_bridge_push (self, down_job, side, leg);
  ot_bridge_post (
      self, (OtMediaEvent){
                .type = OT_MEDIA_LEG_DOWN, .side = side, .at_us = at_us, .message = message });
}

/* What starts the bill: the first packet that came while both legs were up. */
static void
on_leg_rtp (OtLeg *leg, gint64 arrival_us, gpointer user_data)
{
  OtBridge *self = user_data;
  OtMediaEvent event = { .type = OT_MEDIA_FIRST_RTP,
                         .side = ot_leg_get_side (leg),
                         .at_us = arrival_us,
                         .probed_us = ot_clock_mono_us (self->context->leg.clock) };

  if (!ot_forwarder_is_up (self->forwarder, self->relay, arrival_us)
      || atomic_exchange (&self->first_rtp_reported, TRUE))
    return;
  ot_forwarder_end_witness (self->forwarder, self->relay);
  ot_relay_read (self->relay, event.evidence);
  ot_info_about (OT_ABOUT (.call = self->call_id),
                 "%s: first RTP, proved %" G_GINT64_FORMAT " µs after it came",
                 GST_OBJECT_NAME (leg), event.probed_us - arrival_us);
  ot_bridge_push (self, first_rtp_job, event.side, NULL);
  ot_bridge_post (self, event);
}

/* ---- settling ---- */

static void
settle_job (gpointer data)
{
  OtBridge *self = ((OtBridgeRequest *)data)->bridge;

  for (guint side = 0; side < OT_N_SIDES; side++)
    if (self->legs[side].leg != NULL)
      ot_leg_settle (self->legs[side].leg);
}

static void
on_settled (gpointer user_data)
{
  OtBridge *self = user_data;

  if (atomic_load (&self->first_rtp_reported))
    ot_bridge_push (self, settle_job, OT_SIDE_CALLER, NULL);
}

/* Each event moves the instant; before the first RTP was reported the probes are needed. */
void
ot_bridge_heard (OtBridge *self, const OtMediaEvent *event)
{
  if (event->type != OT_MEDIA_LEG_UP && event->type != OT_MEDIA_FIRST_RTP)
    return;
  ot_timer_arm (&self->settling, ot_clock_mono_us (self->context->leg.clock) + OT_LEG_SETTLE_US,
                on_settled, self);
}

/* ---- life ---- */

static void
close_job (gpointer data)
{
  OtBridge *self = ((OtBridgeRequest *)data)->bridge;

  if (self->pipeline == NULL)
    return;
  ot_bridge_end_recording (self, ot_clock_mono_us (self->context->leg.clock));
  for (guint side = 0; side < OT_N_SIDES; side++)
    ot_side_legs_clear (&self->legs[side]);
  g_clear_pointer (&self->pipeline, ot_call_pipeline_free);
  ot_debug_about (OT_ABOUT (.call = self->call_id), "media closed");
}

OtBridge *
ot_bridge_new (const OtBridgeContext *context, const char *call_id)
{
  OtBridge *self = g_new0 (OtBridge, 1);

  g_atomic_ref_count_init (&self->references);
  self->context = context;
  self->call_id = g_strdup (call_id);
  self->forwarder = ot_forwarders_take (context->forwarders);
  self->lane = ot_lane_new (context->workers);
  self->relay = ot_relay_new ();
  return self;
}

OtBridge *
ot_bridge_ref (OtBridge *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
ot_bridge_unref (OtBridge *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_assert (self->pipeline == NULL);
  ot_relay_free (self->relay);
  ot_lane_unref (self->lane);
  g_free (self->call_id);
  g_free (self);
}

const char *
ot_bridge_get_call_id (const OtBridge *self)
{
  return self->call_id;
}

void
ot_bridge_open (OtBridge *self)
{
  ask (self, open_job, OT_SIDE_CALLER, NULL, &own_wish);
}

void
ot_bridge_offer (OtBridge *self, OtSide side, const char *sdp, const OtMediaCause *cause)
{
  ask (self, offer_job, side, sdp, cause);
}

void
ot_bridge_make_offer (OtBridge *self, OtSide side)
{
  ask (self, make_offer_job, side, NULL, &own_wish);
}

void
ot_bridge_answer (OtBridge *self, OtSide side, const char *sdp, const OtMediaCause *cause)
{
  ask (self, answer_job, side, sdp, cause);
}

void
ot_bridge_candidate (OtBridge *self,
                     OtSide side,
                     const OtIceCandidate *candidate,
                     const OtMediaCause *cause)
{
  ask (self, candidate_job, side, candidate->candidate, cause);
}

void
ot_bridge_read_rtp (OtBridge *self, OtRtpEvidence evidence[OT_N_SIDES])
{
  ot_relay_read (self->relay, evidence);
}

void
ot_bridge_read_quality (OtBridge *self, OtQuality quality[OT_N_SIDES])
{
  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++)
    quality[side] = ot_meter_read (&self->relay->meters[side]);
}

void
ot_bridge_fail (OtBridge *self, const char *message)
{
  post_failed (self, message);
}

void
ot_bridge_close (OtBridge *self)
{
  ot_timer_cancel (&self->settling);
  ot_forwarders_give_back (self->context->forwarders, self->forwarder);
  ot_bridge_push (self, close_job, OT_SIDE_CALLER, NULL);
}
