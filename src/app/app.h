#pragma once

#include <glib.h>

#include "config.h"

#define OT_APP_ERROR (g_quark_from_static_string ("ot-app-error"))
typedef enum {
  OT_APP_ERROR_STATE_DIR,  /* can't be made or written */
  OT_APP_ERROR_LEASE_LOST, /* another server has taken this one's place */
} OtAppError;

/**
 * ot_app_run:
 * @config: the settings
 * @state_dir: absolute; made if need be
 * @dev: demo people and the page
 *
 * Builds everything, prints "listening on http://ADDR:PORT" when it serves, and runs until SIGINT
 * or SIGTERM; then ends the live calls, waits for the database to have it, and takes everything
 * down in the reverse order.
 *
 * Returns: FALSE with @error (one line, for the operator) when it could not start, or lost its
 * lease while it ran
 */
gboolean ot_app_run (const OtConfig *config, const char *state_dir, gboolean dev, GError **error);
