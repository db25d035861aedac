#pragma once

#include "codec.h"
#include "replay.h"

/** OtTrack: what makes a session, apart from its connection: its id, its person, its numbering, and
 * (envelope) what it was sent last. Goes from one connection to the next. */
typedef struct {
  char *id;      /* owned; random, 128 bits */
  char *user_id; /* owned; NULL: not authenticated */
  OtFormat format;
  gint64 sent_count; /* events sent; the number of the last */
  OtReplay *replay;  /* (nullable) owned; NULL: flat, can't be taken up again */
  gint64 lost_us;    /* when it was parked, monotonic */
} OtTrack;

/* What a session keeps for its return. */
#define OT_TRACK_MESSAGES 2048
#define OT_TRACK_BYTES (256 * 1024)

OtTrack *ot_track_new (OtFormat format);
void ot_track_free (OtTrack *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OtTrack, ot_track_free)

/** ot_track_write: gives the event its number and keeps it. Returns: (transfer full): the message
 */
char *ot_track_write (OtTrack *self, const OtOut *event);
