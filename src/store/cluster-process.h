#pragma once

#include <gio/gio.h>

#include "cluster-home.h"

/** OT_CLUSTER_HOME_IN_CHILD: the directory as every process of PostgreSQL sees it. */
#define OT_CLUSTER_HOME_IN_CHILD "/proc/self/fd/9"

/**
 * ot_cluster_spawn:
 * @home: whose directory the process gets, and as whose user it runs
 * @argv: an absolute path and arguments; no shell
 *
 * A process in a session of its own, with nothing of our environment, standard error in standard
 * output, that in a pipe. Returns: (transfer full) (nullable): NULL with @error: G_SPAWN_ERROR,
 * G_IO_ERROR
 */
GSubprocess *ot_cluster_spawn (const OtClusterHome *home, const char *const *argv, GError **error);

/**
 * OtClusterProcess:
 *
 * A running server and its last words. Zero: none. Thread: main loop.
 */
typedef struct {
  GSubprocess *process; /* owned; NULL: none */
  pid_t pid;            /* 0: none */
  GQueue words;         /* of char *, owned: its newest lines */
  void (*gone) (gpointer user_data);
  gpointer user_data;
} OtClusterProcess;

/**
 * ot_cluster_process_start:
 * @gone: called when the server and all its workers have gone, from the main loop
 *
 * FALSE with @error: as ot_cluster_spawn().
 */
gboolean ot_cluster_process_start (OtClusterProcess *self,
                                   const OtClusterHome *home,
                                   const char *const *argv,
                                   void (*gone) (gpointer user_data),
                                   gpointer user_data,
                                   GError **error);

/** ot_cluster_process_signal: to the server, kill(2)'s number; nothing when there is none. */
void ot_cluster_process_signal (OtClusterProcess *self, int number);

/** ot_cluster_process_last_words: on one line; (transfer full). */
char *ot_cluster_process_last_words (const OtClusterProcess *self);

/** ot_cluster_process_clear: when there is none. */
void ot_cluster_process_clear (OtClusterProcess *self);
