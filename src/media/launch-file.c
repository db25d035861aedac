/* Where descriptions of pipelines come from. */

#include "launch-file.h"

#include <gio/gio.h>

#define FOLDER "/otomo/pipelines/"

GResource *ot_pipelines_get_resource (void); /* generated from pipelines/ */

static char *
read_text (const char *dir, const char *name, char **path, GError **error)
{
  const char *set = dir != NULL ? dir : g_getenv ("OTOMO_PIPELINES");
  g_autofree char *resource = g_strconcat (FOLDER, name, NULL);
  g_autoptr (GBytes) built_in = NULL;
  char *text = NULL;

  if (set != NULL) {
    *path = g_build_filename (set, name, NULL);
    return g_file_get_contents (*path, &text, NULL, error) ? text : NULL;
  }
  *path = g_strdup_printf ("%s (built in)", name);
  built_in = g_resource_lookup_data (ot_pipelines_get_resource (), resource, 0, NULL);
  g_assert (built_in != NULL);
  return g_strdup (g_bytes_get_data (built_in, NULL)); /* ends with NUL */
}

char *
ot_launch_file_read (const char *dir, const char *name, char **path, GError **error)
{
  g_autoptr (GRegex) comment = g_regex_new ("^\\s*#.*$", G_REGEX_MULTILINE, 0, NULL);
  g_autofree char *text = read_text (dir, name, path, error);

  return text != NULL ? g_regex_replace_literal (comment, text, -1, 0, "", 0, error) : NULL;
}
