/* Order, and time that nobody spoke in. Pure. */

#include "opus-track.h"

#define LATE_US 10000 /* overlaps that short are pushed back instead of dropped */
#define PACKET_MAX_US 120000
#define FRAMES_MAX 48
#define FRAME_MAX_BYTES 1275

/* Frames without data, by length: CELT, full band, mono, one frame (RFC 6716, table 2). */
static const struct {
  gint64 duration_us;
  guint8 toc;
} fillers[] = { { 20000, 0xf8 }, { 10000, 0xf0 }, { 5000, 0xe8 }, { 2500, 0xe0 } };

/* ---- packets (RFC 6716, 3) ---- */

/* What is left of a packet that is being read. */
typedef struct {
  const guint8 *data;
  gsize size;
} Rest;

static gboolean
take_byte (Rest *self, guint *byte)
{
  if (self->size == 0)
    return FALSE;
  *byte = *self->data++;
  self->size--;
  return TRUE;
}

/* A frame's length, in one byte or two (3.2.1), and the frame itself. */
static gboolean
skip_frame (Rest *self)
{
  guint length;
  guint more;

  if (!take_byte (self, &length))
    return FALSE;
  if (length >= 252) {
    if (!take_byte (self, &more))
      return FALSE;
    length += 4 * more;
  }
  if (length > self->size)
    return FALSE;
  self->size -= length; /* lengths stand before all frames: only how much is left counts */
  return TRUE;
}

/* Padding stands at the end; its length in bytes of which 255 says that another one follows. */
static gboolean
skip_padding (Rest *self)
{
  guint length;

  do {
    if (!take_byte (self, &length) || MIN (length, 254) > self->size)
      return FALSE;
    self->size -= MIN (length, 254);
  } while (length == 255);
  return TRUE;
}

static gboolean
are_equal_frames (const Rest *rest, guint count)
{
  return rest->size % count == 0 && rest->size / count <= FRAME_MAX_BYTES;
}

/* @count: (out): of frames. FALSE: it is malformed (3.4). */
static gboolean
read_frames (Rest rest, guint code, guint *count)
{
  guint header;

  *count = code == 0 ? 1 : 2;
  if (code < 2)
    return are_equal_frames (&rest, *count);
  if (code == 3) {
    if (!take_byte (&rest, &header))
      return FALSE;
    *count = header & 0x3f;
    if (*count == 0 || *count > FRAMES_MAX || ((header & 0x40) != 0 && !skip_padding (&rest)))
      return FALSE;
    if ((header & 0x80) == 0)
      return are_equal_frames (&rest, *count);
  }
  for (guint i = 1; i < *count; i++)
    if (!skip_frame (&rest))
      return FALSE;
  return rest.size <= FRAME_MAX_BYTES;
}

gint64
ot_opus_duration_us (const guint8 *data, gsize size)
{
  static const gint64 silk_us[] = { 10000, 20000, 40000, 60000 };
  Rest rest = { data, size };
  guint toc;
  guint config;
  gint64 frame_us;
  guint count;

  if (!take_byte (&rest, &toc) || !read_frames (rest, toc & 3, &count))
    return 0;
  config = toc >> 3;
  if (config < 12)
    frame_us = silk_us[config & 3];
  else if (config < 16)
    frame_us = silk_us[config & 1];
  else
    frame_us = 2500 << (config & 3);
  return frame_us * count <= PACKET_MAX_US ? frame_us * count : 0;
}

/* ---- the track ---- */

static OtOpusFrame *
frame_new (gint64 at_us, gint64 duration_us, const guint8 *data, gsize size)
{
  OtOpusFrame *self = g_new0 (OtOpusFrame, 1);

  self->at_us = at_us;
  self->duration_us = duration_us;
  self->data = g_bytes_new (data, size);
  return self;
}

void
ot_opus_frame_free (OtOpusFrame *self)
{
  if (self == NULL)
    return;
  g_bytes_unref (self->data);
  g_free (self);
}

void
ot_opus_track_init (OtOpusTrack *self, gint64 from_us)
{
  self->next_us = from_us;
  g_queue_init (&self->waiting);
}

void
ot_opus_track_clear (OtOpusTrack *self)
{
  g_queue_clear_full (&self->waiting, (GDestroyNotify)ot_opus_frame_free);
}

gboolean
ot_opus_track_put (OtOpusTrack *self, gint64 at_us, const guint8 *data, gsize size)
{
  gint64 duration_us = ot_opus_duration_us (data, size);
  GList *before = self->waiting.tail;

  if (duration_us == 0 || at_us < self->next_us - LATE_US
      || self->waiting.length >= OT_OPUS_TRACK_MAX)
    return FALSE;
  while (before != NULL && ((OtOpusFrame *)before->data)->at_us > at_us)
    before = before->prev;
  g_queue_insert_after (&self->waiting, before, frame_new (at_us, duration_us, data, size));
  return TRUE;
}

/* Twice the same packet, or one whose place another took. */
static void
drop_late (OtOpusTrack *self)
{
  OtOpusFrame *head;

  while ((head = g_queue_peek_head (&self->waiting)) != NULL
         && head->at_us < self->next_us - LATE_US)
    ot_opus_frame_free (g_queue_pop_head (&self->waiting));
}

static OtOpusFrame *
fill (OtOpusTrack *self, gint64 gap_us, gint64 least_us)
{
  for (gsize i = 0; i < G_N_ELEMENTS (fillers) && fillers[i].duration_us >= least_us; i++)
    if (fillers[i].duration_us <= gap_us)
      return frame_new (self->next_us, fillers[i].duration_us, &fillers[i].toc, 1);
  return NULL;
}

OtOpusFrame *
ot_opus_track_take (OtOpusTrack *self, gint64 until_us)
{
  OtOpusFrame *head;
  OtOpusFrame *frame;

  drop_late (self);
  head = g_queue_peek_head (&self->waiting);
  if (head != NULL && head->at_us < until_us) {
    frame = fill (self, head->at_us - self->next_us, 0);
    if (frame == NULL)
      frame = g_queue_pop_head (&self->waiting);
  } else {
    frame = fill (self, until_us - self->next_us, fillers[0].duration_us);
  }
  if (frame == NULL)
    return NULL;
  frame->at_us = MAX (frame->at_us, self->next_us);
  self->next_us = frame->at_us + frame->duration_us;
  return frame;
}
