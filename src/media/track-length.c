/* How long a file is that nobody has closed: its packets say so. */

#include "track-length.h"

#include <gst/gst.h>

#define PATIENCE (60 * GST_SECOND)

static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstClockTime end = GST_BUFFER_PTS (buffer)
                     + (GST_BUFFER_DURATION_IS_VALID (buffer) ? GST_BUFFER_DURATION (buffer) : 0);
  gint64 *length_us = data;

  if (GST_BUFFER_PTS_IS_VALID (buffer))
    *length_us = MAX (*length_us, (gint64)(end / GST_USECOND));
  return GST_PAD_PROBE_OK;
}

gboolean
ot_track_length (const char *path, gint64 *length_us)
{
  g_autoptr (GstElement) pipeline = gst_object_ref_sink (
      gst_parse_launch ("filesrc name=file ! matroskademux ! funnel name=all ! "
                        "fakesink sync=false",
                        NULL));
  g_autoptr (GstElement) file = gst_bin_get_by_name (GST_BIN (pipeline), "file");
  g_autoptr (GstElement) all = gst_bin_get_by_name (GST_BIN (pipeline), "all");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (all, "src");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  *length_us = 0;
  g_object_set (file, "location", path, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_packet, length_us, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, PATIENCE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return *length_us > 0;
}
