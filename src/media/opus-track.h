#pragma once

#include <glib.h>

/**
 * OtOpusTrack:
 *
 * One voice as a track without holes: packets go in as they come, and come out in order, each at
 * its instant. Where none came, frames without data take its place, as Opus has for what was not
 * sent (RFC 6716, 3.2.1: a frame of length 0): a decoder conceals, and every player keeps the time.
 * A packet that comes after its place was given away, and what is no Opus, is dropped; as is the
 * newest when OT_OPUS_TRACK_MAX wait.
 *
 * Pure. Instants are µs on whatever clock the caller uses.
 */
typedef struct {
  gint64 next_us; /* where the track ends now */
  GQueue waiting; /* of OtOpusFrame, owned, by instant */
} OtOpusTrack;

#define OT_OPUS_TRACK_MAX 256

/** OtOpusFrame: one packet of the track. */
typedef struct {
  gint64 at_us;
  gint64 duration_us;
  GBytes *data; /* owned */
} OtOpusFrame;

/** ot_opus_frame_free: NULL is fine. */
void ot_opus_frame_free (OtOpusFrame *self);

void ot_opus_track_init (OtOpusTrack *self, gint64 from_us);
void ot_opus_track_clear (OtOpusTrack *self);

/** ot_opus_track_put: Returns: FALSE when it was dropped. */
gboolean ot_opus_track_put (OtOpusTrack *self, gint64 at_us, const guint8 *data, gsize size);

/**
 * ot_opus_track_take:
 * @until_us: earlier than this nothing will be put in any more
 *
 * Returns: (transfer full) (nullable): the next one that begins before @until_us
 */
OtOpusFrame *ot_opus_track_take (OtOpusTrack *self, gint64 until_us);

/** ot_opus_duration_us: of a packet; 0: it is no Opus that a decoder takes (RFC 6716, 3.1, 3.4). */
gint64 ot_opus_duration_us (const guint8 *data, gsize size);
