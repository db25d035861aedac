/* Places that the server and otomoctl have to agree on. */

#include "paths.h"

#include <unistd.h>

char *
ot_default_state_dir (void)
{
  const char *given = g_getenv ("OTOMO_STATE_DIR");
  const char *systemd = g_getenv ("STATE_DIRECTORY");

  if (given != NULL && given[0] != '\0')
    return g_strdup (given);
  if (systemd != NULL && systemd[0] != '\0')
    return g_strdup (systemd);
  if (geteuid () == 0)
    return g_strdup ("/var/lib/otomo");
  return g_build_filename (g_get_user_state_dir (), "otomo", NULL);
}

char *
ot_admin_socket_path (const char *state_dir)
{
  return g_build_filename (state_dir, "admin.sock", NULL);
}
