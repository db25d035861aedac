/* The processes of a private PostgreSQL: initdb once, then the server for as long as we live. Owns the GSubprocess and
 * the directory's lock. Waits for files and processes by timer, never by blocking. */

#include "cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "cluster-home.h"
#include "log.h"
#include "timer.h"

#define HOME_FD 9
#define HOME_IN_CHILD "/proc/self/fd/9"
#define LOOK_US (G_USEC_PER_SEC / 50)
#define READY_TIMEOUT_US (120 * G_USEC_PER_SEC) /* recovery after a crash may have much to read */
#define STOP_STEP_US (10 * G_USEC_PER_SEC)
#define PAUSE_MIN_US (G_USEC_PER_SEC / 4)
#define PAUSE_MAX_US (10 * G_USEC_PER_SEC)
#define MAX_STARTS 20 /* in a row, while a start is waited for */
#define LAST_WORDS 4  /* lines kept for the error */

struct _OtCluster {
  OtClusterHome home;
  char *conninfo;
  char *public_conninfo;
  GTask *starting;      /* owned; until the start is answered */
  GTask *stopping;      /* owned; from when the stop was asked for */
  GSubprocess *process; /* owned; initdb or the server while it runs */
  pid_t pid;            /* of the server; 0: none */
  int signalled;    /* the last signal to a dead server's PostgreSQL */
  guint starts;     /* in a row that did not become ready */
  gint64 since_us;  /* when what is waited for was begun */
  OtTimer timer;    /* the next look, try or signal */
  GQueue words;     /* of char *: the server's newest lines */
};

static void start_server (OtCluster *self);
static void stop_now (OtCluster *self);

static gint64
now_us (void)
{
  return ot_clock_mono_us (ot_clock_real ());
}

static gint64
waited_us (const OtCluster *self)
{
  return now_us () - self->since_us;
}

/* ---- processes ---- */

/* Between fork and exec: system calls only. */
static void
become_server (gpointer user_data)
{
  const OtClusterHome *home = user_data;

  setsid (); /* so that no Ctrl-C of ours is its own */
  if (geteuid () == 0 && (setgroups (1, &home->gid) < 0 || setgid (home->gid) < 0 || setuid (home->uid) < 0))
    _exit (126);
}

static GSubprocess *
spawn (OtCluster *self, const char *const *argv, GError **error)
{
  static const char *const environment[] = { "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL };
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  int home_fd = fcntl (self->home.fd, F_DUPFD_CLOEXEC, 3);

  g_assert (home_fd >= 0);
  g_subprocess_launcher_set_environ (launcher, (char **) environment); /* no PGPORT of somebody else's */
  g_subprocess_launcher_set_cwd (launcher, "/");
  g_subprocess_launcher_set_child_setup (launcher, become_server, &self->home, NULL);
  g_subprocess_launcher_take_fd (launcher, home_fd, HOME_FD);
  return g_subprocess_launcher_spawnv (launcher, argv, error);
}

static void
end_start (OtCluster *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Answers the start, with an error unless @format is NULL; a stop that waited for it goes on. */
static void
end_start (OtCluster *self, const char *format, ...)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->starting);
  g_autofree char *text = NULL;
  gboolean stopping = self->stopping != NULL; /* or else the stop begins in its own call, not here */
  va_list args;

  if (format != NULL) {
    va_start (args, format);
    text = g_strdup_vprintf (format, args);
    va_end (args);
  }
  if (text != NULL)
    g_task_return_new_error (task, OT_STORE_ERROR, OT_STORE_ERROR_CLUSTER, "private PostgreSQL: %s", text);
  else
    g_task_return_boolean (task, TRUE);
  if (stopping)
    stop_now (self);
}

/* ---- the server's words ---- */

static void
remember (OtCluster *self, const char *line)
{
  g_autofree char *words = ot_log_text (line);

  ot_debug ("postgres: %s", words);
  g_queue_push_tail (&self->words, g_steal_pointer (&words));
  while (self->words.length > LAST_WORDS)
    g_free (g_queue_pop_head (&self->words));
}

static char *
last_words (const OtCluster *self)
{
  GString *text = g_string_new (NULL);

  for (const GList *link = self->words.head; link != NULL; link = link->next)
    g_string_append_printf (text, "%s%s", text->len > 0 ? " | " : "", (const char *) link->data);
  return g_string_free (text, FALSE);
}

/* ---- the server ends ---- */

static void
on_start_again (gpointer user_data)
{
  start_server (user_data);
}

static void
start_again (OtCluster *self)
{
  gint64 pause_us = MIN (PAUSE_MIN_US << MIN (self->starts, 10), PAUSE_MAX_US);

  ot_timer_arm (&self->timer, now_us () + pause_us, on_start_again, self);
}

