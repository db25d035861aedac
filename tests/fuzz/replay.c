/* Gives every file of a folder to a fuzz target once: the corpus as an ordinary test, with any
 * compiler. */

#include "target.h"

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) folder = g_dir_open (argv[1], 0, &error);
  const char *name;
  guint n_files = 0;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (folder)) != NULL) {
    g_autofree char *path = g_build_filename (argv[1], name, NULL);
    g_autofree char *data = NULL;
    gsize size;

    g_file_get_contents (path, &data, &size, &error);
    g_assert_no_error (error);
    LLVMFuzzerTestOneInput ((const guint8 *)data, size);
    n_files++;
  }
  g_assert_cmpuint (n_files, >, 0);
  return 0;
}
