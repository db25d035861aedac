/* Where the log's levels come from. Apart from app.c, since media-log.h turns the log macros into
 * GStreamer's. */

#include "logging.h"

#include "log.h"
#include "media-log.h"

void
ot_logging_start (const OtConfig *config)
{
  const char *gst_debug = g_getenv ("GST_DEBUG");

  ot_logging_set_format (config->log_format);
  ot_log_take_glib ();
  if (gst_debug != NULL)
    ot_log_set_levels (gst_debug);
  ot_media_install_log (); /* GStreamer reads GST_DEBUG itself */
  if (config->log_debug != NULL)
    ot_logging_set_levels (config->log_debug);
}

void
ot_logging_set_format (const char *format)
{
  ot_log_set_form (g_str_equal (format, "json")      ? OT_LOG_FORM_JSON
                   : g_str_equal (format, "journal") ? OT_LOG_FORM_JOURNAL
                                                     : OT_LOG_FORM_TEXT);
}

void
ot_logging_set_levels (const char *levels)
{
  ot_log_set_levels (levels);
  gst_debug_set_threshold_from_string (levels, FALSE);
}

void
ot_logging_stop (void)
{
  gst_deinit ();
}
