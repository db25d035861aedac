#pragma once

#include <gio/gio.h>

/**
 * SECTION:origins
 *
 * Whose pages may connect. A browser names the page's origin with each WebSocket that it opens (RFC
 * 6455, section 10.2), as scheme, host and port (RFC 6454, section 6.2); no page can make it say
 * something else. A client that is no browser names none and is let in: it could say anything.
 *
 * Pure.
 */

/**
 * ot_origins_parse:
 * @text: (nullable): origins, separated by spaces
 *
 * Returns: (transfer full) (nullable): NULL for none; NULL with a %G_IO_ERROR_INVALID_ARGUMENT
 * whose message names the first one that no browser would ever say so
 */
char **ot_origins_parse (const char *text, GError **error);

/**
 * ot_origins_allow:
 * @origins: (nullable): NULL: any
 * @origin: (nullable): from a client; NULL: it names none
 */
gboolean ot_origins_allow (char **origins, const char *origin);
