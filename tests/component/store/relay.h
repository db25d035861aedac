#pragma once

#include <gio/gio.h>

/**
 * SECTION:relay
 *
 * A Unix socket between the store and PostgreSQL that loses what it is told to lose: the real
 * protocol over a bad line. On the main loop.
 */
typedef struct _Relay Relay;

/** relay_new: listens in a new @directory, and goes on to @socket, PostgreSQL's. */
Relay *relay_new (const char *directory, const char *socket);

/** relay_lose_answer: the server's next words are read, so that what was asked is done, and then
 * all lines are cut. */
void relay_lose_answer (Relay *self);

/** relay_has_lost: whether that has happened. */
gboolean relay_has_lost (gpointer self);

void relay_free (Relay *self);
