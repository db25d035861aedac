/* A call's voices into a file. Packets wait HOLD_US for those that came out of order, then go to
 * the muxer as a track without holes; the muxer writes as soon as it has both sides' frames. */

#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <gst/app/gstappsrc.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "media-error.h"
#include "media-log.h"
#include "opus-track.h"
#include "recording-title.h"
#include "rtp-clock.h"

#define HOLD_US (200 * G_TIME_SPAN_MILLISECOND)
#define LEAST_US (20 * G_TIME_SPAN_MILLISECOND) /* an empty file is none */
#define BACKLOG_MAX_BYTES (1024 * 1024)         /* of a side: a disk that is minutes late */
#define CLOSE_PATIENCE (10 * GST_SECOND)

typedef struct {
  OtRtpClock clock;
  OtOpusTrack opus;
  GstAppSrc *source; /* owned */
} Track;

struct _OtRecorder {
  gatomicrefcount references;
  OtRecorderOptions options; /* call_id is owned */
  char *path;                /* owned; below the directory */
  char *part_path;           /* owned; absolute */
  int claim;                 /* a descriptor of the file, which holds its lock */
  OtPacketRing *ring;        /* owned */
  GstElement *pipeline;      /* owned */
  GMutex lock;               /* guards stop_us, and that nobody who has stopped us is called */
  gint64 stop_us;            /* 0: not yet */
  Track tracks[OT_N_SIDES];  /* the pump's */
  char *message;             /* owned; what went wrong; the pump's, then the archive's */
};

static const char *const source_names[] = { "user", "otomo" };

/* ---- making ---- */

static char *
make_path (const OtRecorderOptions *options)
{
  g_autoptr (GDateTime) epoch = g_date_time_new_from_unix_utc (0);
  g_autoptr (GDateTime) at = g_date_time_add (epoch, options->start_wall_us);
  g_autofree char *day = g_date_time_format (at, "%Y/%m/%d/%H%M%S");

  return g_strdup_printf ("%s.%03d-%s" OT_RECORDING_SUFFIX, day,
                          g_date_time_get_microsecond (at) / 1000, options->call_id);
}

/* As long as we live, the lock says whose the file is (ot_archive_salvage()). */
static gboolean
make_file (OtRecorder *self, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (self->part_path);

  if (g_mkdir_with_parents (directory, 0700) == 0)
    self->claim = open (self->part_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (self->claim >= 0 && flock (self->claim, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, (int)g_file_error_from_errno (errno), "%s can't be written: %s",
               self->part_path, g_strerror (errno));
  return FALSE;
}

static GstElement *
parse (const char *launch, GError **error)
{
  static const struct {
    const char *name;
    GType (*type) (void);
  } needed[] = { { "user", gst_app_src_get_type },
                 { "otomo", gst_app_src_get_type },
                 { "muxer", gst_tag_setter_get_type },
                 { "file", gst_element_get_type } };
  g_autoptr (GstElement) pipeline =
      gst_parse_launch_full (launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);

  if (pipeline == NULL)
    return NULL;
  gst_object_ref_sink (pipeline);
  for (gsize i = 0; i < G_N_ELEMENTS (needed); i++) {
    g_autoptr (GstElement) found = GST_IS_PIPELINE (pipeline)
                                       ? gst_bin_get_by_name (GST_BIN (pipeline), needed[i].name)
                                       : NULL;

    if (found != NULL && g_type_is_a (G_OBJECT_TYPE (found), needed[i].type ()))
      continue;
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START, "no %s name=%s in it",
                 g_type_name (needed[i].type ()), needed[i].name);
    return NULL;
  }
  return g_steal_pointer (&pipeline);
}

gboolean
ot_recorder_check (const char *launch, GError **error)
{
  g_autoptr (GstElement) pipeline = parse (launch, error);

  return pipeline != NULL;
}

/* The next thing that went wrong, or NULL. */
static char *
find_trouble (OtRecorder *self)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (message == NULL)
    return NULL;
  gst_message_parse_error (message, &error, NULL);
  return g_strdup (error->message);
}

static gboolean
start (OtRecorder *self, const char *launch, GError **error)
{
  const OtRecording recording = ot_recorder_describe (self);
  g_autoptr (GstElement) file = NULL;
  g_autoptr (GstElement) muxer = NULL;

  self->pipeline = parse (launch, error);
  if (self->pipeline == NULL)
    return FALSE;
  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++)
    self->tracks[side].source =
        GST_APP_SRC (gst_bin_get_by_name (GST_BIN (self->pipeline), source_names[side]));
  muxer = gst_bin_get_by_name (GST_BIN (self->pipeline), "muxer");
  ot_recording_set_title (&recording, muxer);
  file = gst_bin_get_by_name (GST_BIN (self->pipeline), "file");
  g_object_set (file, "location", self->part_path, NULL);
  if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
    return TRUE;
  self->message = find_trouble (self);
  g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START, "%s can't be written: %s",
               self->part_path,
               self->message != NULL ? self->message : "the pipeline does not start");
  return FALSE;
}

OtRecorder *
ot_recorder_new (const char *launch,
                 const char *dir,
                 const OtRecorderOptions *options,
                 GError **error)
{
  OtRecorder *self = g_new0 (OtRecorder, 1);
  g_autofree char *part = NULL;

  g_atomic_ref_count_init (&self->references);
  g_mutex_init (&self->lock);
  self->claim = -1;
  self->options = *options;
  self->options.call_id = g_strdup (options->call_id);
  self->ring = ot_packet_ring_new ();
  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++)
    ot_opus_track_init (&self->tracks[side].opus, options->start_us);
  self->path = make_path (options);
  part = g_strconcat (self->path, OT_RECORDING_PART, NULL);
  self->part_path = g_build_filename (dir, part, NULL);
  if (make_file (self, error) && start (self, launch, error))
    return self;
  ot_recorder_unref (self);
  return NULL;
}

