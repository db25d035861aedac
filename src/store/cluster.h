#pragma once

#include <gio/gio.h>

#include "store-error.h"

/**
 * SECTION:cluster
 *
 * A private PostgreSQL in <directory>: made once with initdb, reachable over a Unix socket in it
 * and nothing else, stopped with us. The directory is its own wall: mode 0700, everybody who can
 * enter is trusted, so there is no password. When we are root it belongs to the user `postgres`, as
 * whom the server runs, since PostgreSQL refuses root.
 *
 * PostgreSQL is given the directory as an open file descriptor and names it /proc/self/fd/9. So it
 * need not be allowed to enter the directories above (a state directory below a root's 0700 one is
 * fine), and a long path doesn't outgrow the 107 bytes of a socket's name.
 *
 * It runs in a session of its own: a Ctrl-C for us doesn't reach it. When it dies it is started
 * again after a pause. When we are killed it is left behind; the next start on the directory stops
 * it first, so that nothing of the dead server is still on its way. Two at once on one directory:
 * the second one's start fails.
 *
 * Thread: main loop. Completions come from the main loop, never from inside a call.
 */
typedef struct _OtCluster OtCluster;

/** ot_cluster_new: @directory: its parent is there; copied. Does nothing yet. */
OtCluster *ot_cluster_new (const char *directory);

/**
 * ot_cluster_start_async: once.
 *
 * Done when it accepts connections. Errors: %OT_STORE_ERROR_CLUSTER, with what PostgreSQL said.
 */
void ot_cluster_start_async (OtCluster *self, GAsyncReadyCallback done, gpointer user_data);
gboolean ot_cluster_start_finish (OtCluster *self, GAsyncResult *result, GError **error);

/** ot_cluster_conninfo: for libpq in this process; borrowed. After a successful start. */
const char *ot_cluster_conninfo (const OtCluster *self);

/** ot_cluster_public_conninfo: for psql, by the directory's path; borrowed. */
const char *ot_cluster_public_conninfo (const OtCluster *self);

/**
 * ot_cluster_stop_async:
 *
 * Fast shutdown (open connections are cut); after 10 s an immediate one, after 20 s SIGKILL: it
 * recovers at its next start. Done when the process is gone. At any time after ot_cluster_new(),
 * start finished or not; once.
 */
void ot_cluster_stop_async (OtCluster *self, GAsyncReadyCallback done, gpointer user_data);
void ot_cluster_stop_finish (OtCluster *self, GAsyncResult *result);

/** ot_cluster_free: when it was never started, or after it was stopped. */
void ot_cluster_free (OtCluster *self);
