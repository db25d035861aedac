#pragma once

#include <glib.h>

/** OT_ID_MAX: the longest id, in bytes (PROTOCOL.md section 3). */
#define OT_ID_MAX 64

/**
 * ot_id_valid:
 * @text: (nullable): a user, call, channel or session id
 *
 * Returns: whether it is 1 to 64 characters of A-Za-z0-9_.:-
 */
gboolean ot_id_valid (const char *text);
