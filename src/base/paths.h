#pragma once

#include <glib.h>

/**
 * ot_default_state_dir:
 *
 * Where the server keeps its state, and where otomoctl looks for it, when nobody says:
 * $OTOMO_STATE_DIR, else $STATE_DIRECTORY (systemd), else /var/lib/otomo for root, else
 * $XDG_STATE_HOME/otomo.
 *
 * Returns: (transfer full)
 */
char *ot_default_state_dir (void);

/** ot_admin_socket_path: the admin API's socket in a state directory. Returns: (transfer full) */
char *ot_admin_socket_path (const char *state_dir);
