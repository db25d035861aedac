#pragma once

#include <libsoup/soup.h>

/** OtHealth: what a new call needs. */
typedef struct {
  gboolean database; /* it answers, and the calls are this server's */
  gboolean media;    /* the media threads turn */
  gboolean busy;     /* the loop stood still, or voice or the books waited */
  gboolean draining; /* the server is about to stop */
} OtHealth;

/** OtHealthAsk: how it stands now. */
typedef OtHealth (*OtHealthAsk) (gpointer user_data);

/**
 * ot_health_add:
 * @ask: asked at each /readyz
 *
 * GET /healthz: 200, the process lives and its loop turns. GET /readyz: 200 when a new call would
 * be taken, 503 otherwise, and what of it is amiss. Both as JSON, and no more: anybody may ask.
 *
 * Thread: main loop.
 */
void ot_health_add (SoupServer *server, OtHealthAsk ask, gpointer user_data);
