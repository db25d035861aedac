/* A private PostgreSQL: initdb once, then the server for as long as we live. Owns its directory and
 * its processes. Waits for files and processes by timer, never by blocking. */

#include "cluster.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "cluster-home.h"
#include "cluster-process.h"
#include "log.h"
#include "timer.h"

#define LOOK_US (G_USEC_PER_SEC / 50)
#define READY_TIMEOUT_US (120 * G_USEC_PER_SEC) /* after a crash there may be much to read */
#define STOP_STEP_US (10 * G_USEC_PER_SEC)
#define PAUSE_MIN_US (G_USEC_PER_SEC / 4)
#define PAUSE_MAX_US (10 * G_USEC_PER_SEC)
#define MAX_STARTS 20 /* in a row, while a start is waited for */

struct _OtCluster {
  OtClusterHome home;
  OtClusterProcess server;
  char *conninfo;
  char *public_conninfo;
  GTask *starting; /* owned; until the start is answered */
  GTask *stopping; /* owned; from when the stop was asked for */
  int signalled;   /* the last signal to a dead server's PostgreSQL */
  guint starts;    /* in a row that did not become ready */
  gint64 since_us; /* when what is waited for was begun */
  OtTimer timer;   /* the next look, try or signal */
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

static void end_start (OtCluster *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Answers the start, with an error unless @format is NULL; a stop that waited for it goes on. */
static void
end_start (OtCluster *self, const char *format, ...)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->starting);
  g_autofree char *text = NULL;
  va_list args;

  if (format != NULL) {
    va_start (args, format);
    text = g_strdup_vprintf (format, args);
    va_end (args);
  }
  if (text != NULL)
    g_task_return_new_error (task, OT_STORE_ERROR, OT_STORE_ERROR_CLUSTER, "private PostgreSQL: %s",
                             text);
  else
    g_task_return_boolean (task, TRUE);
  if (self->stopping != NULL)
    stop_now (self);
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

/* One that was killed leaves workers that take a moment to notice; until then no other may begin.
 */
static gboolean
is_held_up (const OtCluster *self, const char *words)
{
  return self->starts < MAX_STARTS && strstr (words, "pre-existing shared memory") != NULL;
}

static void
on_server_gone (gpointer user_data)
{
  OtCluster *self = user_data;
  g_autofree char *words = ot_cluster_process_last_words (&self->server);

  ot_timer_cancel (&self->timer);
  if (self->starting != NULL && (self->stopping != NULL || !is_held_up (self, words))) {
    end_start (self, "it ended while it was started: %s", words);
  } else if (self->stopping != NULL) {
    end_stop (self);
  } else {
    ot_warning ("the private PostgreSQL has ended and is started again: %s", words);
    start_again (self);
  }
}

/* ---- the server begins ---- */

static void
look_for_ready (gpointer user_data)
{
  OtCluster *self = user_data;

  if (ot_cluster_home_is_ready (&self->home, self->server.pid)) {
    self->starts = 0;
    ot_info ("private PostgreSQL runs in %s, process %d", self->home.directory,
             (int)self->server.pid);
    if (self->starting != NULL)
      end_start (self, NULL);
  } else if (waited_us (self) > READY_TIMEOUT_US || self->stopping != NULL) {
    ot_cluster_process_signal (&self->server, SIGQUIT); /* its end goes on from here */
  } else {
    ot_timer_arm (&self->timer, now_us () + LOOK_US, look_for_ready, self);
  }
}

static void
start_server (OtCluster *self)
{
  g_autofree char *program = g_build_filename (self->home.programs, "postgres", NULL);
  const char *argv[] = { program,
                         "-D",
                         OT_CLUSTER_HOME_IN_CHILD "/data",
                         "-k",
                         OT_CLUSTER_HOME_IN_CHILD,
                         "-p",
                         "5432",
                         "-c",
                         "listen_addresses=",
                         "-c",
                         "max_connections=50",
                         "-c",
                         "jit=off",
                         "-c",
                         "log_destination=stderr",
                         "-c",
                         "logging_collector=off",
                         "-c",
                         "log_line_prefix=",
                         "-c",
                         "log_min_error_statement=panic",
                         "-c",
                         "log_checkpoints=off",
                         "-c",
                         "log_min_messages=log",
                         "-c",
                         "cluster_name=otomo",
                         NULL };
  g_autoptr (GError) error = NULL;

  self->since_us = now_us ();
  self->starts++;
  if (ot_cluster_process_start (&self->server, &self->home, argv, on_server_gone, self, &error))
    look_for_ready (self);
  else if (self->starting != NULL)
    end_start (self, "%s", error->message);
  else
    start_again (self);
}

/* ---- initdb ---- */

static void
on_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtCluster *self = user_data;
  GSubprocess *initdb = G_SUBPROCESS (source);
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;

