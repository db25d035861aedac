/* A recording for people's ears. GStreamer does all of it; its tools would do the same with this
 * text. */

#include "mix.h"

#include <glib/gstdio.h>
#include <gst/gst.h>

#define LOOK_INTERVAL (100 * GST_MSECOND)

#define VOICE                                                                                      \
  " ! queue ! opusdec ! audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=1 ! "       \
  "audiopanorama panorama="

static const char launch[] = "filesrc name=from ! matroskademux name=tracks "
                             "tracks.audio_0" VOICE "-1 ! mixer. "
                             "tracks.audio_1" VOICE "1 ! mixer. "
                             "audiomixer name=mixer ! audioconvert ! opusenc bitrate=96000 ! "
                             "oggmux ! filesink name=to";

static void
set_location (GstElement *pipeline, const char *name, const char *location)
{
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (pipeline), name);

  g_object_set (element, "location", location, NULL);
}

static void
show (CtlProgress *progress, GstElement *pipeline, gboolean is_over)
{
  gint64 position, duration;

  if (is_over)
    ctl_progress_set (progress, 1, 1);
  else if (gst_element_query_position (pipeline, GST_FORMAT_TIME, &position)
           && gst_element_query_duration (pipeline, GST_FORMAT_TIME, &duration))
    ctl_progress_set (progress, position, duration);
}

gboolean
ctl_mix (const char *from, const char *to, CtlProgress *progress, GError **error)
{
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  gst_init (NULL, NULL);
  pipeline = gst_parse_launch_full (launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (pipeline == NULL)
    return FALSE;
  gst_object_ref_sink (pipeline);
  set_location (pipeline, "from", from);
  set_location (pipeline, "to", to);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  do {
    message = gst_bus_timed_pop_filtered (bus, LOOK_INTERVAL, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    show (progress, pipeline, message != NULL);
  } while (message == NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return TRUE;
  gst_message_parse_error (message, error, NULL);
  g_unlink (to);
  return FALSE;
}
