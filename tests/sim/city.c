/* Puts the server into its city, and lets misfortunes happen. */

#include "city.h"

#include "audit.h"

#define S G_USEC_PER_SEC
#define MINUTE (60 * (gint64)S)

typedef void (*Misfortune) (City *self);

void
city_found (City *self, char *violation)
{
  if (self->violation == NULL)
    self->violation = violation;
  else
    g_free (violation);
}

/* ---- the server's lives ---- */

static void
start_server (gpointer data)
{
  City *self = data;
  OtCallPorts ports = { store_port (self), voice_port (self), people_port (self),
                        world_clock (self->world), self->settings };

  ledger_recover (&self->ledger);
  city_found (self, audit_all (&self->ledger));
  self->life++;
  self->stopping = FALSE;
  self->registry = ot_registry_new (&ports);
}

static void
drop_server (City *self)
{
  world_forget (self->world, self->life);
  world_stall (self->world, self->life, 0); /* whoever is dead does not stand still */
  store_crash (self);
  g_clear_pointer (&self->registry, ot_registry_free);
  voice_close_all (self);
  people_forget_connections (self);
}

/* ---- misfortunes ---- */

static void
keep_alive (City *self)
{
  gboolean says_so = self->registry != NULL && !world_is_stalled (self->world);
  g_autoptr (GPtrArray) ids = says_so ? ot_registry_alive_ids (self->registry) : NULL;

  for (guint i = 0; ids != NULL && i < ids->len; i++) {
    SimCall *call = ledger_find (&self->ledger, city_call_number (ids->pdata[i]));
    /* by the call's own wall clock, which no step moves: the start and the monotonic time since */
    if (call != NULL && call->started_us != 0)
      ledger_keep_alive (&self->ledger, call->id,
                         call->started_us + world_now_us (self->world) - call->started_mono_us);
  }
}

static void
on_crash (gpointer data)
{
  City *self = data;

  if (self->registry == NULL)
    return;
  self->n_crashes++;
  drop_server (self);
  world_plan (self->world, world_between (self->world, S, 30 * S), 0, start_server, self, NULL);
}

static void
crash (City *self)
{
  keep_alive (self); /* the last time that it was persisted, up to a second before */
  world_plan (self->world, world_between (self->world, 0, S), 0, on_crash, self, NULL);
}

static void
on_quiet (gpointer data)
{
  City *self = data;

  if (self->registry == NULL)
    return;
  if (!ot_registry_is_quiet (self->registry)) {
    world_plan (self->world, S / 10, self->life, on_quiet, self, NULL);
    return;
  }
  drop_server (self);
  world_plan (self->world, world_between (self->world, S, 30 * S), 0, start_server, self, NULL);
}

static gboolean
is_at_work (const City *self)
{
  return self->registry != NULL && !self->stopping && !world_is_stalled (self->world);
}

/* Another server has closed its calls; it hears of that, and stops. */
static void
taken_for_dead (City *self)
{
  if (!is_at_work (self))
    return;
  keep_alive (self);
  ledger_recover (&self->ledger);
  city_found (self, audit_all (&self->ledger));
  self->stopping = TRUE;
  ot_registry_shut_down (self->registry, TRUE);
  on_quiet (self);
}

static void
restart_in_order (City *self)
{
  if (!is_at_work (self))
    return;
  self->stopping = TRUE;
  ot_registry_shut_down (self->registry, FALSE);
  on_quiet (self);
}

static void
database_goes (City *self)
{
  gint64 how_long_us = world_percent (self->world, 70) ? world_between (self->world, 0, 10 * S)
                                                       : world_between (self->world, 0, 90 * S);

  self->away_until_us = MAX (self->away_until_us, world_now_us (self->world) + how_long_us);
}

/* Its loop does nothing, and then all at once; what media said of its own end comes late then. */
static void
stands_still (City *self)
{
  if (!is_at_work (self))
    return;
  keep_alive (self);
  if (world_percent (self->world, 30))
    voice_break (self);
  world_stall (self->world, self->life, world_between (self->world, 0, 100 * S));
}

static void
media_breaks (City *self)
{
  if (self->registry != NULL)
    voice_break (self);
}

