/* What the media server says, as the call's events and as descriptions for people. */

#include "announce.h"
#include "call-private.h"
#include "log.h"

void
ot_call_offer_if_wanted (OtCall *self)
{
  const OtMediaPort *media = &self->ports->media;

  if (ot_call_state_is_live (self->state) && ot_negotiation_begin_offer (&self->negotiation))
    media->make_offer (media->self, self->id, OT_SIDE_CALLEE);
}

static void
on_server_answer (OtCall *self, const OtMediaEvent *event)
{
  OtOut answer = { OT_OUT_WEBRTC_ANSWER,
                   .webrtc_answer = { .call_id = self->id,
                                      .from_user_id =
                                          self->party[ot_side_other (event->side)].user_id,
                                      .answer = { "answer", event->sdp } } };

  ot_announce_to (self, event->side, &answer);
  ot_call_offer_if_wanted (self);
}

static void
on_server_offer (OtCall *self, const OtMediaEvent *event)
{
  OtOut offer = { OT_OUT_WEBRTC_OFFER,
                  .webrtc_offer = { .call_id = self->id,
                                    .from_user_id =
                                        self->party[ot_side_other (event->side)].user_id,
                                    .offer = { "offer", event->sdp } } };

  if (ot_negotiation_server_offer (&self->negotiation, event->side))
    ot_announce_to (self, event->side, &offer);
}

static void
on_server_candidate (OtCall *self, const OtMediaEvent *event)
{
  OtOut candidate = { OT_OUT_ICE_CANDIDATE,
                      .ice_candidate = { .call_id = self->id,
                                         .from_user_id =
                                             self->party[ot_side_other (event->side)].user_id,
                                         .candidate = event->candidate,
                                         .has_candidate = event->candidate.candidate != NULL } };

  ot_announce_to (self, event->side, &candidate);
}

/* A refused candidate changes nothing; what another device sent is not this one's to know. */
static void
on_media_refused (OtCall *self, const OtMediaEvent *event)
{
  const OtMediaCause *cause = &event->cause;
  const OtParty *party = &self->party[event->side];
  OtOut error = { OT_OUT_ERROR, .error = { .code = ot_code_name (OT_CODE_MEDIA_ERROR),
                                           .message = event->message,
                                           .original_event = cause->event,
                                           .call_id = self->id,
                                           .original_sequence = cause->sequence,
                                           .has_original_sequence = cause->sequence != 0 } };

  if (cause->event == NULL)
    ot_negotiation_no_offer (&self->negotiation, event->side);
  else if (!g_str_equal (cause->event, ot_call_event_name (OT_EV_CANDIDATE)))
    ot_negotiation_refused (&self->negotiation, event->side, cause->number);
  if (cause->event == NULL || cause->device == party->device)
    ot_announce_to (self, event->side, &error);
  if (cause->event != NULL)
    ot_call_note_refusal (self->ports, self, self->id, party->user_id, cause->event,
                          OT_CODE_MEDIA_ERROR);
}

/* The first time that both are up; what a leg is replaced by later is another matter. */
static void
on_leg_up (OtCall *self, const OtMediaEvent *event)
{
  guint before = self->legs_up;

  self->legs_up |= 1u << event->side;
  if (self->legs_up != before && self->legs_up == (1u << OT_N_SIDES) - 1)
    ot_histogram_add (&self->ports->figures->setup_us, event->at_us - self->accepted_us, 1);
  ot_info_about (OT_ABOUT (.call = self->id), "the %s's leg is up",
                 event->side == OT_SIDE_CALLER ? "caller" : "callee");
}

static void
on_first_rtp (OtCall *self, const OtMediaEvent *event)
{
  OtCallInput input = {
    .event = OT_EV_FIRST_RTP, .by = OT_BY_SERVER, .at_us = event->at_us, .evidence = event->evidence
  };

  ot_call_handle (self, &input, NULL);
}

/* Out of season it is ignored, but for the fact. */
static void
on_recording (OtCall *self, const OtMediaEvent *event)
{
  OtCallInput input = { .event =
                            event->recording_on ? OT_EV_RECORDING_BEGAN : OT_EV_RECORDING_ENDED,
                        .by = OT_BY_SERVER,
                        .at_us = event->at_us,
                        .detail = event->message };

  self->recording = event->recording_on;
  ot_call_handle (self, &input, NULL);
}

/* Its word was on the way while time went on: what was charged or found since stands, and the end
 * is not before that. */
static void
on_failed (OtCall *self, const OtMediaEvent *event)
{
  gint64 at_us = MAX (event->at_us, self->talked_until_us);

  ot_error_about (OT_ABOUT (.call = self->id), "media failed: %s", event->message);
  if (self->billing.units_taken > 0)
    at_us = MAX (at_us, ot_billing_due_us (&self->billing, self->billing.units_taken));
  ot_call_look (self, at_us);
  ot_call_handle_own (self, OT_EV_FAULT, OT_BY_SERVER, at_us);
}

void
ot_call_on_media (OtCall *self, const OtMediaEvent *event)
{
  if (!ot_call_state_is_live (self->state))
    return;
  switch (event->type) {
  case OT_MEDIA_ANSWER:
    on_server_answer (self, event);
    break;
  case OT_MEDIA_OFFER:
    on_server_offer (self, event);
    break;
  case OT_MEDIA_CANDIDATE:
    on_server_candidate (self, event);
    break;
  case OT_MEDIA_REFUSED:
    on_media_refused (self, event);
    break;
  case OT_MEDIA_LEG_UP:
    on_leg_up (self, event);
    break;
  case OT_MEDIA_LEG_DOWN:
    ot_info_about (OT_ABOUT (.call = self->id), "the %s's leg is down: %s",
                   event->side == OT_SIDE_CALLER ? "caller" : "callee", event->message);
    break;
  case OT_MEDIA_FIRST_RTP:
    on_first_rtp (self, event);
    break;
  case OT_MEDIA_RECORDING:
    on_recording (self, event);
    break;
  case OT_MEDIA_FAILED:
    on_failed (self, event);
    break;
  case OT_MEDIA_FILE:
  case OT_MEDIA_FILE_GONE:
  default:
    g_assert_not_reached ();
  }
}
