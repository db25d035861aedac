#pragma once

#include <glib.h>

/** LoadProcess: what a process of this machine has used so far, from /proc (proc(5)). */
typedef struct {
  double cpu_seconds;
  gint64 memory_kb; /* resident */
  int n_threads;
  int n_files;
} LoadProcess;

/** load_process_read: FALSE: there is no such process, or it isn't ours to look at; @out is
 * undefined then. Thread: any. */
gboolean load_process_read (LoadProcess *out, int pid);
