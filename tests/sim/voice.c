/* Voices: two sides that talk, fall silent and talk again. A packet comes each 20 ms. */

#include "city.h"

#define PACKET_US (20 * G_TIME_SPAN_MILLISECOND)

typedef struct {
  City *city;
  int call; /* number */
  struct {
    gboolean flows;
    gint64 since_us; /* it flows, or has been silent */
    gint64 last_us;  /* the last packet before that; 0: none */
  } side[OT_N_SIDES];
  gint64 up_us;     /* the first packet */
  gint64 broken_us; /* 0: it is whole */
  guint group;      /* its plans */
} Voice;

static guint next_group = 1u << 20; /* above every life of a server */

static Voice *
find (City *city, int call)
{
  return (guint)call < city->voices->len ? city->voices->pdata[call] : NULL;
}

static gint64
last_packet_us (const Voice *self, OtSide side, gint64 now_us)
{
  if (!self->side[side].flows)
    return self->side[side].last_us;
  return now_us - (now_us - self->side[side].since_us) % PACKET_US;
}

static void
set_flow (Voice *self, OtSide side, gboolean flows)
{
  gint64 now_us = world_now_us (self->city->world);

  self->side[side].last_us = last_packet_us (self, side, now_us);
  if (!flows)
    g_array_append_val (self->city->silences->pdata[self->call], self->side[side].last_us);
  self->side[side].flows = flows;
  self->side[side].since_us = now_us;
}

static void plan_change (Voice *self, OtSide side);

static void
change (Voice *self, OtSide side)
{
  set_flow (self, side, !self->side[side].flows);
  plan_change (self, side);
}

static void
on_change_of_caller (gpointer data)
{
  change (data, OT_SIDE_CALLER);
}

static void
on_change_of_callee (gpointer data)
{
  change (data, OT_SIDE_CALLEE);
}

/* Silences: mostly short, some that pause a call, some that end it. */
static void
plan_change (Voice *self, OtSide side)
{
  World *world = self->city->world;
  const OtWatchLimits *limits = &self->city->settings.watch;
  gint64 after_us = world_until (world, 40 * 60 * (gint64)G_USEC_PER_SEC);

  if (!self->side[side].flows)
    after_us = world_percent (world, 45)   ? world_between (world, 0, limits->rtp_pause_us)
               : world_percent (world, 85) ? world_between (world, 0, limits->rtp_timeout_us)
                                           : world_between (world, 0, 3 * limits->rtp_timeout_us);
  world_plan (world, after_us, self->group,
              side == OT_SIDE_CALLER ? on_change_of_caller : on_change_of_callee, self, NULL);
}

/* The event reaches the loop a little after the packet. */
static void
on_proof (gpointer data)
{
  Voice *self = data;
  char call_id[16];
  OtMediaEvent event = { .type = OT_MEDIA_FIRST_RTP, .call_id = call_id };

  g_snprintf (call_id, sizeof call_id, "c%d", self->call);
  if (world_is_stalled (self->city->world)) {
    world_plan (self->city->world, G_USEC_PER_SEC / 10, self->group, on_proof, self, NULL);
    return;
  }
  event.at_us = self->up_us;
  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++)
    event.evidence[side] =
        (OtRtpEvidence){ .ssrc = side + 1, .first_us = event.at_us, .last_us = event.at_us };
  if (self->city->registry != NULL)
    ot_registry_on_media (&event, self->city->registry);
}

/* What the server hears when it runs again. */
static void
on_broken (gpointer data)
{
  Voice *self = data;
  City *city = self->city;
  char call_id[16];
  OtMediaEvent event = {
    .type = OT_MEDIA_FAILED, .call_id = call_id, .at_us = self->broken_us, .message = "broken"
  };

  g_snprintf (call_id, sizeof call_id, "c%d", self->call);
  if (world_is_stalled (city->world))
    world_plan (city->world, G_USEC_PER_SEC / 10, self->group, on_broken, self, NULL);
  else if (city->registry != NULL)
    ot_registry_on_media (&event, city->registry);
}

