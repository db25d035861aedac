#pragma once

#include <sys/types.h>

#include "store-error.h"

/**
 * OtClusterHome:
 *
 * The directory of a private PostgreSQL and what is known of it: whose it is, which program belongs
 * to it, who runs in it. Plain file operations, each of them short. Thread: main loop.
 */
typedef struct {
  char *directory; /* owned; absolute */
  char *data;      /* owned; the data directory in it; complete once it exists */
  char *fresh;     /* owned; where initdb makes it, moved when complete */
  char *programs;  /* owned; where initdb and postgres are */
  int fd;          /* of @directory; −1 before open */
  int lock_fd;     /* held as long as we use it */
  uid_t uid;       /* as whom PostgreSQL runs */
  gid_t gid;
} OtClusterHome;

/** ot_cluster_home_init: touches nothing yet; @directory is copied. */
void ot_cluster_home_init (OtClusterHome *self, const char *directory);

/** ot_cluster_home_clear: lets go of the lock. */
void ot_cluster_home_clear (OtClusterHome *self);

/**
 * ot_cluster_home_open:
 *
 * Makes the directory if need be, sees to its owner and mode, locks it, finds the programs. Errors:
 * %OT_STORE_ERROR_CLUSTER: no right to it, in use by another server, no user `postgres`, PostgreSQL
 * not installed.
 */
gboolean ot_cluster_home_open (OtClusterHome *self, GError **error);

/** ot_cluster_home_is_made: whether the data directory is there. */
gboolean ot_cluster_home_is_made (const OtClusterHome *self);

/** ot_cluster_home_running_pid: the PostgreSQL that runs on the data directory, whoever started it;
 * 0: none. */
pid_t ot_cluster_home_running_pid (const OtClusterHome *self);

/**
 * ot_cluster_home_sweep:
 *
 * Removes the lock files of a server that is no more, where none runs: its number may be another
 * process's by now, and PostgreSQL would take that one for a server.
 */
void ot_cluster_home_sweep (const OtClusterHome *self);

/** ot_cluster_home_is_ready: whether the server @pid accepts connections. */
gboolean ot_cluster_home_is_ready (const OtClusterHome *self, pid_t pid);
