/* One call's media. Everything that changes it is a job on its lane, so nothing here needs a lock:
 * requests come from the main loop, "up" and "down" from the legs (on the feeder's thread) and
 * become jobs too. Only the relay's counters and first_rtp_reported are touched from outside. */

#include "bridge.h"

#include "media-error.h"
#include "media-log.h"

typedef struct {
  OtLeg *leg;     /* owned (nullable): carries the side's voice, or will as the first */
  OtLeg *next;    /* owned (nullable): being set up to replace it */
  OtLeg *offered; /* owned (nullable): our offer is out, not answered yet */
  guint n_legs;   /* made so far */
  guint n_candidates;
} Side;

struct _OtBridge {
  gatomicrefcount references;
  const OtBridgeContext *context;
  char *call_id;
  OtLane *lane;   /* owned */
  OtRelay *relay; /* owned */
  atomic_bool first_rtp_reported;

  GstElement *pipeline; /* owned; NULL: not open, failed, or closed */
  Side sides[OT_N_SIDES];
};

/* A request on its way to the lane; also what a leg reports. */
typedef struct {
  OtBridge *bridge; /* owned */
  OtSide side;
  char *text; /* owned (nullable) */
  OtLeg *leg; /* owned (nullable) */
} Request;

static const char *const leg_names[OT_N_SIDES] = { "user", "otomo" };

/* ---- events ---- */

static void
post (OtBridge *self, OtMediaEvent event)
{
  event.call_id = self->call_id;
  if (event.at_us == 0)
    event.at_us = ot_clock_mono_us (self->context->leg.clock);
  ot_media_bus_post (self->context->bus, &event, ot_bridge_ref (self),
                     (GDestroyNotify)ot_bridge_unref);
}

static void
post_refused (OtBridge *self, OtSide side, const char *message)
{
  ot_debug ("%s %s: refused: %s", self->call_id, leg_names[side], message);
  post (self, (OtMediaEvent){ .type = OT_MEDIA_REFUSED, .side = side, .message = message });
}

static void
post_failed (OtBridge *self, const char *message)
{
  ot_error ("%s: media failed: %s", self->call_id, message);
  post (self, (OtMediaEvent){ .type = OT_MEDIA_FAILED, .message = message });
}

/* The description holds the candidate too; client authors expect to see one trickle. */
static void
post_description (
    OtBridge *self, OtMediaEventType type, OtSide side, const char *sdp, const char *mid)
{
  g_autofree char *candidate = ot_sdp_write_candidate (&self->context->leg.announced);

  post (self, (OtMediaEvent){ .type = type, .side = side, .sdp = sdp });
  post (self, (OtMediaEvent){
                  .type = OT_MEDIA_CANDIDATE, .side = side, .candidate = { candidate, mid, 0 } });
}

/* ---- requests ---- */

static void
request_free (gpointer data)
{
  Request *self = data;

  g_clear_object (&self->leg);
  g_free (self->text);
  ot_bridge_unref (self->bridge);
  g_free (self);
}

static Request *
request_new (OtBridge *bridge, OtSide side, const char *text, OtLeg *leg)
{
  Request *self = g_new0 (Request, 1);

  self->bridge = ot_bridge_ref (bridge);
  self->side = side;
  self->text = g_strdup (text);
  self->leg = leg != NULL ? g_object_ref (leg) : NULL;
  return self;
}

static void
push (OtBridge *self, OtJob job, OtSide side, const char *text)
{
  if (!ot_lane_push (self->lane, job, request_new (self, side, text, NULL), request_free))
    post_refused (self, side, "too many requests at once");
}

static void
push_report (OtBridge *self, OtJob job, OtSide side, OtLeg *leg)
{
  ot_lane_push_always (self->lane, job, request_new (self, side, NULL, leg), request_free);
}

/* ---- the pipeline ---- */

static void
dump_graph (OtBridge *self, const char *occasion)
{
  g_autofree char *name = g_strdup_printf ("otomo-%s-%s", self->call_id, occasion);

  if (self->pipeline != NULL)
    GST_DEBUG_BIN_TO_DOT_FILE (GST_BIN (self->pipeline), GST_DEBUG_GRAPH_SHOW_ALL, name);
}

static OtLeg *
find_leg (GstElement *pipeline, OtSide side)
{
  GstElement *found = gst_bin_get_by_name (GST_BIN (pipeline), leg_names[side]);

  if (found != NULL && !OT_IS_LEG (found))
    g_clear_pointer (&found, gst_object_unref);
  return found != NULL ? OT_LEG (found) : NULL;
}