static void
wall_clock_is_set (City *self)
{
  world_step_wall (self->world, world_between (self->world, -60, 60) * MINUTE);
}

static void
points_move (City *self)
{
  ledger_move (&self->ledger, (int)world_between (self->world, 0, PAIRS - 1),
               world_between (self->world, -3000, 20000));
  city_found (self, audit (&self->ledger));
}

static void
price_changes (City *self)
{
  self->ledger.prices[world_between (self->world, 0, PAIRS - 1)] =
      world_between (self->world, 1, 300);
}

static void
operator_ends_calls (City *self)
{
  char call_id[16];

  for (guint i = 0; is_at_work (self) && i < self->ledger.calls->len; i++) {
    const SimCall *call = self->ledger.calls->pdata[i];
    if (call == NULL || !ledger_is_live (call))
      continue;
    g_snprintf (call_id, sizeof call_id, "c%d", call->id);
    ot_registry_end (self->registry, call_id);
    return;
  }
}

static const struct {
  Misfortune happens;
  int share; /* of 100 */
} misfortunes[] = { { points_move, 45 },      { price_changes, 10 },      { database_goes, 15 },
                    { wall_clock_is_set, 8 }, { operator_ends_calls, 5 }, { crash, 6 },
                    { restart_in_order, 3 },  { taken_for_dead, 3 },      { stands_still, 4 },
                    { media_breaks, 1 } };

/* A call that the database has and the server does not would keep its people busy for ever. */
static void
look_for_lost_calls (City *self)
{
  if (is_at_work (self) && ot_registry_is_quiet (self->registry)
      && ledger_n_live (&self->ledger) > 0)
    city_found (self, g_strdup ("a call is live that no server knows"));
}

static void
on_misfortune (gpointer data)
{
  City *self = data;
  gint64 lot = world_between (self->world, 0, 99);

  for (gsize i = 0; i < G_N_ELEMENTS (misfortunes); i++) {
    lot -= misfortunes[i].share;
    if (lot < 0) {
      misfortunes[i].happens (self);
      break;
    }
  }
  look_for_lost_calls (self);
  world_plan (self->world, world_until (self->world, 20 * MINUTE), 0, on_misfortune, self, NULL);
}

/* ---- life ---- */

City *
city_new (guint64 seed, const char *broken)
{
  City *self = g_new0 (City, 1);

  self->world = world_new (seed);
  ledger_init (&self->ledger, self->world);
  self->ledger.broken = broken;
  self->writes = g_ptr_array_new ();
  self->voices = g_ptr_array_new ();
  self->silences = g_ptr_array_new ();
  self->settings = (OtCallSettings){ .unit_us = UNIT_US,
                                     .request_timeout_us = 5 * S,
                                     .ring_timeout_us = 45 * S,
                                     .media_timeout_us = 30 * S,
                                     .database_timeout_us = 30 * S,
                                     .watch = { 3 * S, 10 * S, 5 * S, 60 * S },
                                     .charge = self->ledger.charge,
                                     .look_us = world_between (self->world, 1, 200) == 1
                                                    ? S / 10
                                                    : world_between (self->world, 3 * S, 20 * S) };
  start_server (self);
  people_begin (self);
  on_misfortune (self);
  return self;
}

void
city_free (City *self)
{
  drop_server (self);
  g_ptr_array_unref (self->writes);
  g_ptr_array_unref (self->voices);
  for (guint i = 0; i < self->silences->len; i++)
    if (self->silences->pdata[i] != NULL)
      g_array_unref (self->silences->pdata[i]);
  g_ptr_array_unref (self->silences);
  ledger_clear (&self->ledger);
  world_free (self->world);
  g_free (self->violation);
  g_free (self);
}

gboolean
city_live (City *self, gint64 duration_us)
{
  gint64 end_us = world_now_us (self->world) + duration_us;

  while (self->violation == NULL && world_run_one (self->world, end_us))
    ;
  if (self->violation == NULL)
    city_found (self, audit_all (&self->ledger));
  for (guint i = 0; i < self->ledger.calls->len; i++) {
    const SimCall *call = self->ledger.calls->pdata[i];
    if (call != NULL && call->started_us != 0 && call->ended_us != 0)
      self->talked_us += call->ended_us - call->started_us;
  }
  return self->violation == NULL;
}
