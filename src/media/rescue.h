#pragma once

#include "recording.h"

/**
 * ot_rescue:
 * @recording: whose it is, for the title
 * @from: a recording that nobody has closed; it may be cut off anywhere, and stays as it is
 * @to: what is whole of it, packet for packet, as if it had been closed: with title, duration and
 * index; what was there is overwritten
 * @error: GStreamer's, or OT_MEDIA_ERROR_ENGINE: no answer within a minute; @to is of no use then
 *
 * Reads and writes all of it, so it takes its time. Thread: the archive's.
 */
gboolean ot_rescue (const OtRecording *recording, const char *from, const char *to, GError **error);
