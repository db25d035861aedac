#pragma once

#include <libsoup/soup.h>

#include "store.h"

/**
 * ot_health_add:
 * @store: borrowed, as long as the server serves
 *
 * GET /healthz: 200, the process lives and its loop turns. GET /readyz: 200 when a new call would
 * be taken, 503 while the database is away or something waits too long for its answer. Both say so
 * as JSON, and no more: anybody may ask.
 *
 * Thread: main loop.
 */
void ot_health_add (SoupServer *server, OtStore *store);
