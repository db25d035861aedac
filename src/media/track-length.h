#pragma once

#include <glib.h>

/** ot_track_length: @path: a Matroska file, which may be cut off anywhere; @length_us: (out): the
 * end of its last whole packet. Reads all of it. FALSE: there is none in it. */
gboolean ot_track_length (const char *path, gint64 *length_us);
