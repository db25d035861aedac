/* Joins GStreamer's log and ours. The only place that knows both level scales; they are the same
 * numbers. */

#include "media-log.h"

#include <string.h>

GST_DEBUG_CATEGORY (ot_media_category);

G_STATIC_ASSERT ((int)GST_LEVEL_ERROR == (int)OT_LOG_ERROR);
G_STATIC_ASSERT ((int)GST_LEVEL_WARNING == (int)OT_LOG_WARNING);
G_STATIC_ASSERT ((int)GST_LEVEL_INFO == (int)OT_LOG_INFO);
G_STATIC_ASSERT ((int)GST_LEVEL_DEBUG == (int)OT_LOG_DEBUG);
G_STATIC_ASSERT ((int)GST_LEVEL_LOG == (int)OT_LOG_TRACE);

/* GStreamer has compared the level with the category's threshold before. */
static void
on_gst_log (GstDebugCategory *category,
            GstDebugLevel level,
            const gchar *file,
            const gchar *function,
            gint line,
            GObject *object,
            GstDebugMessage *message,
            gpointer user_data)
{
  const char *topic = gst_debug_category_get_name (category);
  const char *text = gst_debug_message_get (message);
  gboolean is_ours = category == ot_media_category && object == NULL;
  OtLogSubject about = { .call = is_ours ? gst_debug_message_get_id (message) : NULL };
  g_autofree char *who = GST_IS_OBJECT (object) && GST_OBJECT_NAME (object) != NULL
                             ? g_strdup_printf ("<%s> ", GST_OBJECT_NAME (object))
                             : g_strdup ("");

  ot_log_write (topic, (OtLogLevel)MIN ((int)level, (int)OT_LOG_TRACE), &about, file, line, "%s%s",
                who, text);
}

void
ot_media_install_log (void)
{
  static gsize done;
  const char *levels = g_getenv ("GST_DEBUG");

  if (!g_once_init_enter (&done))
    return;
  /* Before gst_init(), which would add its own: GStreamer never frees the list that is left. */
  if (g_getenv ("GST_DEBUG_FILE") == NULL) {
    gst_debug_remove_log_function (gst_debug_log_default);
    gst_debug_add_log_function (on_gst_log, NULL, NULL);
  }
  gst_init (NULL, NULL);
  GST_DEBUG_CATEGORY_INIT (ot_media_category, "otomo-media", 0, "Otomo: media of calls");
  if (levels == NULL)
    gst_debug_set_default_threshold (GST_LEVEL_WARNING);
  if (levels == NULL || strstr (levels, "otomo") == NULL)
    gst_debug_category_set_threshold (
        ot_media_category,
        MAX (GST_LEVEL_INFO, gst_debug_category_get_threshold (ot_media_category)));
  g_once_init_leave (&done, 1);
}
