/* What a recording's file says of itself. */

#include "recording-title.h"

/* No space in it: 1.22's muxer writes quotes and backslashes for one. */
void
ot_recording_set_title (const OtRecording *self, GstElement *muxer)
{
  g_autoptr (GDateTime) epoch = g_date_time_new_from_unix_utc (0);
  g_autoptr (GDateTime) at = g_date_time_add (epoch, self->started_us);
  g_autofree char *instant = g_date_time_format (at, "%Y-%m-%dT%H:%M:%SZ");
  g_autofree char *title = g_strdup_printf ("%s/%s", self->call_id, instant);

  gst_tag_setter_add_tags (GST_TAG_SETTER (muxer), GST_TAG_MERGE_REPLACE, GST_TAG_TITLE, title,
                           NULL);
}
