/* Processes of a private PostgreSQL: how they are born, what the server says, and that it has gone.
 * Owns the GSubprocess; decides nothing. */

#include "cluster-process.h"

#include <fcntl.h>
#include <grp.h>
#include <unistd.h>

#include "log.h"

#define HOME_FD 9
#define LAST_WORDS 4 /* lines kept */

/* Between fork and exec: system calls only. */
static void
become_server (gpointer user_data)
{
  const OtClusterHome *home = user_data;

  setsid (); /* so that no Ctrl-C of ours is its own */
  if (geteuid () == 0
      && (setgroups (1, &home->gid) < 0 || setgid (home->gid) < 0 || setuid (home->uid) < 0))
    _exit (126);
}

GSubprocess *
ot_cluster_spawn (const OtClusterHome *home, const char *const *argv, GError **error)
{
  static const char *const environment[] = { "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL };
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  int home_fd = fcntl (home->fd, F_DUPFD_CLOEXEC, 3);

  g_assert (home_fd >= 0);
  g_subprocess_launcher_set_environ (launcher, (char **)environment); /* no PGPORT of others */
  g_subprocess_launcher_set_cwd (launcher, "/");
  g_subprocess_launcher_set_child_setup (launcher, become_server, (gpointer)home, NULL);
  g_subprocess_launcher_take_fd (launcher, home_fd, HOME_FD);
  return g_subprocess_launcher_spawnv (launcher, argv, error);
}

/* ---- the server's words ---- */

static void
remember (OtClusterProcess *self, const char *line)
{
  g_autofree char *words = ot_log_text (line);

  ot_debug ("postgres: %s", words);
  g_queue_push_tail (&self->words, g_steal_pointer (&words));
  while (self->words.length > LAST_WORDS)
    g_free (g_queue_pop_head (&self->words));
}

char *
ot_cluster_process_last_words (const OtClusterProcess *self)
{
  GString *text = g_string_new (NULL);

  for (const GList *link = self->words.head; link != NULL; link = link->next)
    g_string_append_printf (text, "%s%s", text->len > 0 ? " | " : "", (const char *)link->data);
  return g_string_free (text, FALSE);
}

static void read_words (OtClusterProcess *self, GDataInputStream *words);

static void
on_words (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtClusterProcess *self = user_data; /* lives: it is cleared after the process has gone */
  GDataInputStream *words = G_DATA_INPUT_STREAM (source);
  g_autofree char *line = g_data_input_stream_read_line_finish (words, result, NULL, NULL);

  if (line != NULL) {
    remember (self, line);
    read_words (self, words);
    return;
  }
  g_clear_object (&self->process);
  self->pid = 0;
  self->gone (self->user_data);
}

/* The end of the words is the end of the server and of all its workers, who share the pipe. */
static void
read_words (OtClusterProcess *self, GDataInputStream *words)
{
  g_data_input_stream_read_line_async (words, G_PRIORITY_DEFAULT, NULL, on_words, self);
}

/* ---- public ---- */

gboolean
ot_cluster_process_start (OtClusterProcess *self,
                          const OtClusterHome *home,
                          const char *const *argv,
                          void (*gone) (gpointer user_data),
                          gpointer user_data,
                          GError **error)
{
  g_autoptr (GDataInputStream) words = NULL;

  g_assert (self->process == NULL);
  self->gone = gone;
  self->user_data = user_data;
  self->process = ot_cluster_spawn (home, argv, error);
  if (self->process == NULL)
    return FALSE;
  self->pid = (pid_t)g_ascii_strtoll (g_subprocess_get_identifier (self->process), NULL, 10);
  words = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  read_words (self, words);
  return TRUE;
}

void
ot_cluster_process_signal (OtClusterProcess *self, int number)
{
  g_subprocess_send_signal (self->process, number);
}

void
ot_cluster_process_clear (OtClusterProcess *self)
{
  g_assert (self->process == NULL);
  g_queue_clear_full (&self->words, g_free);
}
