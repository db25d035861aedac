/* Writes a file that a killed server left once more, since only a muxer's end writes what stands at
 * the end. */

#include "rescue.h"

#include "media-error.h"
#include "recording-title.h"

#define PATIENCE (60 * GST_SECOND)

/* The queues hold what one track is ahead of the other in the file, which is a cluster at most. */
#define QUEUE " ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=10000000000 ! "

static const char launch[] = "filesrc name=from ! matroskademux name=tracks "
                             "tracks.audio_0" QUEUE "muxer.audio_0 "
                             "tracks.audio_1" QUEUE "muxer.audio_1 "
                             "matroskamux name=muxer writing-app=otomo ! filesink name=to";

static void
set_location (GstElement *pipeline, const char *name, const char *location)
{
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (pipeline), name);

  g_object_set (element, "location", location, NULL);
}

static gboolean
run (GstElement *pipeline, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, PATIENCE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (message == NULL)
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_ENGINE, "the disk does not keep up");
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, error, NULL);
  return message != NULL && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
}

gboolean
ot_rescue (const OtRecording *recording, const char *from, const char *to, GError **error)
{
  g_autoptr (GstElement) pipeline =
      gst_parse_launch_full (launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  g_autoptr (GstElement) muxer = NULL;

  if (pipeline == NULL)
    return FALSE;
  gst_object_ref_sink (pipeline);
  muxer = gst_bin_get_by_name (GST_BIN (pipeline), "muxer");
  ot_recording_set_title (recording, muxer);
  set_location (pipeline, "from", from);
  set_location (pipeline, "to", to);
  return run (pipeline, error);
}
