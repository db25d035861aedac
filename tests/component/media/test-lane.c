/* Lanes into a pool of workers: order, limit, and who gives way to whom. */

#include <glib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lane.h"

#define N_JOBS 200

/* ---- in order, one at a time ---- */

typedef struct {
  GMutex busy;  /* held by a job: two at once would meet */
  GArray *done; /* of guint */
} Diary;

typedef struct {
  Diary *diary;
  guint number;
} Entry;

static void
write_entry (gpointer data)
{
  Entry *entry = data;

  g_assert_true (g_mutex_trylock (&entry->diary->busy));
  g_array_append_val (entry->diary->done, entry->number);
  g_mutex_unlock (&entry->diary->busy);
}

static void
test_order (void)
{
  OtWorkers *workers = ot_workers_new (4);
  OtLane *lanes[2];
  Diary diaries[2];

  for (guint i = 0; i < 2; i++) {
    lanes[i] = ot_lane_new (workers);
    g_mutex_init (&diaries[i].busy);
    diaries[i].done = g_array_new (FALSE, FALSE, sizeof (guint));
  }
  for (guint number = 0; number < N_JOBS; number++)
    for (guint i = 0; i < 2; i++) {
      Entry entry = { &diaries[i], number };

      ot_lane_push_always (lanes[i], write_entry, g_memdup2 (&entry, sizeof entry), g_free);
    }
  for (guint i = 0; i < 2; i++)
    ot_lane_unref (lanes[i]);
  ot_workers_free (workers);
  for (guint i = 0; i < 2; i++) {
    g_assert_cmpuint (diaries[i].done->len, ==, N_JOBS);
    for (guint number = 0; number < N_JOBS; number++)
      g_assert_cmpuint (g_array_index (diaries[i].done, guint, number), ==, number);
    g_array_unref (diaries[i].done);
    g_mutex_clear (&diaries[i].busy);
  }
}

/* ---- a lane that is full ---- */

static void
wait_for_gate (gpointer gate)
{
  g_mutex_lock (gate);
  g_mutex_unlock (gate);
}

static void
count (gpointer n)
{
  (*(guint *)n)++;
}

static void
test_limit (void)
{
  OtWorkers *workers = ot_workers_new (1);
  OtLane *lane = ot_lane_new (workers);
  GMutex gate;
  guint n_freed = 0;
  guint n_taken = 0;

  g_mutex_init (&gate);
  g_mutex_lock (&gate);
  ot_lane_push (lane, wait_for_gate, &gate, NULL);
  while (ot_lane_push (lane, count, &n_freed, NULL))
    n_taken++;
  g_assert_cmpuint (n_taken, ==, OT_LANE_MAX - 1);
  ot_lane_push_always (lane, count, &n_freed, NULL);
  g_mutex_unlock (&gate);
  ot_lane_unref (lane);
  ot_workers_free (workers);
  g_assert_cmpuint (n_freed, ==, OT_LANE_MAX);
  g_mutex_clear (&gate);
}

/* ---- priority ---- */

static int
nice_of_thread (void)
{
  return getpriority (PRIO_PROCESS, (id_t)gettid ());
}

static gpointer
read_nice (gpointer out)
{
  *(int *)out = nice_of_thread ();
  return NULL;
}

/* What a job starts, as webrtcbin's thread. */
static void
start_thread (gpointer out)
{
  g_thread_join (g_thread_new ("started-by-a-job", read_nice, out));
}

static void
test_workers_give_way (void)
{
  OtWorkers *workers = ot_workers_new (1);
  OtLane *lane = ot_lane_new (workers);
  const int ours = nice_of_thread ();
  int theirs[2];

  for (guint i = 0; i < 2; i++) /* no nicer with each job */
    ot_lane_push (lane, start_thread, &theirs[i], NULL);
  ot_lane_unref (lane);
  ot_workers_free (workers);
  for (guint i = 0; i < 2; i++)
    g_assert_cmpint (theirs[i], ==, MIN (ours + OT_WORKERS_NICE, 19));
  g_assert_cmpint (nice_of_thread (), ==, ours);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lane/order", test_order);
  g_test_add_func ("/lane/limit", test_limit);
  g_test_add_func ("/lane/workers-give-way", test_workers_give_way);
  return g_test_run ();
}
