#pragma once

#include <glib.h>

/**
 * ot_launch_file_read:
 * @dir: (nullable): holds the file; NULL: OTOMO_PIPELINES of the environment, else as compiled in
 * @name: "call.launch"
 * @path: (out) (transfer full): where it is, for people
 *
 * A pipeline's description in gst-launch's words (pipelines/). Lines that begin with # are left
 * out: they are for people.
 *
 * Returns: (transfer full) (nullable): NULL with @error set, which names the path
 */
char *ot_launch_file_read (const char *dir, const char *name, char **path, GError **error);