GstElement *
ot_bridge_parse (const char *launch, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (GstElement) pipeline =
      gst_parse_launch_full (launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &failure);

  if (pipeline == NULL) {
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START, "%s", failure->message);
    return NULL;
  }
  gst_object_ref_sink (pipeline);
  for (guint side = 0; side < OT_N_SIDES; side++) {
    g_autoptr (OtLeg) leg = GST_IS_PIPELINE (pipeline) ? find_leg (pipeline, side) : NULL;

    if (leg != NULL)
      continue;
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START, "no \"otleg name=%s\" in it",
                 leg_names[side]);
    return NULL;
  }
  return g_steal_pointer (&pipeline);
}

static void
fail_job (gpointer data)
{
  Request *request = data;

  if (request->bridge->pipeline != NULL)
    post_failed (request->bridge, request->text);
}

static GstObject *
find_leg_above (GstObject *source)
{
  GstObject *above = source != NULL ? gst_object_ref (source) : NULL;

  while (above != NULL && !OT_IS_LEG (above)) {
    GstObject *parent = gst_object_get_parent (above);

    gst_object_unref (above);
    above = parent;
  }
  return above;
}

/* In the thread that posted it. Trouble of a leg is reported by the leg (its DTLS state changes
 * too); trouble of anything else ends the call's media. */
static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  OtBridge *self = user_data;
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_autoptr (GstObject) leg = find_leg_above (GST_MESSAGE_SRC (message));

    gst_message_parse_error (message, &error, NULL);
    if (leg != NULL)
      ot_info ("%s %s: %s", self->call_id, GST_OBJECT_NAME (leg), error->message);
    else
      ot_lane_push_always (self->lane, fail_job,
                           request_new (self, OT_SIDE_CALLER, error->message, NULL), request_free);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* A bus that nobody polls: every message is handled where it is posted. */
static void
attach_bus (OtBridge *self)
{
  g_autoptr (GstBus) bus = g_object_new (GST_TYPE_BUS, "enable-async", FALSE, NULL);

  gst_object_ref_sink (bus);
  gst_bus_set_sync_handler (bus, on_message, ot_bridge_ref (self), (GDestroyNotify)ot_bridge_unref);
  gst_element_set_bus (self->pipeline, bus);
}

static void
open_job (gpointer data)
{
  OtBridge *self = ((Request *)data)->bridge;
  g_autofree char *name = g_strdup_printf ("call-%s", self->call_id);
  g_autoptr (GError) error = NULL;

  self->pipeline = ot_bridge_parse (self->context->launch, &error);
  if (self->pipeline == NULL) {
    post_failed (self, error->message);
    return;
  }
  gst_object_set_name (GST_OBJECT (self->pipeline), name);
  attach_bus (self);
  for (guint side = 0; side < OT_N_SIDES; side++)
    self->sides[side].leg = find_leg (self->pipeline, side);
  if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
    post_failed (self, "the call's pipeline does not start");
}

/* ---- legs ---- */

static void on_leg_up (OtLeg *leg, gint64 at_us, gpointer user_data);
static void on_leg_down (OtLeg *leg, gint64 at_us, const char *message, gpointer user_data);
static void on_leg_rtp (OtLeg *leg, gint64 arrival_us, gpointer user_data);

static const OtLegListener leg_listener = { on_leg_up, on_leg_down, on_leg_rtp };

static void
drop_leg (OtBridge *self, OtLeg **place)
{
  if (*place == NULL)
    return;
  ot_leg_close (*place);
  if (GST_OBJECT_PARENT (*place) == GST_OBJECT (self->pipeline)) {
    gst_element_set_locked_state (GST_ELEMENT (*place), TRUE);
    gst_element_set_state (GST_ELEMENT (*place), GST_STATE_NULL);
    gst_bin_remove (GST_BIN (self->pipeline), GST_ELEMENT (*place));
  }
  g_clear_object (place);
}

/* The side's first leg stands in the pipeline's description; further ones are made beside it. */
static OtLeg *
make_leg (OtBridge *self, OtSide side)
{
  Side *place = &self->sides[side];
  OtLeg *leg;

  if (place->n_legs++ == 0) {
    leg = g_steal_pointer (&place->leg);
  } else {
    g_autofree char *name = g_strdup_printf ("%s-%u", leg_names[side], place->n_legs);

    leg = g_object_ref_sink (g_object_new (OT_TYPE_LEG, "name", name, NULL));
    gst_bin_add (GST_BIN (self->pipeline), GST_ELEMENT (leg));
    gst_element_sync_state_with_parent (GST_ELEMENT (leg));
  }
  ot_leg_open (leg, &self->context->leg, self->relay, side, &leg_listener, self);
  return leg;
}

