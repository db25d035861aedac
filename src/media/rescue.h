#pragma once

#include "recording.h"

/**
 * ot_rescue:
 * @from: a recording that nobody has closed; it may be cut off anywhere, and stays as it is
 * @to: what is whole of it, packet for packet, as if it had been closed: with title, duration and
 * index; what was there is overwritten
 * @error: GStreamer's, or OT_MEDIA_ERROR_ENGINE: no answer within a minute; @to is of no use then
 */
gboolean ot_rescue (const OtRecording *recording, const char *from, const char *to, GError **error);
