/* People: they do as they like, at any time, and some of what they say comes twice, late or never.
 * What they are told is held against the ledger: nobody is told what is not committed. */

#include <stdlib.h>

#include "city.h"

#define THINKING_US                                                                                \
  (5 * 60 * (gint64)G_USEC_PER_SEC) /* on average, between two things that a person does */
#define TALK_US (90 * 60 * (gint64)G_USEC_PER_SEC) /* on average, until somebody has had enough */

typedef struct {
  City *city;
  int person;
  int call; /* number */
  OtInType type;
} Word;

static const char *const names[2 * PAIRS] = { "u0", "u1", "u2", "u3", "o0", "o1", "o2", "o3" };
G_STATIC_ASSERT (PAIRS == 4);

int
city_person (const char *user_id)
{
  return (user_id[0] == 'u' ? 0 : PAIRS) + user_id[1] - '0';
}

int
city_call_number (const char *call_id)
{
  int number = 0;

  for (const char *digit = call_id + 1; *digit != '\0';
       digit++) /* atoi() took a tenth of all time */
    number = number * 10 + *digit - '0';
  return number;
}

/* ---- what they say ---- */

static void
hand_over (const Word *word)
{
  City *city = word->city;
  char session[16], call_id[16], callee[4];
  OtSender sender = { names[word->person], session, 0 };
  OtIn event = { .type = word->type };

  if (city->registry == NULL || !city->people[word->person].online)
    return;
  g_snprintf (session, sizeof session, "s%u", city->people[word->person].session);
  g_snprintf (call_id, sizeof call_id, "c%d", word->call);
  g_snprintf (callee, sizeof callee, "o%d", (int)(word->call % PAIRS));
  switch ((int)word->type) {
  case OT_IN_CALL_REQUEST:
    event.call_request.call_id = call_id;
    event.call_request.to_user_id = callee;
    break;
  case OT_IN_CALL_CANCEL:
    event.call_cancel.call_id = call_id;
    break;
  case OT_IN_CALL_ACCEPT:
    event.call_accept.call_id = call_id;
    break;
  case OT_IN_CALL_REJECT:
    event.call_reject.call_id = call_id;
    break;
  default:
    event.call_end_request.call_id = call_id;
  }
  ot_registry_event (city->registry, &sender, &event);
}

/* Whoever stands still hears it afterwards. */
static void
on_word (gpointer data)
{
  Word *word = data;

  if (world_is_stalled (word->city->world))
    world_plan (word->city->world, G_USEC_PER_SEC / 10, 0, on_word, g_memdup2 (word, sizeof *word),
                g_free);
  else
    hand_over (word);
}

/* Three per cent are lost, five come twice, each when it likes. */
static void
say (City *city, int person, int call, OtInType type, gint64 delay_us)
{
  Word word = { city, person, call, type };
  int copies = world_percent (city->world, 3) ? 0 : world_percent (city->world, 5) ? 2 : 1;

  while (copies-- > 0)
    world_plan (city->world,
                delay_us + world_between (city->world, 0, 300 * G_TIME_SPAN_MILLISECOND), 0,
                on_word, g_memdup2 (&word, sizeof word), g_free);
}

/* ---- what they do ---- */

static void plan_deed (City *city, int person);

static void
go_or_come (City *city, int person)
{
  char session[16];
  OtSender sender = { names[person], session, 0 };

  city->people[person].online = !city->people[person].online;
  if (city->people[person].online)
    city->people[person].session++;
  g_snprintf (session, sizeof session, "s%u", city->people[person].session);
  if (city->registry == NULL)
    return;
  if (city->people[person].online)
    ot_registry_opened (city->registry, &sender);
  else
    ot_registry_closed (city->registry, &sender);
}

static void
on_come_back (gpointer data)
{
  Word *word = data;

  if (world_is_stalled (word->city->world))
    world_plan (word->city->world, G_USEC_PER_SEC / 10, 0, on_come_back,
                g_memdup2 (word, sizeof *word), g_free);
  else if (!word->city->people[word->person].online)
    go_or_come (word->city, word->person);
}

static void
do_something (City *city, int person)
{
  World *world = city->world;
  Word back = { city, person, 0, OT_IN_HEARTBEAT };

  if (!city->people[person].online || world_is_stalled (world))
    return;
  if (world_percent (world, 5)) {
    go_or_come (city, person);
    world_plan (world, world_between (world, 0, 90 * G_USEC_PER_SEC), 0, on_come_back,
                g_memdup2 (&back, sizeof back), g_free);
  } else if (person < PAIRS && !city->stopping) {
    int call = city->n_calls++;
    say (city, person, call, OT_IN_CALL_REQUEST, 0);
    if (world_percent (world, 3))
      say (city, person, call, OT_IN_CALL_CANCEL, world_between (world, 0, 20 * G_USEC_PER_SEC));
  } else if (city->n_calls > 0) { /* something wrong, about some call */
    static const OtInType wrong[] = { OT_IN_CALL_CANCEL, OT_IN_CALL_ACCEPT, OT_IN_CALL_REJECT };
    say (city, person, (int)world_between (world, MAX (0, city->n_calls - 20), city->n_calls - 1),
         wrong[world_between (world, 0, 2)], 0);
  }
}

