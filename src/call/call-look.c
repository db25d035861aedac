/* Looking at a call: what has come true since somebody last looked, in the media, the clock, the
 * connections and the database's silence. Finds events and brings them to call.c; sets no state
 * itself. */

#include "announce.h"
#include "call-private.h"
#include "log.h"

static OtWatchFinding
watch (const OtCall *self, gint64 at_us)
{
  const OtMediaPort *media = &self->ports->media;
  OtRtpEvidence evidence[OT_N_SIDES] = { 0 };
  OtWatchView view = { .reconnecting = self->state == OT_CALL_RECONNECTING,
                       .connected_us = self->connected_us };

  media->read_rtp (media->self, self->id, evidence);
  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++) {
    view.last_rtp_us[side] = evidence[side].last_us;
    view.lost_since_us[side] = self->party[side].lost_since_us;
  }
  return ot_rtp_watch (&view, &self->settings.watch, at_us);
}

static void
look_at_media (OtCall *self, gint64 at_us)
{
  static const OtCallEvent events[] = {
    [OT_WATCH_PAUSED] = OT_EV_RTP_PAUSED,
    [OT_WATCH_BACK] = OT_EV_RTP_BACK,
    [OT_WATCH_STOPPED] = OT_EV_RTP_STOPPED,
    [OT_WATCH_LOST] = OT_EV_LOST_TIMEOUT,
  };

  while (ot_call_state_is_talking (self->state)) {
    OtWatchFinding found = watch (self, at_us);
    if (found.verdict == OT_WATCH_NOTHING)
      break;
    ot_call_charge_due (self, found.at_us); /* what fell due before the silence was long enough */
    ot_call_handle_own (self, events[found.verdict], OT_BY_SERVER, found.at_us);
  }
}

static void
look_at_caller (OtCall *self, gint64 at_us)
{
  gint64 lost_us = self->party[OT_SIDE_CALLER].lost_since_us;

  if (self->state == OT_CALL_RINGING && lost_us != 0
      && at_us - lost_us >= self->settings.watch.lost_timeout_us)
    ot_call_handle_own (self, OT_EV_CONNECTION_GONE, OT_BY_CALLER, at_us);
}

/* A page that was reloaded sends nothing any more; one whose socket only blinked still does (DTX:
 * each 400 ms). */
#define MEDIA_GONE_US (500 * G_TIME_SPAN_MILLISECOND)

/* Whoever came back without media sets it up afresh. */
static void
look_at_returned (OtCall *self, gint64 at_us)
{
  const OtMediaPort *media = &self->ports->media;
  OtRtpEvidence evidence[OT_N_SIDES] = { 0 };

  media->read_rtp (media->self, self->id, evidence);
  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++) {
    OtParty *party = &self->party[side];
    if (party->returned_us == 0)
      continue;
    if (evidence[side].last_us > party->returned_us + MEDIA_GONE_US) {
      party->returned_us = 0;
    } else if (at_us - evidence[side].last_us > MEDIA_GONE_US) {
      party->returned_us = 0;
      ot_negotiation_restart (&self->negotiation, side);
      ot_announce_signaling_start (self, side);
      ot_call_offer_if_wanted (self);
    }
  }
}

gint64
ot_call_record_lag_us (const OtCall *self, gint64 at_us)
{
  gint64 since_us = ot_outbox_waiting_since_us (self->outbox);

  return since_us != 0 ? at_us - since_us : 0;
}

static void
look_at_database (OtCall *self, gint64 at_us)
{
  if (ot_call_record_lag_us (self, at_us) < self->settings.database_timeout_us
      || !ot_call_state_is_live (self->state))
    return;
  ot_warning_about (OT_ABOUT (.call = self->id),
                    "the database has not answered for too long, the call ends");
  ot_call_handle_own (self, OT_EV_FAULT, OT_BY_SERVER, at_us);
}

void
ot_call_look (OtCall *self, gint64 at_us)
{
  look_at_media (self, at_us);
  ot_call_charge_due (self, at_us);
  if (ot_call_state_is_live (self->state))
    look_at_returned (self, at_us);
  look_at_caller (self, at_us);
  look_at_database (self, at_us);
}
