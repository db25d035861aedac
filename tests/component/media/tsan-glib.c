/* Tells ThreadSanitizer how GLib orders things. Debian's GLib is not built with it, and its locks
 * are futexes, so what it guards would look unguarded. Each function here stands in front of GLib's
 * own, for our code and for every library of the process, and adds the edge that GLib's
 * documentation promises. Linked into a test of a build with -Db_sanitize=thread, and nowhere else.
 */

#include <dlfcn.h>
#include <glib-object.h>
#include <sanitizer/tsan_interface.h>

/* The next definition of the function that this is used in. */
#define REAL(name)                                                                                 \
  ({                                                                                               \
    static __typeof__ (name) *real;                                                                \
    __typeof__ (name) *found = __atomic_load_n (&real, __ATOMIC_RELAXED);                          \
    if (found == NULL) {                                                                           \
      found = (__typeof__ (name) *)dlsym (RTLD_NEXT, #name);                                       \
      __atomic_store_n (&real, found, __ATOMIC_RELAXED);                                           \
    }                                                                                              \
    found;                                                                                         \
  })

/* ---- locks ---- */

void
g_mutex_lock (GMutex *mutex)
{
  REAL (g_mutex_lock) (mutex);
  __tsan_acquire (mutex);
}

gboolean
g_mutex_trylock (GMutex *mutex)
{
  gboolean is_ours = REAL (g_mutex_trylock) (mutex);

  if (is_ours)
    __tsan_acquire (mutex);
  return is_ours;
}

void
g_mutex_unlock (GMutex *mutex)
{
  __tsan_release (mutex);
  REAL (g_mutex_unlock) (mutex);
}

void
g_cond_wait (GCond *cond, GMutex *mutex)
{
  __tsan_release (mutex);
  REAL (g_cond_wait) (cond, mutex);
  __tsan_acquire (mutex);
}

gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end_time)
{
  gboolean is_signalled;

  __tsan_release (mutex);
  is_signalled = REAL (g_cond_wait_until) (cond, mutex, end_time);
  __tsan_acquire (mutex);
  return is_signalled;
}

void
g_rec_mutex_lock (GRecMutex *mutex)
{
  REAL (g_rec_mutex_lock) (mutex);
  __tsan_acquire (mutex);
}

gboolean
g_rec_mutex_trylock (GRecMutex *mutex)
{
  gboolean is_ours = REAL (g_rec_mutex_trylock) (mutex);

  if (is_ours)
    __tsan_acquire (mutex);
  return is_ours;
}

void
g_rec_mutex_unlock (GRecMutex *mutex)
{
  __tsan_release (mutex);
  REAL (g_rec_mutex_unlock) (mutex);
}

/* ---- queues: what was done before a push is seen after its pop ---- */

void
g_async_queue_push (GAsyncQueue *queue, gpointer data)
{
  __tsan_release (queue);
  REAL (g_async_queue_push) (queue, data);
}

gpointer
g_async_queue_pop (GAsyncQueue *queue)
{
  gpointer data = REAL (g_async_queue_pop) (queue);

  __tsan_acquire (queue);
  return data;
}

/* ---- thread pools: before a push → the work; the work → after the pool was freed ---- */

typedef struct {
  GFunc work;
  gpointer user_data;
} Work;

static void
do_work (gpointer data, gpointer user_data)
{
  Work *self = user_data;

  __tsan_acquire (self);
  self->work (data, self->user_data);
  __tsan_release (self);
}

/* The Work stays as long as the process: a thread may be at its end still. */
GThreadPool *
g_thread_pool_new (
    GFunc work, gpointer user_data, gint max_threads, gboolean is_exclusive, GError **error)
{
  Work *self = g_new (Work, 1);

  *self = (Work){ work, user_data };
  __tsan_release (self);
  return REAL (g_thread_pool_new) (do_work, self, max_threads, is_exclusive, error);
}

gboolean
g_thread_pool_push (GThreadPool *pool, gpointer data, GError **error)
{
  if (pool->func == do_work)
    __tsan_release (pool->user_data);
  return REAL (g_thread_pool_push) (pool, data, error);
}

void
g_thread_pool_free (GThreadPool *pool, gboolean immediate, gboolean wait)
{
  gpointer work = pool->func == do_work ? pool->user_data : NULL;

  REAL (g_thread_pool_free) (pool, immediate, wait);
  if (wait && work != NULL)
    __tsan_acquire (work);
}

/* ---- references: every release happens before the last one ---- */

void
g_object_unref (gpointer object)
{
  __tsan_release (object);
  __tsan_acquire (object);
  REAL (g_object_unref) (object);
}

gboolean
g_atomic_ref_count_dec (gatomicrefcount *count)
{
  gboolean is_last;

  __tsan_release (count);
  is_last = REAL (g_atomic_ref_count_dec) (count);
  if (is_last)
    __tsan_acquire (count);
  return is_last;
}

void
g_atomic_rc_box_release_full (gpointer box, GDestroyNotify clear)
{
  __tsan_release (box);
  __tsan_acquire (box);
  REAL (g_atomic_rc_box_release_full) (box, clear);
}
