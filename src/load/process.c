/* Reads /proc. CPU time is the scheduler's to 10 ms. */

#include "process.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
count_files (int pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/fd", pid);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  int n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

gboolean
load_process_read (LoadProcess *out, int pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", pid);
  g_autofree char *text = NULL;
  gulong user, system;
  glong pages;
  const char *rest;

  memset (out, 0, sizeof *out);
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  rest = strrchr (text, ')'); /* the name may hold anything */
  if (rest == NULL
      || sscanf (rest + 1,
                 " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %d %*d %*u "
                 "%*u %ld",
                 &user, &system, &out->n_threads, &pages)
             != 4)
    return FALSE;
  out->cpu_seconds = (double)(user + system) / (double)sysconf (_SC_CLK_TCK);
  out->memory_kb = pages * (sysconf (_SC_PAGESIZE) / 1024);
  out->n_files = count_files (pid);
  return TRUE;
}