static void
end_stop (OtCluster *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->stopping);

  ot_timer_cancel (&self->timer);
  g_task_return_boolean (task, TRUE);
}

static void
on_server_gone (OtCluster *self)
{
  g_autofree char *words = last_words (self);
  gboolean held_up;

  g_clear_object (&self->process);
  self->pid = 0;
  ot_timer_cancel (&self->timer);
  /* a server that was killed leaves workers that take a moment to notice; until then no other may begin */
  held_up = self->starts < MAX_STARTS && strstr (words, "pre-existing shared memory") != NULL;
  if (self->starting != NULL && (self->stopping != NULL || !held_up)) {
    end_start (self, "it ended while it was started: %s", words);
  } else if (self->stopping != NULL) {
    end_stop (self);
  } else {
    ot_warning ("the private PostgreSQL has ended and is started again: %s", words);
    start_again (self);
  }
}

static void read_words (OtCluster *self, GDataInputStream *words);

static void
on_words (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtCluster *self = user_data; /* lives: it is freed after the process has gone, which is after its words */
  GDataInputStream *words = G_DATA_INPUT_STREAM (source);
  g_autofree char *line = g_data_input_stream_read_line_finish (words, result, NULL, NULL);

  if (line == NULL) {
    on_server_gone (self);
    return;
  }
  remember (self, line);
  read_words (self, words);
}

/* The end of its words is the end of the server and of all its workers, since they share the pipe. */
static void
read_words (OtCluster *self, GDataInputStream *words)
{
  g_data_input_stream_read_line_async (words, G_PRIORITY_DEFAULT, NULL, on_words, self);
}

/* ---- the server begins ---- */

static void
look_for_ready (gpointer user_data)
{
  OtCluster *self = user_data;

  if (ot_cluster_home_is_ready (&self->home, self->pid)) {
    self->starts = 0;
    ot_info ("private PostgreSQL runs in %s, process %d", self->home.directory, (int) self->pid);
    if (self->starting != NULL)
      end_start (self, NULL);
  } else if (waited_us (self) > READY_TIMEOUT_US || self->stopping != NULL) {
    g_subprocess_send_signal (self->process, SIGQUIT); /* its words tell when it is gone */
  } else {
    ot_timer_arm (&self->timer, now_us () + LOOK_US, look_for_ready, self);
  }
}

static void
start_server (OtCluster *self)
{
  g_autofree char *program = g_build_filename (self->home.programs, "postgres", NULL);
  const char *argv[] = { program, "-D", HOME_IN_CHILD "/data", "-k", HOME_IN_CHILD, "-p", "5432", "-c",
    "listen_addresses=", "-c", "max_connections=50", "-c", "jit=off", "-c", "log_destination=stderr", "-c",
    "logging_collector=off", "-c", "log_line_prefix=", "-c", "log_min_error_statement=panic", "-c",
    "log_checkpoints=off", "-c", "cluster_name=otomo", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GDataInputStream) words = NULL;

  self->since_us = now_us ();
  self->starts++;
  self->process = spawn (self, argv, &error);
  if (self->process == NULL) {
    if (self->starting != NULL)
      end_start (self, "%s", error->message);
    else
      start_again (self);
    return;
  }
  self->pid = (pid_t) g_ascii_strtoll (g_subprocess_get_identifier (self->process), NULL, 10);
  words = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  read_words (self, words);
  look_for_ready (self);
}

/* ---- initdb ---- */

static void
on_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtCluster *self = user_data;
  GSubprocess *process = G_SUBPROCESS (source);
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;

  g_clear_object (&self->process);
  if (!g_subprocess_communicate_utf8_finish (process, result, &output, NULL, &error)) {
    end_start (self, "initdb: %s", error->message);
  } else if (!g_subprocess_get_successful (process)) {
    g_autofree char *line = g_strdelimit (g_strstrip (g_strdup (output)), "\n", ' ');
    end_start (self, "initdb: %s", line);
  } else if (rename (self->home.fresh, self->home.data) < 0) {
    end_start (self, "can't move %s: %s", self->home.fresh, g_strerror (errno));
  } else if (self->stopping != NULL) {
    end_start (self, "stopped");
  } else {
    start_server (self);
  }
}

static void
on_swept (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtCluster *self = user_data;
  g_autofree char *program = g_build_filename (self->home.programs, "initdb", NULL);
  const char *argv[] = { program, "-D", HOME_IN_CHILD "/data.new", "--username=postgres", "--encoding=UTF8",
    "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject", "--no-instructions", NULL };
  g_autoptr (GError) error = NULL;

  g_clear_object (&self->process);
  if (g_subprocess_wait_check_finish (G_SUBPROCESS (source), result, &error))
    self->process = spawn (self, argv, &error);
  if (self->process == NULL) {
    end_start (self, "%s", error->message);
    return;
  }
  ot_info ("making a private PostgreSQL in %s", self->home.directory);
  g_subprocess_communicate_utf8_async (self->process, NULL, NULL, on_made, self);
}