  if (!g_subprocess_communicate_utf8_finish (initdb, result, &output, NULL, &error)) {
    end_start (self, "initdb: %s", error->message);
  } else if (!g_subprocess_get_successful (initdb)) {
    end_start (self, "initdb: %s", g_strdelimit (g_strstrip (output), "\n", ' '));
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
  const char *argv[] = { program,
                         "-D",
                         OT_CLUSTER_HOME_IN_CHILD "/data.new",
                         "--username=postgres",
                         "--encoding=UTF8",
                         "--locale=C.UTF-8",
                         "--auth-local=trust",
                         "--auth-host=reject",
                         "--no-instructions",
                         NULL };
  g_autoptr (GSubprocess) initdb = NULL;
  g_autoptr (GError) error = NULL;

  if (g_subprocess_wait_check_finish (G_SUBPROCESS (source), result, &error))
    initdb = ot_cluster_spawn (&self->home, argv, &error);
  if (initdb == NULL) {
    end_start (self, "%s", error->message);
    return;
  }
  ot_info ("making a private PostgreSQL in %s", self->home.directory);
  g_subprocess_communicate_utf8_async (initdb, NULL, NULL, on_made, self);
}

/* What an interrupted initdb left goes first. */
static void
make_data (OtCluster *self)
{
  const char *argv[] = { "/bin/rm", "-rf", "--", OT_CLUSTER_HOME_IN_CHILD "/data.new", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) sweeper = ot_cluster_spawn (&self->home, argv, &error);

  if (sweeper == NULL)
    end_start (self, "%s", error->message);
  else
    g_subprocess_wait_check_async (sweeper, NULL, on_swept, self);
}

/* ---- a dead server's PostgreSQL ---- */

static int
signal_after (gint64 waited)
{
  return waited < STOP_STEP_US ? SIGINT : waited < 2 * STOP_STEP_US ? SIGQUIT : SIGKILL;
}

static void
press (OtCluster *self, pid_t pid)
{
  int number = signal_after (waited_us (self));

  if (number == self->signalled)
    return;
  self->signalled = number;
  ot_info ("a dead server left PostgreSQL process %d: signal %d", (int)pid, number);
  kill (pid, number);
}

static void
look_for_leftover (gpointer user_data)
{
  OtCluster *self = user_data;
  pid_t pid = ot_cluster_home_running_pid (&self->home);

  if (self->stopping != NULL) {
    end_start (self, "stopped");
  } else if (pid != 0) {
    press (self, pid);
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
  static const char names[] = "port=5432 user=postgres dbname=postgres";
  g_autofree char *host = quote (self->home.directory);
  g_autoptr (GError) error = NULL;

  g_return_if_fail (self->starting == NULL && self->conninfo == NULL);
  self->starting = g_task_new (NULL, NULL, done, user_data);
  g_task_set_source_tag (self->starting, ot_cluster_start_async);
  if (!ot_cluster_home_open (&self->home, &error)) {
    end_start (self, "%s", error->message);
    return;
  }
  self->conninfo = g_strdup_printf ("host=/proc/self/fd/%d %s", self->home.fd, names);
  self->public_conninfo = g_strdup_printf ("host=%s %s", host, names);
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

static void
send_stop (gpointer user_data)
{
  OtCluster *self = user_data;

  ot_cluster_process_signal (&self->server, signal_after (waited_us (self)));
  ot_timer_arm (&self->timer, now_us () + STOP_STEP_US, send_stop, self);
}

static void
stop_now (OtCluster *self)
{
  self->since_us = now_us ();
  if (self->server.process != NULL)
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
  ot_timer_cancel (&self->timer);
  ot_cluster_process_clear (&self->server);
  ot_cluster_home_clear (&self->home);
  g_free (self->conninfo);
  g_free (self->public_conninfo);
  g_free (self);
}
