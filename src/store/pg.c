/* One libpq connection as a source of the main loop. Owns the PGconn and the statements that were
 * sent and not answered. Never blocks; never decides whether something is sent again. */

#include "pg.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>

#include "answer.h"
#include "clock.h"
#include "log.h"

#define DEPTH                                                                                      \
  8 /* statements under way: enough to hide the way there and back, few enough to be spread well   \
     */
#define CONNECT_TIMEOUT_US (5 * G_USEC_PER_SEC)
#define ANSWER_GRACE_US (5 * G_USEC_PER_SEC)
#define PAUSE_MIN_US (G_USEC_PER_SEC / 10)
#define PAUSE_MAX_US (5 * G_USEC_PER_SEC)
#define OLDEST_SERVER 150000

typedef enum {
  RESTING,  /* the timer is the pause before the next try */
  STARTING, /* a worker thread is in PQconnectStart(), which ends by itself */
  POLLING,  /* the timer is the patience with PQconnectPoll() */
  READY,    /* the timer is the patience with the oldest statement */
} State;

struct _OtPg {
  const OtLogin *login; /* borrowed */
  char *settings;       /* (nullable) */
  int statement_timeout_ms;
  const OtPgListener *listener; /* borrowed */
  gpointer user_data;
  State state;
  GCancellable *starting; /* owned; cancelled when nobody wants the thread's PGconn any more */
  PGconn *conn;           /* owned; NULL while resting and starting */
  GSource *source;        /* owned; watches the socket */
  GIOCondition condition; /* for this */
  PGresult *result;       /* owned; of the oldest statement, until its end is read */
  GQueue sent;            /* of OtStatement, owned */
  GHashTable *prepared;   /* sql, static → its name on this connection, owned: each text of the
                             program is parsed and planned once a connection */
  guint n_prepared;
  OtTimer timer;
  guint failures; /* in a row */
};

static void start (OtPg *self);
static void lose (OtPg *self, const char *message);

static gint64
now_us (void)
{
  return ot_clock_mono_us (ot_clock_real ());
}

/* ---- timer ---- */

static void
on_timer (gpointer user_data)
{
  OtPg *self = user_data;

  if (self->state == RESTING)
    start (self);
  else if (self->state == POLLING)
    lose (self, "no connection in time");
  else
    lose (self, PQstatus (self->conn) == CONNECTION_OK ? "no answer in time"
                                                       : PQerrorMessage (self->conn));
}

static void
arm (OtPg *self, gint64 due_us)
{
  ot_timer_arm (&self->timer, due_us, on_timer, self);
}

static void
arm_patience (OtPg *self)
{
  gint64 asked_us = ot_pg_asked_us (self);

  if (asked_us == 0)
    ot_timer_cancel (&self->timer);
  else
    arm (self, asked_us + self->statement_timeout_ms * 1000LL + ANSWER_GRACE_US);
}

/* ---- the end of a connection ---- */

