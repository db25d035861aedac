#pragma once

#include "statement.h"

/**
 * SECTION:pg
 *
 * One connection to PostgreSQL on the main loop: libpq's asynchronous interface in pipeline mode,
 * each statement a transaction of its own, prepared when it is asked first. It connects by itself,
 * again and again with a growing, jittered pause, until it is freed; it never sends a statement
 * twice: those that it had when it broke go back to the listener.
 *
 * PQconnectStart() resolves a host's name and so may block: it runs in a worker thread. (Of several
 * hosts in one text, libpq resolves the later ones while it polls: give addresses there.)
 *
 * Thread: main loop. Callbacks come from the main loop, never from inside a call of these
 * functions; ot_pg_free() may be called from one.
 */
typedef struct _OtPg OtPg;

/**
 * OtLogin:
 *
 * Which database, and as whom. Borrowed by connections, which look at it each time that they
 * connect: what changes counts from the next one on.
 */
typedef struct {
  char *conninfo; /* URL or key=value text; "options" in it may change our time-outs */
  char *password; /* (nullable): stronger than one within @conninfo */
} OtLogin;

typedef struct {
  /** Statements can be sent. */
  void (*ready) (OtPg *pg, gpointer user_data);

  /** @statement, given back, has its @result, borrowed. */
  void (*answered) (OtPg *pg, OtStatement *statement, const PGresult *result, gpointer user_data);

  /** No connection, or no more; @statement by @statement went to @unanswered in order and is the
   * listener's now. */
  void (*lost) (OtPg *pg, GQueue *unanswered, const char *message, gpointer user_data);
} OtPgListener;

/**
 * ot_pg_new:
 * @login: borrowed
 * @settings: (nullable): "-c NAME=VALUE …", which nothing in @login changes; copied
 * @statement_timeout_ms: the server gives a statement up after this; 5 s later we give the
 * connection up
 * @listener: borrowed; static
 *
 * Begins to connect at once. Needs PostgreSQL 15 or newer; an older one is a lost connection with
 * that message.
 */
OtPg *ot_pg_new (const OtLogin *login,
                 const char *settings,
                 int statement_timeout_ms,
                 const OtPgListener *listener,
                 gpointer user_data);

/** ot_pg_is_ready: whether it is connected. */
gboolean ot_pg_is_ready (const OtPg *self);

/** ot_pg_room: how many statements it would take now; 0 while not connected. */
guint ot_pg_room (const OtPg *self);

/** ot_pg_send: @statement is the connection's until answered or lost. Only with room. */
void ot_pg_send (OtPg *self, OtStatement *statement);

/** ot_pg_asked_us: since when the oldest answer is awaited, monotonic; 0: none is. */
gint64 ot_pg_asked_us (const OtPg *self);

/** ot_pg_free: closes; statements that it has go to @unanswered. */
void ot_pg_free (OtPg *self, GQueue *unanswered);
