/* Connections and the statements that wait for one. Decides what is sent, where, and whether again;
 * never touches a socket. Every callback to the outside is the last thing done, since it may free
 * the pool. */

#include "pool.h"

#include "answer.h"
#include "clock.h"
#include "log.h"

#define RETRY_MIN_US (G_USEC_PER_SEC / 50)
#define RETRY_MAX_US (2 * G_USEC_PER_SEC)
#define HANGING_US (2 * G_USEC_PER_SEC)

struct _OtPool {
  const char *name;
  const char *greeting; /* (nullable) */
  OtPg **connections;   /* owned */
  int n_connections;
  guint limit;
  OtPoolFigures *figures; /* borrowed */
  GQueue waiting;         /* of OtStatement, owned: for a connection */
  GQueue paused;          /* of OtStatement, owned: for their own timer */
  guint count;            /* not answered, wherever they are */
  gboolean away;          /* there was no connection when one was lost; for the log */
  gboolean doubtful;      /* one was lost, and nothing was answered since */
  OtPoolOpened opened;    /* NULL: told already */
  gpointer opened_data;
  OtPoolDrained drained;
  gpointer drained_data;
  OtTimer drain_timer;
};

static gint64
now_us (void)
{
  return ot_clock_mono_us (ot_clock_real ());
}

/* ---- out ---- */

static OtPg *
roomiest (OtPool *self)
{
  OtPg *best = NULL;

  for (int i = 0; i < self->n_connections; i++)
    if (best == NULL || ot_pg_room (self->connections[i]) > ot_pg_room (best))
      best = self->connections[i];
  return best;
}

static void
feed (OtPool *self)
{
  OtPg *pg = roomiest (self);

  while (self->waiting.head != NULL && ot_pg_room (pg) > 0) {
    ot_pg_send (pg, self->waiting.head->data);
    pg = roomiest (self);
  }
}

/* ---- back ---- */

static void
on_drained (gpointer user_data)
{
  OtPool *self = user_data;
  OtPoolDrained drained = g_steal_pointer (&self->drained); /* once, whatever is answered still */

  drained (self->drained_data);
}

/* The statement's way is over: no queue has it. */
static void
conclude (OtPool *self, OtStatement *statement, const PGresult *result)
{
  OtAnswered answered = statement->answered;
  gpointer user_data = statement->user_data;

  if (!statement->given_up)
    self->count--;
  ot_statement_free (statement);
  if (self->drained != NULL && self->count == 0)
    ot_timer_arm (&self->drain_timer, 0, on_drained, self);
  if (answered != NULL)
    answered (result, user_data);
}

static void
on_patience (gpointer user_data)
{
  OtStatement *statement = user_data;
  OtPool *self = statement->pool;
  OtAnswered answered = g_steal_pointer (&statement->answered);

  ot_counter_add (&self->figures->given_up, 1);
  if (statement->queue == &self->waiting || statement->queue == &self->paused) {
    statement->answered = answered;
    conclude (self, statement, NULL);
    return;
  }
  statement->given_up = TRUE; /* it is with a connection: its answer is read and dropped */
  self->count--;
  if (answered != NULL)
    answered (NULL, statement->user_data);
}

static void
on_pause_over (gpointer user_data)
{
  OtStatement *statement = user_data;
  OtPool *self = statement->pool;

  ot_statement_move (statement, &self->waiting);
  feed (self);
}

static void
try_later (OtPool *self, OtStatement *statement, const PGresult *result)
{
  g_autoptr (GError) error = ot_answer_error (result);
  gint64 pause_us = MIN (RETRY_MIN_US << MIN (statement->tries, 10), RETRY_MAX_US);

  statement->tries++;
  ot_counter_add (&self->figures->retries, 1);
  if (statement->tries == 1)
    ot_debug ("database: %s; asking again", error->message);
  else if ((statement->tries & (statement->tries - 1)) == 0) /* 2, 4, 8 … */
    ot_warning ("database: %s; asking again (%u)", error->message, statement->tries);
  ot_statement_move (statement, &self->paused);
  ot_timer_arm (&statement->pause,
                now_us () + (gint64)(pause_us * g_random_double_range (0.5, 1.0)), on_pause_over,
                statement);
}

static void
on_answered (OtPg *pg, OtStatement *statement, const PGresult *result, gpointer user_data)
{
  OtPool *self = user_data;
  gboolean again =
      ot_answer_is_error (result) && ot_answer_is_passing (result) && !statement->given_up;

  self->doubtful = FALSE;
  ot_histogram_add (&self->figures->answer_us, now_us () - statement->sent_us, 1);
  feed (self);
  if (again)
    try_later (self, statement, result);
  else
    conclude (self, statement, result);
}

