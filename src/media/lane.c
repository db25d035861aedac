/* A GThreadPool whose items are lanes. A lane is in the pool's queue, or being worked on, exactly
 * while it has jobs. */

#include "lane.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "media-log.h"

struct _OtWorkers {
  GThreadPool *pool; /* owned */
  GMutex lock;
  GCond idle;
  guint n_lanes; /* guarded by lock: those that have jobs */
};

typedef struct {
  OtJob job;
  gpointer data;
  GDestroyNotify destroy;
} Item;

struct _OtLane {
  gatomicrefcount references;
  OtWorkers *workers; /* borrowed */
  GMutex lock;
  GQueue items; /* guarded by lock: of Item */
};

static void
count_lanes (OtWorkers *self, int change)
{
  g_mutex_lock (&self->lock);
  self->n_lanes += (guint)change;
  if (self->n_lanes == 0)
    g_cond_broadcast (&self->idle);
  g_mutex_unlock (&self->lock);
}

/* Once a thread, before its first job: what a job starts, webrtcbin's threads, stands back with it.
 */
static void
stand_back (void)
{
  static _Thread_local gboolean is_done;
  const id_t thread = (id_t)gettid ();

  if (is_done)
    return;
  is_done = TRUE;
  if (setpriority (PRIO_PROCESS, thread, getpriority (PRIO_PROCESS, thread) + OT_WORKERS_NICE) != 0)
    ot_debug ("a worker keeps its priority: %s", g_strerror (errno));
}

static void
run_one (gpointer data, gpointer user_data)
{
  OtLane *self = data;
  OtWorkers *workers = self->workers;
  Item *item;
  gboolean has_more;

  stand_back ();
  g_mutex_lock (&self->lock);
  item = g_queue_peek_head (&self->items);
  g_mutex_unlock (&self->lock);

  item->job (item->data);
  if (item->destroy != NULL)
    item->destroy (item->data);

  g_mutex_lock (&self->lock);
  g_free (g_queue_pop_head (&self->items));
  has_more = !g_queue_is_empty (&self->items);
  g_mutex_unlock (&self->lock);
  if (has_more) {
    g_thread_pool_push (workers->pool, self, NULL);
    return;
  }
  ot_lane_unref (self);
  count_lanes (workers, -1);
}

OtWorkers *
ot_workers_new (guint n_threads)
{
  OtWorkers *self = g_new0 (OtWorkers, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->idle);
  self->pool = g_thread_pool_new (run_one, NULL, (int)n_threads, TRUE, NULL);
  return self;
}

void
ot_workers_free (OtWorkers *self)
{
  g_mutex_lock (&self->lock);
  while (self->n_lanes > 0)
    g_cond_wait (&self->idle, &self->lock);
  g_mutex_unlock (&self->lock);
  g_thread_pool_free (self->pool, FALSE, TRUE);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->idle);
  g_free (self);
}

OtLane *
ot_lane_new (OtWorkers *workers)
{
  OtLane *self = g_new0 (OtLane, 1);

  g_atomic_ref_count_init (&self->references);
  self->workers = workers;
  g_mutex_init (&self->lock);
  g_queue_init (&self->items);
  return self;
}

void
ot_lane_unref (OtLane *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* The lane that gets its first job goes into the pool, with a reference of its own. */
static gboolean
push (OtLane *self, OtJob job, gpointer data, GDestroyNotify destroy, guint limit)
{
  gboolean fits;
  gboolean was_empty;

  g_mutex_lock (&self->lock);
  was_empty = g_queue_is_empty (&self->items);
  fits = g_queue_get_length (&self->items) < limit;
  if (fits) {
    Item item = { job, data, destroy };

    g_queue_push_tail (&self->items, g_memdup2 (&item, sizeof item));
  }
  g_mutex_unlock (&self->lock);
  if (fits && was_empty) {
    g_atomic_ref_count_inc (&self->references);
    count_lanes (self->workers, 1);
    g_thread_pool_push (self->workers->pool, self, NULL);
  }
  return fits;
}

gboolean
ot_lane_push (OtLane *self, OtJob job, gpointer data, GDestroyNotify destroy)
{
  gboolean fits = push (self, job, data, destroy, OT_LANE_MAX);

  if (!fits && destroy != NULL)
    destroy (data);
  return fits;
}

void
ot_lane_push_always (OtLane *self, OtJob job, gpointer data, GDestroyNotify destroy)
{
  push (self, job, data, destroy, G_MAXUINT);
}
