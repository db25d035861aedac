#pragma once

#include <libsoup/soup.h>

/** OtHealthAsk: whether a new call would be taken now. */
typedef gboolean (*OtHealthAsk) (gpointer user_data);

/**
 * ot_health_add:
 * @is_ready: asked at each /readyz
 *
 * GET /healthz: 200, the process lives and its loop turns. GET /readyz: 200 when a new call would
 * be taken, 503 otherwise. Both say so
 * as JSON, and no more: anybody may ask.
 *
 * Thread: main loop.
 */
void ot_health_add (SoupServer *server, OtHealthAsk is_ready, gpointer user_data);