OtRecorder *
ot_recorder_ref (OtRecorder *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
ot_recorder_unref (OtRecorder *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  if (self->pipeline != NULL)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++) {
    gst_clear_object (&self->tracks[side].source);
    ot_opus_track_clear (&self->tracks[side].opus);
  }
  gst_clear_object (&self->pipeline);
  ot_packet_ring_free (self->ring);
  if (self->claim >= 0)
    close (self->claim);
  self->options.destroy (self->options.user_data);
  g_free ((char *)self->options.call_id);
  g_free (self->message);
  g_free (self->part_path);
  g_free (self->path);
  g_mutex_clear (&self->lock);
  g_free (self);
}

OtPacketRing *
ot_recorder_get_ring (OtRecorder *self)
{
  return self->ring;
}

OtRecording
ot_recorder_describe (const OtRecorder *self)
{
  return (OtRecording){ .path = self->path,
                        .call_id = self->options.call_id,
                        .started_us = self->options.start_wall_us };
}

const char *
ot_recorder_get_part_path (const OtRecorder *self)
{
  return self->part_path;
}

void
ot_recorder_stop (OtRecorder *self, gint64 at_us)
{
  g_mutex_lock (&self->lock);
  self->stop_us = MAX (at_us, self->options.start_us + LEAST_US);
  g_mutex_unlock (&self->lock);
}

/* ---- pumping ---- */

static void
take_packets (OtRecorder *self)
{
  OtVoicePacket packet;
  guint8 payload[OT_PACKET_PAYLOAD_MAX];

  while (ot_packet_ring_pop (self->ring, &packet, payload)) {
    Track *track = &self->tracks[packet.side];
    gint64 at_us =
        ot_rtp_clock_place (&track->clock, packet.source, packet.timestamp, packet.arrival_us);

    ot_opus_track_put (&track->opus, at_us, payload, packet.size);
  }
}

static void
push_frames (OtRecorder *self, Track *track, gint64 until_us)
{
  OtOpusFrame *frame;

  while ((frame = ot_opus_track_take (&track->opus, until_us)) != NULL) {
    GstBuffer *buffer = gst_buffer_new_wrapped_bytes (frame->data);

    GST_BUFFER_PTS (buffer) = (GstClockTime)(frame->at_us - self->options.start_us) * GST_USECOND;
    GST_BUFFER_DURATION (buffer) = (GstClockTime)frame->duration_us * GST_USECOND;
    gst_app_src_push_buffer (track->source, buffer);
    ot_opus_frame_free (frame);
  }
}

static gboolean
is_backed_up (OtRecorder *self)
{
  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++)
    if (gst_app_src_get_current_level_bytes (self->tracks[side].source) > BACKLOG_MAX_BYTES)
      return TRUE;
  return FALSE;
}

static gint64
read_stop (OtRecorder *self)
{
  gint64 stop_us;

  g_mutex_lock (&self->lock);
  stop_us = self->stop_us;
  g_mutex_unlock (&self->lock);
  return stop_us;
}

/* Whom it is told may be gone as soon as it has stopped us, so the lock is held meanwhile. */
static void
report_trouble (OtRecorder *self)
{
  g_mutex_lock (&self->lock);
  if (self->stop_us == 0)
    self->options.trouble (self, self->message, self->options.user_data);
  g_mutex_unlock (&self->lock);
}

gboolean
ot_recorder_pump (OtRecorder *self, gint64 now_us)
{
  gint64 stop_us = read_stop (self); /* first: what is in the ring then is all */
  gint64 until_us = stop_us != 0 ? stop_us : now_us - HOLD_US;

  take_packets (self);
  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++)
    push_frames (self, &self->tracks[side], until_us);
  self->message = find_trouble (self);
  if (self->message == NULL && is_backed_up (self))
    self->message = g_strdup ("the disk does not keep up");
  if (self->message != NULL)
    report_trouble (self);
  if (self->message == NULL && stop_us != 0)
    for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++)
      gst_app_src_end_of_stream (self->tracks[side].source);
  return self->message == NULL && stop_us == 0;
}

/* ---- closing ---- */

static char *
wait_for_end (OtRecorder *self)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_autoptr (GstMessage) message =
      gst_bus_timed_pop_filtered (bus, CLOSE_PATIENCE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (message == NULL)
    return g_strdup ("the disk does not keep up");
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return NULL;
  gst_message_parse_error (message, &error, NULL);
  return g_strdup (error->message);
}

void
ot_recorder_close (OtRecorder *self, gint64 *length_us, char **message)
{
  gint64 end_us =
      MIN (self->tracks[OT_SIDE_CALLER].opus.next_us, self->tracks[OT_SIDE_CALLEE].opus.next_us);
  guint64 dropped = ot_packet_ring_get_dropped (self->ring);

  if (self->message == NULL)
    self->message = wait_for_end (self);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  if (dropped > 0)
    ot_warning_about (OT_ABOUT (.call = self->options.call_id),
                      "recording %s lacks %" G_GUINT64_FORMAT " packets: the machine is too busy",
                      self->path, dropped);
  *length_us = end_us - self->options.start_us;
  *message = g_strdup (self->message);
}
