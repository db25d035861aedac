/* A queue of sessions, oldest first. It is short enough (max_sessions) to be walked through. */

#include "parking.h"

struct _OtParking {
  const OtNetLimits *limits; /* borrowed */
  OtParkingGone gone;
  gpointer user_data;
  GQueue tracks; /* of OtTrack, owned; in the order of their loss */
};

OtParking *
ot_parking_new (const OtNetLimits *limits, OtParkingGone gone, gpointer user_data)
{
  OtParking *self = g_new0 (OtParking, 1);

  self->limits = limits;
  self->gone = gone;
  self->user_data = user_data;
  g_queue_init (&self->tracks);
  return self;
}

void
ot_parking_free (OtParking *self)
{
  g_queue_clear_full (&self->tracks, (GDestroyNotify)ot_track_free);
  g_free (self);
}

static void
drop (OtParking *self, GList *link)
{
  g_autoptr (OtTrack) track = link->data;

  g_queue_delete_link (&self->tracks, link);
  self->gone (track, self->user_data);
}

static gboolean
is_of (const OtTrack *track, const char *user_id)
{
  return user_id == NULL || g_str_equal (track->user_id, user_id);
}

static gsize
count_bytes (const OtParking *self)
{
  gsize bytes = 0;

  for (GList *l = self->tracks.head; l != NULL; l = l->next)
    bytes += ot_replay_get_bytes (((OtTrack *)l->data)->replay);
  return bytes;
}

static void
keep_limits (OtParking *self)
{
  while (self->tracks.length > self->limits->max_parked
         || (self->tracks.length > 0 && count_bytes (self) > self->limits->max_parked_bytes))
    drop (self, self->tracks.head);
}

static void
keep_limit_of_person (OtParking *self, const char *user_id)
{
  GList *oldest = NULL;
  guint n = 0;

  for (GList *l = self->tracks.tail; l != NULL; l = l->prev)
    if (is_of (l->data, user_id)) {
      oldest = l;
      n++;
    }
  if (n > self->limits->max_devices)
    drop (self, oldest);
}

void
ot_parking_put (OtParking *self, OtTrack *track, gint64 now_us)
{
  g_assert (track->replay != NULL && track->user_id != NULL);
  track->lost_us = now_us;
  g_queue_push_tail (&self->tracks, track);
  keep_limit_of_person (self, track->user_id);
  keep_limits (self);
}

static GList *
find (const OtParking *self, const char *session_id)
{
  for (GList *l = self->tracks.head; l != NULL; l = l->next)
    if (g_str_equal (((OtTrack *)l->data)->id, session_id))
      return l;
  return NULL;
}

OtTrack *
ot_parking_take (OtParking *self, const char *session_id, const char *user_id)
{
  GList *link = find (self, session_id);
  OtTrack *track;

  if (link == NULL || !is_of (link->data, user_id))
    return NULL;
  track = link->data;
  g_queue_delete_link (&self->tracks, link);
  return track;
}

void
ot_parking_send (OtParking *self, const char *session_id, const OtOut *event)
{
  GList *link = find (self, session_id);

  if (link == NULL)
    return;
  g_free (ot_track_write (link->data, event));
  keep_limits (self);
}

void
ot_parking_send_user (OtParking *self,
                      const char *user_id,
                      const char *except_session_id,
                      const OtOut *event)
{
  for (GList *l = self->tracks.head; l != NULL; l = l->next) {
    OtTrack *track = l->data;
    if (is_of (track, user_id) && g_strcmp0 (track->id, except_session_id) != 0)
      g_free (ot_track_write (track, event));
  }
  keep_limits (self);
}

void
ot_parking_expire (OtParking *self, gint64 now_us)
{
  while (self->tracks.length > 0
         && now_us - ((OtTrack *)self->tracks.head->data)->lost_us > self->limits->resume_window_us)
    drop (self, self->tracks.head);
}

void
ot_parking_drop_user (OtParking *self, const char *user_id)
{
  for (GList *l = self->tracks.head; l != NULL;) {
    GList *next = l->next;
    if (is_of (l->data, user_id))
      drop (self, l);
    l = next;
  }
}

guint
ot_parking_n_sessions (const OtParking *self)
{
  return self->tracks.length;
}
