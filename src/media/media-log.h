#pragma once

#include <gst/gst.h>

#include "log.h"

/**
 * SECTION:media-log
 *
 * The log macros of base/log.h, in this folder on a real GStreamer category ("otomo-media"), so
 * that GST_DEBUG and all of GStreamer's tools see it as one of their own. Every .c file of media/
 * that logs includes this header.
 */

GST_DEBUG_CATEGORY_EXTERN (ot_media_category);

#undef ot_error
#undef ot_warning
#undef ot_info
#undef ot_debug
#undef ot_trace
#undef ot_error_about
#undef ot_warning_about
#undef ot_info_about
#undef ot_debug_about
#undef ot_trace_about
#define ot_error(...) GST_CAT_ERROR (ot_media_category, __VA_ARGS__)
#define ot_warning(...) GST_CAT_WARNING (ot_media_category, __VA_ARGS__)
#define ot_info(...) GST_CAT_INFO (ot_media_category, __VA_ARGS__)
#define ot_debug(...) GST_CAT_DEBUG (ot_media_category, __VA_ARGS__)
#define ot_trace(...) GST_CAT_LOG (ot_media_category, __VA_ARGS__)

/* About a call; media knows no sessions and no events. GStreamer's own writer shows <ID>. */
#define ot_media_log_about(level, about, ...)                                                      \
  GST_CAT_LEVEL_LOG_ID (ot_media_category, level, (about)->call, __VA_ARGS__)
#define ot_error_about(about, ...) ot_media_log_about (GST_LEVEL_ERROR, about, __VA_ARGS__)
#define ot_warning_about(about, ...) ot_media_log_about (GST_LEVEL_WARNING, about, __VA_ARGS__)
#define ot_info_about(about, ...) ot_media_log_about (GST_LEVEL_INFO, about, __VA_ARGS__)
#define ot_debug_about(about, ...) ot_media_log_about (GST_LEVEL_DEBUG, about, __VA_ARGS__)
#define ot_trace_about(about, ...) ot_media_log_about (GST_LEVEL_LOG, about, __VA_ARGS__)

/**
 * ot_media_install_log:
 *
 * Registers the category (level INFO unless GST_DEBUG names otomo's; without GST_DEBUG GStreamer's
 * warnings are shown too) and sends GStreamer's whole log through the writer of base/log.h, so that
 * the program's log is one stream of one form. When GST_DEBUG_FILE is set, GStreamer's own writer
 * stays, and its file gets what it always gets. Initialises GStreamer. Calling it again does
 * nothing.
 *
 * Thread: main, before others run.
 */
void ot_media_install_log (void);