/* A described leg takes the place that is its: beside one that is up, instead of one that is not.
 */
static void
place_leg (OtBridge *self, OtSide side, OtLeg *leg)
{
  Side *place = &self->sides[side];

  drop_leg (self, &place->next);
  if (place->leg != NULL && ot_leg_is_up (place->leg)) {
    place->next = leg;
    return;
  }
  drop_leg (self, &place->leg);
  place->leg = leg;
}

static void
offer_job (gpointer data)
{
  Request *request = data;
  OtBridge *self = request->bridge;
  Side *place = &self->sides[request->side];
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = NULL;
  OtSdp remote;
  OtLeg *leg;

  if (self->pipeline == NULL)
    return;
  if (!ot_sdp_read (&remote, request->text, TRUE, &error)) {
    post_refused (self, request->side, error->message);
    return;
  }
  if (place->n_legs == OT_LEGS_MAX) {
    post_refused (self, request->side, "too many offers in this call");
    return;
  }
  drop_leg (self, &place->offered); /* offers crossed: the client's wins */
  leg = make_leg (self, request->side);
  answer = ot_leg_describe (leg, &remote, &error);
  if (answer == NULL) {
    drop_leg (self, &leg);
    post_refused (self, request->side, error->message);
    return;
  }
  place_leg (self, request->side, leg);
  post_description (self, OT_MEDIA_ANSWER, request->side, answer, remote.mid);
}

/* Where the other side's number for Opus is known, offering the same saves nothing but rewriting;
 * still it is tidy. */
static int
payload_type_to_offer (OtBridge *self, OtSide side)
{
  Side *other = &self->sides[ot_side_other (side)];
  int payload_type = other->leg != NULL ? ot_leg_get_payload_type (other->leg) : -1;

  return payload_type >= 0 ? payload_type : OT_OPUS_PAYLOAD_TYPE;
}

static void
make_offer_job (gpointer data)
{
  Request *request = data;
  OtBridge *self = request->bridge;
  Side *place = &self->sides[request->side];
  g_autofree char *offer = NULL;

  if (self->pipeline == NULL || place->n_legs == OT_LEGS_MAX)
    return;
  drop_leg (self, &place->offered);
  place->offered = make_leg (self, request->side);
  offer = ot_leg_write_offer (place->offered, payload_type_to_offer (self, request->side));
  post_description (self, OT_MEDIA_OFFER, request->side, offer, "0");
}

/* An answer that can't be read leaves our offer open for a better one. */
static void
answer_job (gpointer data)
{
  Request *request = data;
  OtBridge *self = request->bridge;
  Side *place = &self->sides[request->side];
  g_autoptr (GError) error = NULL;
  g_autofree char *own_answer = NULL;
  OtSdp remote;

  if (self->pipeline == NULL)
    return;
  if (place->offered == NULL) {
    post_refused (self, request->side, "sdp: an answer, but no offer of the server is open");
    return;
  }
  if (!ot_sdp_read (&remote, request->text, FALSE, &error)) {
    post_refused (self, request->side, error->message);
    return;
  }
  own_answer = ot_leg_describe (place->offered, &remote, &error);
  if (own_answer == NULL) {
    drop_leg (self, &place->offered);
    post_refused (self, request->side, error->message);
    return;
  }
  place_leg (self, request->side, g_steal_pointer (&place->offered));
}

/* A lite agent never checks anybody, so it has no use for the client's candidates: looked at,
 * counted, forgotten. */
static void
candidate_job (gpointer data)
{
  Request *request = data;
  OtBridge *self = request->bridge;
  g_autoptr (GError) error = NULL;

  if (self->pipeline == NULL)
    return;
  if (!ot_candidate_is_valid (request->text, &error))
    post_refused (self, request->side, error->message);
  else if (++self->sides[request->side].n_candidates == OT_CANDIDATES_MAX + 1)
    post_refused (self, request->side, "more than 64 candidates; further ones are ignored");
}

/* ---- what legs report ---- */