static void
tell_opened (OtPool *self, const char *message)
{
  OtPoolOpened opened = g_steal_pointer (&self->opened);

  if (opened != NULL)
    opened (message, self->opened_data);
}

guint
ot_pool_n_connections (const OtPool *self)
{
  guint n = 0;

  for (int i = 0; i < self->n_connections; i++)
    n += ot_pg_is_ready (self->connections[i]);
  return n;
}

/* Nobody waits for it, and it is not said again: what is asked meanwhile goes elsewhere first
 * (roomiest()), else it stands behind it. */
static void
greet (OtPool *self, OtPg *pg)
{
  OtStatement *statement = ot_statement_new (self->greeting);

  statement->pool = self;
  statement->given_up = TRUE;
  ot_pg_send (pg, statement);
}

static gboolean
is_connected (const OtPool *self)
{
  return ot_pool_n_connections (self) > 0;
}

static void
on_ready (OtPg *pg, gpointer user_data)
{
  OtPool *self = user_data;

  if (self->away)
    ot_info ("the database is back (%s), %u statements wait", self->name, self->count);
  self->away = FALSE;
  if (self->greeting != NULL)
    greet (self, pg);
  feed (self);
  tell_opened (self, NULL);
}

static void
on_lost (OtPg *pg, GQueue *unanswered, const char *message, gpointer user_data)
{
  OtPool *self = user_data;

  ot_debug ("a connection is lost: %s", message);
  self->doubtful = self->opened == NULL;
  if (!self->away && !is_connected (self)) {
    self->away = TRUE;
    if (self->opened == NULL)
      ot_warning ("the database is away (%s): %s", self->name, message);
  }
  while (unanswered->tail != NULL) {
    OtStatement *statement = unanswered->tail->data;

    if (statement->given_up)
      ot_statement_free (statement);
    else
      ot_statement_move_front (statement, &self->waiting);
  }
  feed (self);
  tell_opened (self, message);
}

static const OtPgListener listener = { on_ready, on_answered, on_lost };

/* ---- public ---- */

OtPool *
ot_pool_new (const OtPoolOptions *options, OtPoolOpened opened, gpointer user_data)
{
  OtPool *self = g_new0 (OtPool, 1);

  self->name = options->name;
  self->greeting = options->greeting;
  self->opened = opened;
  self->opened_data = user_data;
  self->limit = options->limit;
  self->figures = options->figures;
  self->n_connections = options->connections;
  self->connections = g_new0 (OtPg *, options->connections);
  for (int i = 0; i < options->connections; i++)
    self->connections[i] = ot_pg_new (options->login, options->settings,
                                      options->statement_timeout_ms, &listener, self);
  return self;
}

void
ot_pool_send (OtPool *self,
              OtStatement *statement,
              gint64 patience_us,
              OtAnswered answered,
              gpointer user_data)
{
  gboolean full = patience_us > 0 && ot_pool_is_full (self);

  statement->pool = self;
  statement->answered = answered;
  statement->user_data = user_data;
  self->count++;
  if (patience_us > 0)
    ot_timer_arm (&statement->patience, full ? 0 : now_us () + patience_us, on_patience, statement);
  ot_statement_move (statement, full ? &self->paused : &self->waiting);
  feed (self);
}

guint
ot_pool_waiting (const OtPool *self)
{
  return self->count;
}

gboolean
ot_pool_is_full (const OtPool *self)
{
  return self->count >= self->limit;
}

gboolean
ot_pool_is_available (const OtPool *self)
{
  for (int i = 0; i < self->n_connections; i++) {
    gint64 asked_us = ot_pg_asked_us (self->connections[i]);

    if (asked_us != 0 && now_us () - asked_us > HANGING_US)
      return FALSE;
  }
  return is_connected (self) && !self->doubtful;
}

void
ot_pool_drain (OtPool *self, gint64 patience_us, OtPoolDrained drained, gpointer user_data)
{
  self->drained = drained;
  self->drained_data = user_data;
  ot_timer_arm (&self->drain_timer, self->count > 0 ? now_us () + patience_us : 0, on_drained,
                self);
}

static void
abandon (OtPool *self, GQueue *queue)
{
  while (queue->head != NULL)
    conclude (self, queue->head->data, NULL);
}

void
ot_pool_free (OtPool *self)
{
  if (self == NULL)
    return;
  for (int i = 0; i < self->n_connections; i++)
    ot_pg_free (self->connections[i], &self->waiting);
  self->n_connections = 0;
  abandon (self, &self->waiting);
  abandon (self, &self->paused);
  tell_opened (self, "closed");
  ot_timer_cancel (&self->drain_timer);
  g_free (self->connections);
  g_free (self);
}
