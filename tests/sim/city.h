#pragma once

#include "ledger.h"
#include "registry.h"

/**
 * City:
 *
 * A server's calls (the code under test: src/call/, src/core/) and all that is around them,
 * simulated: people who do as they like, voices that fall silent, messages that come twice, late or
 * never, a database that goes away or loses its answers, clocks that are set, a server that dies or
 * is taken for dead.
 */
typedef struct {
  World *world;         /* owned */
  Ledger ledger;        /* of the database, which survives everything */
  OtRegistry *registry; /* owned; NULL: the server is down */
  OtCallSettings settings;
  guint life; /* counts the server's lives: what belongs to one of them is planned in its group */
  gboolean stopping;
  gint64 away_until_us; /* the database */
  GPtrArray *writes;    /* of Write: on their way to the database */
  GPtrArray *voices;    /* of Voice, owned, by the call's number */
  GPtrArray
      *silences; /* of GArray of gint64, by the call's number: the truth, when voices fell silent */
  struct {
    gboolean online;
    guint session;     /* its connection's number */
  } people[2 * PAIRS]; /* users, then otomos */
  int n_calls;
  gint64 talked_us; /* of all calls */
  guint n_crashes;
  char *violation; /* owned; the first that was found */
} City;

City *city_new (guint64 seed, const char *broken);
void city_free (City *self);

/** city_live: lets so much time pass, then everything end in order. Returns: FALSE: see violation
 */
gboolean city_live (City *self, gint64 duration_us);

/* Its parts. */
OtRecordPort store_port (City *self);
void store_crash (City *self);
OtMediaPort voice_port (City *self);
void voice_close_all (City *self);

/** voice_break: the media of one of the calls breaks. */
void voice_break (City *self);

/** voice_fell_silent_at: whether the last packet of one of the call's voices before a silence was
 * at that instant. */
gboolean voice_fell_silent_at (City *city, int call, gint64 at_us);
OtTellPort people_port (City *self);
void people_begin (City *self);
void people_forget_connections (City *self);
void city_found (City *self, char *violation);
int city_call_number (const char *call_id);
int city_person (const char *user_id);
