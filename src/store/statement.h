#pragma once

#include <libpq-fe.h>

#include "timer.h"

/**
 * OtAnswered:
 * @result: (nullable): PostgreSQL's answer, which may be an error for good; borrowed
 * @user_data: as given
 *
 * @result is NULL when the statement's patience was over first, or too much waited already.
 */
typedef void (*OtAnswered) (const PGresult *result, gpointer user_data);

/**
 * OtStatement:
 *
 * One SQL statement with its parameters, on its way to the database: idempotent, since it is sent
 * again when its answer is lost. Made with ot_statement_new() and the adders, given away to
 * ot_pool_send(); the rest of the members is the pool's.
 */
typedef struct {
  const char *sql;       /* static, or owned in @text */
  char *text;            /* (nullable), owned */
  GPtrArray *parameters; /* owned; of char *, NULL for SQL's NULL */

  OtAnswered answered; /* NULL: nobody waits */
  gpointer user_data;
  int *step;         /* (nullable), borrowed: how far it is, by its own word (OT100) */
  gboolean given_up; /* answered already, for lack of patience; what comes still is dropped */
  guint tries;       /* how often an answer said "try again" */
  gint64 sent_us;    /* monotonic; when it was handed to libpq last */
  GList link;        /* its place in @queue */
  GQueue *queue;     /* (nullable): the one queue that has it and owns it */
  OtTimer patience;  /* fires: answered with NULL */
  OtTimer pause;     /* fires: waits for a connection again */
  gpointer pool;     /* for the timers */
} OtStatement;

/** ot_statement_new: @sql with $1, $2 … for the parameters; must live as long as the program. */
OtStatement *ot_statement_new (const char *sql);

/** ot_statement_new_text: the same with text made at run time: (transfer full). */
OtStatement *ot_statement_new_text (char *sql);

/** The next parameter; text may be NULL for SQL's NULL; bytes as bytea. */
void ot_statement_add (OtStatement *self, const char *value);
void ot_statement_add_int (OtStatement *self, gint64 value);
void ot_statement_add_bool (OtStatement *self, gboolean value);
void ot_statement_add_bytes (OtStatement *self, const guint8 *bytes, gsize length);

/** ot_statement_add_printf: for array texts of numbers. */
void ot_statement_add_printf (OtStatement *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/** ot_statement_add_texts: an array of texts; quoted. */
void ot_statement_add_texts (OtStatement *self, const char *const *values);

/** ot_statement_move: to the end of @queue, or its front; NULL: out of all. A queue owns what is in
 * it. */
void ot_statement_move (OtStatement *self, GQueue *queue);
void ot_statement_move_front (OtStatement *self, GQueue *queue);

void ot_statement_free (OtStatement *self);