static void
on_deed (gpointer data)
{
  Word *word = data;

  do_something (word->city, word->person);
  plan_deed (word->city, word->person);
}

static void
plan_deed (City *city, int person)
{
  Word word = { city, person, 0, OT_IN_HEARTBEAT };

  world_plan (city->world, world_until (city->world, THINKING_US), 0, on_deed,
              g_memdup2 (&word, sizeof word), g_free);
}

void
people_begin (City *self)
{
  for (int i = 0; i < 2 * PAIRS; i++) {
    self->people[i].session = (guint)(i + 1) << 24; /* no two have the same */
    go_or_come (self, i);
    plan_deed (self, i);
  }
}

void
people_forget_connections (City *self)
{
  Word back = { self, 0, 0, OT_IN_HEARTBEAT };

  for (int i = 0; i < 2 * PAIRS; i++) {
    if (!self->people[i].online)
      continue;
    self->people[i].online = FALSE;
    back.person = i;
    world_plan (self->world, world_between (self->world, 0, 60 * G_USEC_PER_SEC), 0, on_come_back,
                g_memdup2 (&back, sizeof back), g_free);
  }
}

/* ---- what they are told ---- */

static void
complain (City *city, int call, const char *what)
{
  city_found (city, g_strdup_printf ("call %d: %s", call, what));
}

static void
hear_tick (City *city, int person, const OtOutCallTick *tick)
{
  SimCall *call = ledger_find (&city->ledger, city_call_number (tick->call_id));

  if (call == NULL || call->units < tick->unit_index)
    complain (city, city_call_number (tick->call_id), "a tick of what is not committed");
  else if (person < PAIRS && tick->unit_index <= call->told_units)
    complain (city, call->id, "a unit was told twice");
  else if (person < PAIRS) {
    call->missed_a_tick |= tick->unit_index != call->told_units + 1;
    call->told_units = (int)tick->unit_index;
    call->told_charged += tick->charged;
  }
}

static void
hear_end (City *city, int person, const OtOutCallEnd *end)
{
  SimCall *call = ledger_find (&city->ledger, city_call_number (end->call_id));

  if (call == NULL || ledger_is_live (call))
    complain (city, city_call_number (end->call_id), "its end was told before it was committed");
  else if (!call->recovered
           && (end->total_seconds != call->total_seconds
               || !g_str_equal (end->reason, ot_reason_name (call->reason))))
    complain (city, call->id, "its end was told otherwise than it is stored");
  else if (!call->recovered && person < PAIRS && !call->missed_a_tick
           && call->told_units == call->units && call->told_charged != call->charged)
    complain (city, call->id, "the ticks add up to something else than was charged");
}

static void
hear (City *city, int person, const OtOut *event)
{
  World *world = city->world;

  world_trace (world, person * 64 + (int)event->type, world_now_us (world));
  switch ((int)event->type) {
  case OT_OUT_INCOMING_CALL:
    if (world_percent (world, 88))
      say (city, person, city_call_number (event->incoming_call.call_id),
           world_percent (world, 92) ? OT_IN_CALL_ACCEPT : OT_IN_CALL_REJECT,
           world_between (world, 0, 20 * G_USEC_PER_SEC));
    break;
  case OT_OUT_CALL_CONNECTED:
    say (city, person, city_call_number (event->call_connected.call_id), OT_IN_CALL_END_REQUEST,
         world_until (world, TALK_US));
    break;
  case OT_OUT_CALL_TICK:
    hear_tick (city, person, &event->call_tick);
    break;
  case OT_OUT_CALL_END:
    hear_end (city, person, &event->call_end);
    break;
  }
}

static void
tell_session (gpointer data, const char *session_id, const OtOut *event)
{
  City *city = data;
  guint session = session_id != NULL ? (guint)atoi (session_id + 1) : 0;

  if (session_id == NULL)
    city_found (city, g_strdup ("something is told to nobody, which no server survives"));

  for (int i = 0; i < 2 * PAIRS; i++)
    if (city->people[i].online && city->people[i].session == session) {
      hear (city, i, event);
      return;
    }
}

static void
tell_user (gpointer data, const char *user_id, const char *except_session_id, const OtOut *event)
{
  City *city = data;
  int person = city_person (user_id);

  if (city->people[person].online
      && (except_session_id == NULL
          || (guint)atoi (except_session_id + 1) != city->people[person].session))
    hear (city, person, event);
}

static gboolean
is_online (gpointer data, const char *user_id)
{
  return ((City *)data)->people[city_person (user_id)].online;
}

static const OtIceServer *
no_ice_servers (gpointer data, const char *user_id, gsize *n_servers)
{
  *n_servers = 0;
  return NULL;
}

OtTellPort
people_port (City *self)
{
  return (OtTellPort){ self, tell_session, tell_user, is_online, no_ice_servers };
}
