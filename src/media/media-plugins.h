#pragma once

#include <glib.h>

/**
 * ot_media_check_plugins:
 * @error: OT_MEDIA_ERROR_START: the missing GStreamer element and the Debian package that has it
 *
 * Initialises GStreamer. Returns: whether everything is there that a call needs
 */
gboolean ot_media_check_plugins (GError **error);

/** ot_media_version_text: (transfer full): "GStreamer 1.22.0, OpenSSL 3.0.17", as loaded. */
char *ot_media_version_text (void);