static void
unwatch (OtPg *self)
{
  if (self->source == NULL)
    return;
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

static void
disconnect (OtPg *self)
{
  unwatch (self);
  ot_timer_cancel (&self->timer);
  g_hash_table_remove_all (self->prepared);
  g_clear_pointer (&self->result, PQclear);
  g_clear_pointer (&self->conn, PQfinish);
}

static void
give_back (OtPg *self, GQueue *unanswered)
{
  while (self->sent.head != NULL)
    ot_statement_move (self->sent.head->data, unanswered);
}

static gint64
pause_us (guint failures)
{
  gint64 pause = MIN (PAUSE_MIN_US << MIN (failures, 10), PAUSE_MAX_US);

  return (gint64)(pause
                  * g_random_double_range (0.75, 1.25)); /* so that not all come back at once */
}

static void
lose (OtPg *self, const char *message)
{
  g_autofree char *line =
      g_strndup (message, strcspn (message, "\r\n")); /* what follows is advice */
  GQueue unanswered = G_QUEUE_INIT;

  disconnect (self);
  give_back (self, &unanswered);
  self->state = RESTING;
  arm (self, now_us () + pause_us (self->failures++));
  self->listener->lost (self, &unanswered, line, self->user_data);
}

/* ---- statements ---- */

static void watch (OtPg *self, GIOCondition condition);

static gboolean
flush (OtPg *self)
{
  int left = PQflush (self->conn);

  watch (self, left > 0 ? G_IO_IN | G_IO_OUT : G_IO_IN);
  return left >= 0;
}

/* Text made at run time, such as a migration, is asked once and never again. */
static gboolean
send_unprepared (OtPg *self, const OtStatement *statement)
{
  return PQsendQueryParams (self->conn, statement->sql, (int)statement->parameters->len, NULL,
                            (const char *const *)statement->parameters->pdata, NULL, NULL, 0);
}

static gboolean
send_prepared (OtPg *self, const OtStatement *statement)
{
  const char *name = g_hash_table_lookup (self->prepared, statement->sql);

  if (name == NULL) {
    char *fresh = g_strdup_printf ("s%u", self->n_prepared++);

    if (!PQsendPrepare (self->conn, fresh, statement->sql, 0, NULL)) {
      g_free (fresh);
      return FALSE;
    }
    g_hash_table_insert (self->prepared, (char *)statement->sql, fresh);
    name = fresh;
  }
  return PQsendQueryPrepared (self->conn, name, (int)statement->parameters->len,
                              (const char *const *)statement->parameters->pdata, NULL, NULL, 0);
}

void
ot_pg_send (OtPg *self, OtStatement *statement)
{
  g_assert (ot_pg_room (self) > 0);
  ot_statement_move (statement, &self->sent);
  statement->sent_us = now_us ();
  if (!(statement->text != NULL ? send_unprepared : send_prepared) (self, statement)
      || !PQpipelineSync (self->conn) || !flush (self))
    arm (self, 0); /* lost, but not from inside the caller's call */
  else if (self->sent.length == 1)
    arm_patience (self);
}

static void
finish_statement (OtPg *self)
{
  OtStatement *statement = self->sent.head->data;
  PGresult *result = g_steal_pointer (&self->result);

  g_assert (result != NULL);
  if (ot_answer_is_stale_plan (result))
    g_hash_table_remove (self->prepared, statement->sql);
  ot_statement_move (statement, NULL);
  arm_patience (self);
  self->listener->answered (self, statement, result, self->user_data);
  PQclear (result);
}

/* Of several results of a statement the first error, else the last: preparing has one too. */
static void
keep_result (OtPg *self, PGresult *result)
{
  if (self->result != NULL && ot_answer_is_error (self->result)) {
    PQclear (result);
    return;
  }
  PQclear (self->result);
  self->result = result;
}

/* A statement's answer is its results, each followed by NULL, and the sync that ends it. */
static void
read_answers (OtPg *self)
{
  if (!PQconsumeInput (self->conn)) {
    lose (self, PQerrorMessage (self->conn));
    return;
  }
  while (self->conn != NULL && self->sent.length > 0 && !PQisBusy (self->conn)) {
    PGresult *result = PQgetResult (self->conn);

    if (PQstatus (self->conn) == CONNECTION_BAD) {
      PQclear (result);
      lose (self, PQerrorMessage (self->conn));
      return;
    }
    if (result != NULL && PQresultStatus (result) == PGRES_PIPELINE_SYNC) {
      PQclear (result);
      finish_statement (self);
    } else if (result != NULL) {
      keep_result (self, result);
    }
  }
  if (self->conn != NULL && !flush (self))
    lose (self, PQerrorMessage (self->conn));
}

/* ---- connecting ---- */

/* Comes while the oldest statement is carried out. */
static void
on_notice (void *user_data, const PGresult *notice)
{
  OtPg *self = user_data;
  const OtStatement *statement = self->sent.head != NULL ? self->sent.head->data : NULL;
  g_autofree char *line = NULL;
  int step;

  if (ot_answer_read_step (notice, &step)) {
    if (statement != NULL && statement->step != NULL)
      *statement->step = step;
    return;
  }
  line = ot_log_text (PQresultErrorMessage (notice));
  ot_debug ("database: %s", line);
}

static void
become_ready (OtPg *self)
{
  if (PQserverVersion (self->conn) < OLDEST_SERVER) {
    lose (self, "PostgreSQL 15 or newer is needed");
    return;
  }
  if (PQsetnonblocking (self->conn, 1) != 0 || !PQenterPipelineMode (self->conn)) {
    lose (self, PQerrorMessage (self->conn));
    return;
  }
  self->state = READY;
  self->failures = 0;
  ot_timer_cancel (&self->timer);
  watch (self, G_IO_IN);
  self->listener->ready (self, self->user_data);
}

static void
poll_connection (OtPg *self)
{
  PostgresPollingStatusType status;

  unwatch (self); /* libpq may go on with another socket */
  status = PQconnectPoll (self->conn);
  if (status == PGRES_POLLING_OK)
    become_ready (self);
  else if (status == PGRES_POLLING_FAILED)
    lose (self, PQerrorMessage (self->conn));
  else
    watch (self, status == PGRES_POLLING_READING ? G_IO_IN : G_IO_OUT);
}

static void
clear (gpointer data)
{
  OtPg *self = data;

  g_free (self->settings);
  g_hash_table_unref (self->prepared);
}

/* Whoever frees the connection from a callback frees it from here. */
static gboolean
on_socket (int fd, GIOCondition condition, gpointer user_data)
{
  OtPg *self = g_rc_box_acquire (user_data);

  if (self->state == POLLING)
    poll_connection (self);
  else
    read_answers (self);
  g_rc_box_release_full (self, clear);
  return G_SOURCE_CONTINUE;
}

static void
watch (OtPg *self, GIOCondition condition)
{
  if (self->source != NULL && self->condition == condition)
    return;
  unwatch (self);
  self->condition = condition;
  self->source = g_unix_fd_source_new (PQsocket (self->conn), condition);
  g_source_set_callback (self->source, (GSourceFunc)(void (*) (void))on_socket, self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  PGconn *conn = g_task_propagate_pointer (G_TASK (result), &error);
  OtPg *self = user_data;

  if (error != NULL)
    return; /* cancelled: self is gone */
  g_clear_object (&self->starting);
  self->conn = conn;
  self->state = POLLING;
  if (PQstatus (conn) == CONNECTION_BAD) {
    lose (self, PQerrorMessage (conn));
    return;
  }
  PQsetNoticeReceiver (conn, on_notice, self);
  arm (self, now_us () + CONNECT_TIMEOUT_US);
  watch (self, G_IO_OUT);
}

/* What a connection text says of libpq's "options". Returns: (transfer full) */
static char *
given_options (const char *conninfo)
{
  PQconninfoOption *given =
      PQconninfoParse (conninfo, NULL); /* NULL: connecting says what is wrong */
  char *options = NULL;

  for (PQconninfoOption *each = given; each != NULL && each->keyword != NULL; each++)
    if (g_str_equal (each->keyword, "options"))
      options = g_strdup (each->val);
  PQconninfoFree (given);
  return options != NULL ? options : g_strdup ("");
}

static void
start_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const char *const *texts = data; /* conninfo, options, password or NULL */
  const char *keywords[] = { "fallback_application_name",
                             "client_encoding",
                             "keepalives_idle",
                             "keepalives_interval",
                             "keepalives_count",
                             "tcp_user_timeout",
                             "dbname",
                             "options", /* after it, so that they count */
                             "password",
                             NULL };
  const char *values[] = { "otomod", "UTF8",   "10",     "5",      "3",
                           "15000",  texts[0], texts[1], texts[2], NULL };
  PGconn *conn = PQconnectStartParams (keywords, values, 1);

  g_assert (conn != NULL); /* NULL: out of memory */
  g_task_return_pointer (task, conn, (GDestroyNotify)PQfinish);
}

static void
start (OtPg *self)
{
  g_autoptr (GTask) task = NULL;
  g_autofree char *given = given_options (self->login->conninfo);
  char **texts = g_new0 (char *, 4);

  texts[0] = g_strdup (self->login->conninfo);
  texts[1] = g_strdup_printf (
      "-c statement_timeout=%d -c idle_in_transaction_session_timeout=10000 "
      "%s -c search_path=public -c timezone=UTC %s",
      self->statement_timeout_ms, given, self->settings != NULL ? self->settings : "");
  texts[2] = g_strdup (self->login->password);
  self->state = STARTING;
  self->starting = g_cancellable_new ();
  task = g_task_new (NULL, self->starting, on_started, self);
  g_task_set_source_tag (task, start);
  g_task_set_task_data (task, texts, (GDestroyNotify)g_strfreev);
  g_task_run_in_thread (task, start_in_thread);
}

/* ---- life ---- */

OtPg *
ot_pg_new (const OtLogin *login,
           const char *settings,
           int statement_timeout_ms,
           const OtPgListener *listener,
           gpointer user_data)
{
  OtPg *self = g_rc_box_new0 (OtPg);

  self->prepared = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->login = login;
  self->settings = g_strdup (settings);
  self->statement_timeout_ms = statement_timeout_ms;
  self->listener = listener;
  self->user_data = user_data;
  start (self);
  return self;
}

gboolean
ot_pg_is_ready (const OtPg *self)
{
  return self->state == READY;
}

guint
ot_pg_room (const OtPg *self)
{
  return self->state == READY ? DEPTH - MIN (self->sent.length, DEPTH) : 0;
}

gint64
ot_pg_asked_us (const OtPg *self)
{
  return self->sent.head != NULL ? ((const OtStatement *)self->sent.head->data)->sent_us : 0;
}

void
ot_pg_free (OtPg *self, GQueue *unanswered)
{
  disconnect (self);
  self->state = RESTING;
  if (self->starting != NULL)
    g_cancellable_cancel (self->starting);
  g_clear_object (&self->starting);
  give_back (self, unanswered);
  g_rc_box_release_full (self, clear);
}