static void
up_job (gpointer data)
{
  Request *request = data;
  OtBridge *self = request->bridge;
  Side *place = &self->sides[request->side];

  if (request->leg == place->next) {
    drop_leg (self, &place->leg);
    place->leg = g_steal_pointer (&place->next);
  }
  dump_graph (self, GST_OBJECT_NAME (request->leg));
}

static void
down_job (gpointer data)
{
  Request *request = data;
  Side *place = &request->bridge->sides[request->side];

  if (request->leg == place->next)
    drop_leg (request->bridge, &place->next);
  else if (request->leg == place->leg)
    drop_leg (request->bridge, &place->leg);
}

static void
first_rtp_job (gpointer data)
{
  dump_graph (((Request *)data)->bridge, "first-rtp");
}

static void
on_leg_up (OtLeg *leg, gint64 at_us, gpointer user_data)
{
  OtBridge *self = user_data;
  OtSide side = ot_leg_get_side (leg);

  ot_info ("%s %s: leg up", self->call_id, GST_OBJECT_NAME (leg));
  post (self, (OtMediaEvent){ .type = OT_MEDIA_LEG_UP, .side = side, .at_us = at_us });
  push_report (self, up_job, side, leg);
}

static void
on_leg_down (OtLeg *leg, gint64 at_us, const char *message, gpointer user_data)
{
  OtBridge *self = user_data;
  OtSide side = ot_leg_get_side (leg);

  ot_info ("%s %s: leg down: %s", self->call_id, GST_OBJECT_NAME (leg), message);
  post (self, (OtMediaEvent){
                  .type = OT_MEDIA_LEG_DOWN, .side = side, .at_us = at_us, .message = message });
  push_report (self, down_job, side, leg);
}

/* What starts the bill: the first packet that came while both legs were up. */
static void
on_leg_rtp (OtLeg *leg, gint64 arrival_us, gpointer user_data)
{
  OtBridge *self = user_data;
  OtMediaEvent event = { .type = OT_MEDIA_FIRST_RTP,
                         .side = ot_leg_get_side (leg),
                         .at_us = arrival_us };

  if (!ot_forwarder_is_up (self->context->leg.forwarder, self->relay, arrival_us)
      || atomic_exchange (&self->first_rtp_reported, TRUE))
    return;
  ot_forwarder_end_witness (self->context->leg.forwarder, self->relay);
  ot_relay_read (self->relay, event.evidence);
  ot_info ("%s %s: first RTP", self->call_id, GST_OBJECT_NAME (leg));
  post (self, event);
  push_report (self, first_rtp_job, event.side, NULL);
}

/* ---- life ---- */

static void
close_job (gpointer data)
{
  OtBridge *self = ((Request *)data)->bridge;

  for (guint side = 0; side < OT_N_SIDES; side++) {
    drop_leg (self, &self->sides[side].offered);
    drop_leg (self, &self->sides[side].next);
    drop_leg (self, &self->sides[side].leg);
  }
  if (self->pipeline == NULL)
    return;
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_element_set_bus (self->pipeline, NULL); /* the bus holds us */
  g_clear_pointer (&self->pipeline, gst_object_unref);
  ot_debug ("%s: media closed", self->call_id);
}

OtBridge *
ot_bridge_new (const OtBridgeContext *context, const char *call_id)
{
  OtBridge *self = g_new0 (OtBridge, 1);

  g_atomic_ref_count_init (&self->references);
  self->context = context;
  self->call_id = g_strdup (call_id);
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
  push (self, open_job, OT_SIDE_CALLER, NULL);
}

void
ot_bridge_offer (OtBridge *self, OtSide side, const char *sdp)
{
  push (self, offer_job, side, sdp);
}

void
ot_bridge_make_offer (OtBridge *self, OtSide side)
{
  push (self, make_offer_job, side, NULL);
}

void
ot_bridge_answer (OtBridge *self, OtSide side, const char *sdp)
{
  push (self, answer_job, side, sdp);
}

void
ot_bridge_candidate (OtBridge *self, OtSide side, const OtCandidate *candidate)
{
  push (self, candidate_job, side, candidate->candidate);
}

void
ot_bridge_read_rtp (OtBridge *self, OtRtpEvidence evidence[OT_N_SIDES])
{
  ot_relay_read (self->relay, evidence);
}

void
ot_bridge_fail (OtBridge *self, const char *message)
{
  post_failed (self, message);
}

void
ot_bridge_close (OtBridge *self)
{
  push_report (self, close_job, OT_SIDE_CALLER, NULL);
}