/* What an interrupted initdb left goes first. */
static void
make_data (OtCluster *self)
{
  const char *argv[] = { "/bin/rm", "-rf", "--", HOME_IN_CHILD "/data.new", NULL };
  g_autoptr (GError) error = NULL;

  self->process = spawn (self, argv, &error);
  if (self->process == NULL)
    end_start (self, "%s", error->message);
  else
    g_subprocess_wait_check_async (self->process, NULL, on_swept, self);
}

/* ---- a dead server's PostgreSQL ---- */

static int
signal_after (gint64 waited)
{
  return waited < STOP_STEP_US ? SIGINT : waited < 2 * STOP_STEP_US ? SIGQUIT : SIGKILL;
}

static void
look_for_leftover (gpointer user_data)
{
  OtCluster *self = user_data;
  pid_t pid = ot_cluster_home_running_pid (&self->home);

  if (self->stopping != NULL) {
    end_start (self, "stopped");
  } else if (pid != 0) {
    if (self->signalled != signal_after (waited_us (self))) {
      self->signalled = signal_after (waited_us (self));
      ot_info ("a dead server left PostgreSQL process %d: signal %d", (int) pid, self->signalled);
      kill (pid, self->signalled);
    }
    ot_timer_arm (&self->timer, now_us () + LOOK_US, look_for_leftover, self);
  } else if (ot_cluster_home_is_made (&self->home)) {
    ot_cluster_home_sweep (&self->home);
    start_server (self);
  } else {
    make_data (self);
  }
}

/* ---- public ---- */

OtCluster *
ot_cluster_new (const char *directory)
{
  OtCluster *self = g_new0 (OtCluster, 1);

  ot_cluster_home_init (&self->home, directory);
  return self;
}

/* As libpq reads a value. */
static char *
quote (const char *value)
{
  GString *text = g_string_new ("'");

  for (const char *c = value; *c != '\0'; c++) {
    if (*c == '\'' || *c == '\\')
      g_string_append_c (text, '\\');
    g_string_append_c (text, *c);
  }
  g_string_append_c (text, '\'');
  return g_string_free (text, FALSE);
}

void
ot_cluster_start_async (OtCluster *self, GAsyncReadyCallback done, gpointer user_data)
{
  g_autofree char *host = quote (self->home.directory);
  g_autoptr (GError) error = NULL;

  g_return_if_fail (self->starting == NULL && self->pid == 0);
  self->starting = g_task_new (NULL, NULL, done, user_data);
  g_task_set_source_tag (self->starting, ot_cluster_start_async);
  if (!ot_cluster_home_open (&self->home, &error)) {
    end_start (self, "%s", error->message);
    return;
  }
  self->conninfo = g_strdup_printf ("host=/proc/self/fd/%d port=5432 user=postgres dbname=postgres", self->home.fd);
  self->public_conninfo = g_strdup_printf ("host=%s port=5432 user=postgres dbname=postgres", host);
  self->since_us = now_us ();
  look_for_leftover (self);
}

gboolean
ot_cluster_start_finish (OtCluster *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

const char *
ot_cluster_conninfo (const OtCluster *self)
{
  return self->conninfo;
}

const char *
ot_cluster_public_conninfo (const OtCluster *self)
{
  return self->public_conninfo;
}

int
ot_cluster_pid (const OtCluster *self)
{
  return (int) self->pid;
}

static void
send_stop (gpointer user_data)
{
  OtCluster *self = user_data;

  g_subprocess_send_signal (self->process, signal_after (waited_us (self)));
  ot_timer_arm (&self->timer, now_us () + STOP_STEP_US, send_stop, self);
}

static void
stop_now (OtCluster *self)
{
  self->since_us = now_us ();
  if (self->process != NULL)
    send_stop (self);
  else
    end_stop (self);
}

void
ot_cluster_stop_async (OtCluster *self, GAsyncReadyCallback done, gpointer user_data)
{
  g_return_if_fail (self->stopping == NULL);
  self->stopping = g_task_new (NULL, NULL, done, user_data);
  g_task_set_source_tag (self->stopping, ot_cluster_stop_async);
  if (self->starting == NULL)
    stop_now (self); /* else the step that is under way ends the start, and that goes on here */
}

void
ot_cluster_stop_finish (OtCluster *self, GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}

void
ot_cluster_free (OtCluster *self)
{
  if (self == NULL)
    return;
  g_assert (self->process == NULL);
  ot_timer_cancel (&self->timer);
  ot_cluster_home_clear (&self->home);
  g_queue_clear_full (&self->words, g_free);
  g_free (self->conninfo);
  g_free (self->public_conninfo);
  g_free (self);
}
