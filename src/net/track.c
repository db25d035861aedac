/* A session without its connection. Sends nothing itself. */

#include "track.h"

#include <sys/random.h>

#define ID_BYTES 16

static char *
random_id (void)
{
  guchar bytes[ID_BYTES];
  GString *text = g_string_new (NULL);
  gssize got = getrandom (bytes, sizeof bytes, 0);

  g_assert (got == sizeof bytes); /* as random(4) promises for up to 256 bytes */
  for (guint i = 0; i < sizeof bytes; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  return g_string_free (text, FALSE);
}

OtTrack *
ot_track_new (OtFormat format)
{
  OtTrack *self = g_new0 (OtTrack, 1);

  self->id = random_id ();
  self->format = format;
  if (format == OT_FORMAT_ENVELOPE)
    self->replay = ot_replay_new (OT_TRACK_MESSAGES, OT_TRACK_BYTES);
  return self;
}

void
ot_track_free (OtTrack *self)
{
  g_clear_pointer (&self->replay, ot_replay_free);
  g_free (self->user_id);
  g_free (self->id);
  g_free (self);
}

char *
ot_track_write (OtTrack *self, const OtOut *event)
{
  char *message = ot_codec_encode (self->format, event, ++self->sent_count);

  if (self->replay != NULL)
    ot_replay_put (self->replay, message);
  return message;
}
