#pragma once

#include "pg.h"
#include "pool-figures.h"

/**
 * SECTION:pool
 *
 * A queue of statements in front of a few connections. What was under way when a connection broke,
 * and what PostgreSQL refused for a reason of the moment (a deadlock, a time-out, a restart), is
 * sent again until it is answered or its patience is over; therefore only idempotent statements.
 * Any two may overtake each other.
 *
 * Thread: main loop. Callbacks come from the main loop, never from inside a call but
 * ot_pool_free(), which may be called from one.
 */
typedef struct _OtPool OtPool;

/** @message: (nullable): why the first connection failed, or that the pool was freed before; NULL:
 * it stands. */
typedef void (*OtPoolOpened) (const char *message, gpointer user_data);

typedef void (*OtPoolDrained) (gpointer user_data);

typedef struct {
  const char *name;     /* for the log; static */
  const OtLogin *login; /* see ot_pg_new() */
  const char *settings; /* the same */
  const char *greeting; /* (nullable): SQL, static; what each connection does first. It may fail. */
  int connections;      /* > 0 */
  int statement_timeout_ms;
  guint limit;            /* when so many wait, what has no endless patience is given up at once */
  OtPoolFigures *figures; /* borrowed; written by this pool alone */
} OtPoolOptions;

/**
 * ot_pool_new:
 * @options: copied, but for what it names as borrowed
 * @opened: told once how the first connection went; the pool goes on trying whatever it was
 */
OtPool *ot_pool_new (const OtPoolOptions *options, OtPoolOpened opened, gpointer user_data);

/**
 * ot_pool_send:
 * @statement: (transfer full)
 * @patience_us: how long to wait for an answer; 0: endlessly
 * @answered: (nullable): called once
 */
void ot_pool_send (OtPool *self,
                   OtStatement *statement,
                   gint64 patience_us,
                   OtAnswered answered,
                   gpointer user_data);

/** ot_pool_waiting: how many statements are not answered. */
guint ot_pool_waiting (const OtPool *self);

/** ot_pool_is_full: as many are not answered as its limit says. */
gboolean ot_pool_is_full (const OtPool *self);

/** ot_pool_n_connections: how many of its connections stand. */
guint ot_pool_n_connections (const OtPool *self);

/** ot_pool_is_available: there is a connection, none of them owes an answer for 2 s, and something
 * was answered since one was lost. As fresh as what is asked: somebody should ask now and then. */
gboolean ot_pool_is_available (const OtPool *self);

/** ot_pool_drain: @drained is told once when nothing waits any more, or after @patience_us. Once.
 */
void ot_pool_drain (OtPool *self, gint64 patience_us, OtPoolDrained drained, gpointer user_data);

/** ot_pool_free: what waits is answered with NULL from here, and may not send anew. NULL is fine.
 */
void ot_pool_free (OtPool *self);