void
voice_break (City *city)
{
  for (guint i = 0; i < city->voices->len; i++) {
    Voice *self = city->voices->pdata[i];
    if (self == NULL || self->broken_us != 0)
      continue;
    self->broken_us = world_now_us (city->world);
    world_plan (city->world, world_between (city->world, 0, PACKET_US), self->group, on_broken,
                self, NULL);
    return;
  }
}

static void
on_up (gpointer data)
{
  Voice *self = data;

  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++)
    if (world_percent (self->city->world, 98)) { /* a few never say a word */
      set_flow (self, side, TRUE);
      plan_change (self, side);
    }
  self->up_us = world_now_us (self->city->world);
  world_plan (self->city->world, world_between (self->city->world, 0, PACKET_US), self->group,
              on_proof, self, NULL);
}

static void
open_voice (gpointer data, const char *call_id)
{
  City *city = data;
  Voice *self = g_new0 (Voice, 1);

  *self = (Voice){ .city = city, .call = city_call_number (call_id), .group = next_group++ };
  if (city->voices->len <= (guint)self->call)
    g_ptr_array_set_size (city->voices, self->call + 1);
  city->voices->pdata[self->call] = self;
  if (city->silences->len <= (guint)self->call)
    g_ptr_array_set_size (city->silences, self->call + 1);
  city->silences->pdata[self->call] = g_array_new (FALSE, FALSE, sizeof (gint64));
  if (world_percent (city->world, 95))
    world_plan (city->world,
                world_between (city->world, 0,
                               40 * G_USEC_PER_SEC / (world_percent (city->world, 90) ? 100 : 1)),
                self->group, on_up, self, NULL);
}

static void
ignore_description (
    gpointer self, const char *call_id, OtSide side, const char *sdp, const OtMediaCause *cause)
{
}

static void
ignore_offer (gpointer self, const char *call_id, OtSide side)
{
}

static void
ignore_candidate (gpointer self,
                  const char *call_id,
                  OtSide side,
                  const OtIceCandidate *candidate,
                  const OtMediaCause *cause)
{
}

static void
ignore_record (gpointer self, const char *call_id, gint64 start_us, gint64 start_wall_us)
{
}

static void
ignore_stop_record (gpointer self, const char *call_id)
{
}

static gboolean
read_rtp (gpointer data, const char *call_id, OtRtpEvidence evidence[OT_N_SIDES])
{
  City *city = data;
  Voice *self = find (city, city_call_number (call_id));

  if (self == NULL)
    return FALSE;
  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++)
    evidence[side] =
        (OtRtpEvidence){ .last_us = last_packet_us (self, side, world_now_us (city->world)) };
  return TRUE;
}

static void
read_load (gpointer data, OtMediaLoad *load)
{
  *load = (OtMediaLoad){ 0 };
}

static gboolean
read_quality (gpointer data, const char *call_id, OtQuality quality[OT_N_SIDES])
{
  return FALSE;
}

gboolean
voice_fell_silent_at (City *city, int call, gint64 at_us)
{
  const GArray *silences = (guint)call < city->silences->len ? city->silences->pdata[call] : NULL;

  for (guint i = silences != NULL ? silences->len : 0; i > 0; i--)
    if (g_array_index (silences, gint64, i - 1) == at_us)
      return TRUE;
  return FALSE;
}

static void
end (Voice *self)
{
  world_forget (self->city->world, self->group);
  self->city->voices->pdata[self->call] = NULL;
  g_free (self);
}

void
voice_close_all (City *city)
{
  for (guint i = 0; i < city->voices->len; i++)
    if (city->voices->pdata[i] != NULL)
      end (city->voices->pdata[i]);
}

static void
close_voice (gpointer data, const char *call_id)
{
  City *city = data;
  Voice *self = find (city, city_call_number (call_id));

  if (self != NULL)
    end (self);
}

OtMediaPort
voice_port (City *self)
{
  return (OtMediaPort){ self,          open_voice,         ignore_description,
                        ignore_offer,  ignore_description, ignore_candidate,
                        ignore_record, ignore_stop_record, read_rtp,
                        read_quality,  read_load,          close_voice };
}
