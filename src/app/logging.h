#pragma once

#include "config.h"

/** ot_logging_start: levels from GST_DEBUG and log.debug; one stream for GStreamer's log and ours.
 * Before all else. */
void ot_logging_start (const OtConfig *config);

/** ot_logging_set_levels: of our topics and of GStreamer's categories, otomo-media among them, as
 * ot_log_set_levels() says. After ot_logging_start(). */
void ot_logging_set_levels (const char *levels);

/** ot_logging_set_format: @format: log.format; of all lines from now on. */
void ot_logging_set_format (const char *format);

/** ot_logging_stop: GStreamer's end, after everything else: GST_TRACERS=leaks tells here what is
 * left. */
void ot_logging_stop (void);
