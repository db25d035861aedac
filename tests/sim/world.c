/* A heap of what is planned, by its instant, then by when it was planned. */

#include "world.h"

#include <math.h>

typedef struct {
  gint64 due_us;
  guint64 sequence;
  OtTimer *timer; /* borrowed; or NULL: a plan */
  guint group;
  WorldFunc func;
  gpointer user_data;
  GDestroyNotify destroy; /* nullable */
  guint place;            /* in the heap */
} Entry;

struct _World {
  OtClock clock; /* the first member: the clock is the world */
  OtScheduler scheduler;
  gint64 now_us;
  gint64 wall_offset_us;
  gint64 stalled_until_us;
  guint stalled_group;
  guint64 random;
  guint64 hash;
  guint64 sequence;
  GPtrArray *heap; /* of Entry */
};

static gboolean
comes_before (const Entry *a, const Entry *b)
{
  return a->due_us != b->due_us ? a->due_us < b->due_us : a->sequence < b->sequence;
}

static void
put (World *self, guint place, Entry *entry)
{
  self->heap->pdata[place] = entry;
  entry->place = place;
}

static void
sift_up (World *self, Entry *entry)
{
  guint place = entry->place;

  while (place > 0 && comes_before (entry, self->heap->pdata[(place - 1) / 2])) {
    put (self, place, self->heap->pdata[(place - 1) / 2]);
    place = (place - 1) / 2;
  }
  put (self, place, entry);
}

static void
sift_down (World *self, Entry *entry)
{
  guint place = entry->place;

  for (;;) {
    guint child = 2 * place + 1;
    if (child >= self->heap->len)
      break;
    if (child + 1 < self->heap->len
        && comes_before (self->heap->pdata[child + 1], self->heap->pdata[child]))
      child++;
    if (!comes_before (self->heap->pdata[child], entry))
      break;
    put (self, place, self->heap->pdata[child]);
    place = child;
  }
  put (self, place, entry);
}

static void
insert (World *self, Entry *entry, gint64 due_us)
{
  entry->due_us = MAX (due_us, self->now_us);
  entry->sequence = self->sequence++;
  g_ptr_array_add (self->heap, entry);
  entry->place = self->heap->len - 1;
  sift_up (self, entry);
}

static Entry *
add (World *self, gint64 due_us)
{
  Entry *entry = g_new0 (Entry, 1);

  insert (self, entry, due_us);
  return entry;
}

/* Returns: (transfer full) */
static Entry *
take (World *self, Entry *entry)
{
  Entry *last = self->heap->pdata[self->heap->len - 1];
  guint place = entry->place;

  g_ptr_array_set_size (self->heap, (gint)self->heap->len - 1);
  if (last != entry) {
    put (self, place, last);
    sift_up (self, last);
    sift_down (self, last);
  }
  return entry;
}

/* ---- the code's clock and timers ---- */

static gint64
read_mono (const OtClock *clock)
{
  return ((const World *)clock)->now_us;
}

static gint64
read_wall (const OtClock *clock)
{
  return ((const World *)clock)->now_us + ((const World *)clock)->wall_offset_us;
}

static void
arm (gpointer data, OtTimer *timer)
{
  Entry *entry = add (data, timer->due_us);

  entry->timer = timer;
  timer->armed = entry;
}

static void
cancel (gpointer data, OtTimer *timer)
{
  g_free (take (data, timer->armed));
}

static void
drop (Entry *entry)
{
  if (entry->destroy != NULL)
    entry->destroy (entry->user_data);
  g_free (entry);
}

World *
world_new (guint64 seed)
{
  World *self = g_new0 (World, 1);

  self->clock = (OtClock){ read_mono, read_wall };
  self->scheduler = (OtScheduler){ self, arm, cancel };
  self->now_us = 1000 * G_USEC_PER_SEC;
  self->wall_offset_us = 1700000000 * (gint64)G_USEC_PER_SEC;
  self->random = seed * 0x9e3779b97f4a7c15u + 1;
  self->hash = 0xcbf29ce484222325u;
  self->heap = g_ptr_array_new ();
  ot_timer_set_scheduler (&self->scheduler);
  return self;
}

void
world_free (World *self)
{
  for (guint i = 0; i < self->heap->len; i++) {
    Entry *entry = self->heap->pdata[i];
    g_assert (entry->timer == NULL); /* whose owner is gone already */
    drop (entry);
  }
  ot_timer_set_scheduler (NULL);
  g_ptr_array_unref (self->heap);
  g_free (self);
}

const OtClock *
world_clock (const World *self)
{
  return &self->clock;
}

gint64
world_now_us (const World *self)
{
  return self->now_us;
}

gint64
world_wall_us (const World *self)
{
  return read_wall (&self->clock);
}

void
world_step_wall (World *self, gint64 by_us)
{
  self->wall_offset_us += by_us;
}

/* ---- plans ---- */

void
world_plan (World *self,
            gint64 delay_us,
            guint group,
            WorldFunc func,
            gpointer user_data,
            GDestroyNotify destroy)
{
  Entry *entry = add (self, self->now_us + delay_us);

  entry->group = group;
  entry->func = func;
  entry->user_data = user_data;
  entry->destroy = destroy;
}

void
world_forget (World *self, guint group)
{
  for (guint i = 0; i < self->heap->len; i++) {
    Entry *entry = self->heap->pdata[i];
    if (entry->timer == NULL && entry->group == group)
      entry->func = NULL;
  }
}

void
world_stall (World *self, guint group, gint64 for_us)
{
  self->stalled_group = group;
  self->stalled_until_us = self->now_us + for_us;
}

gboolean
world_is_stalled (const World *self)
{
  return self->stalled_until_us > self->now_us;
}

static gboolean
must_wait (const World *self, const Entry *entry)
{
  return world_is_stalled (self) && (entry->timer != NULL || entry->group == self->stalled_group);
}

gboolean
world_run_one (World *self, gint64 until_us)
{
  Entry *entry = self->heap->len > 0 ? self->heap->pdata[0] : NULL;

  if (entry == NULL || entry->due_us > until_us) {
    self->now_us = MAX (self->now_us, until_us);
    return FALSE;
  }
  self->now_us = entry->due_us;
  take (self, entry);
  if (must_wait (self, entry)) {
    insert (self, entry, self->stalled_until_us);
    return TRUE;
  }
  if (entry->timer != NULL)
    ot_timer_fire (entry->timer);
  else if (entry->func != NULL)
    entry->func (entry->user_data);
  drop (entry);
  return TRUE;
}

/* ---- chance: xorshift64* ---- */

static guint64
draw (World *self)
{
  self->random ^= self->random >> 12;
  self->random ^= self->random << 25;
  self->random ^= self->random >> 27;
  return self->random * 0x2545f4914f6cdd1du;
}

gint64
world_between (World *self, gint64 from, gint64 to)
{
  return from + (gint64)(draw (self) % (guint64)(to - from + 1));
}

gboolean
world_percent (World *self, int percent)
{
  return world_between (self, 0, 99) < percent;
}

gint64
world_until (World *self, gint64 mean_us)
{
  double even = (double)(draw (self) >> 11) / (double)(1ull << 53);

  return (gint64)(-log (1 - even) * (double)mean_us) + 1;
}

void
world_trace (World *self, gint64 a, gint64 b)
{
  self->hash = (self->hash ^ (guint64)a) * 0x100000001b3u;
  self->hash = (self->hash ^ (guint64)b) * 0x100000001b3u;
}

guint64
world_hash (const World *self)
{
  return self->hash;
}
