/* The recordings' thread. The list is its own while it works: it is taken out of the lock's reach
 * only by being copied. */

#include "record-pump.h"

#define INTERVAL_US (50 * G_TIME_SPAN_MILLISECOND)

struct _OtRecordPump {
  OtArchive *archive;
  const OtClock *clock;
  GThread *thread;
  GMutex lock;
  GCond changed;
  GPtrArray *recorders; /* guarded by lock; a reference each */
  gboolean stopping;    /* guarded by lock */
};

static gpointer
copy_reference (gconstpointer recorder, gpointer unused)
{
  return ot_recorder_ref ((OtRecorder *)recorder);
}

/* Sleeps while there is nothing to do. Returns: (nullable): references to all recorders; NULL: the
 * end. */
static GPtrArray *
wait_for_work (OtRecordPump *self)
{
  gint64 next_us = ot_clock_mono_us (self->clock) + INTERVAL_US; /* GCond's clock too */
  GPtrArray *work = NULL;

  g_mutex_lock (&self->lock);
  while (self->recorders->len == 0 && !self->stopping)
    g_cond_wait (&self->changed, &self->lock);
  while (!self->stopping && g_cond_wait_until (&self->changed, &self->lock, next_us))
    continue;
  if (self->recorders->len > 0)
    work = g_ptr_array_copy (self->recorders, copy_reference, NULL);
  g_mutex_unlock (&self->lock);
  return work;
}

static void
pump (OtRecordPump *self, OtRecorder *recorder)
{
  if (ot_recorder_pump (recorder, ot_clock_mono_us (self->clock)))
    return;
  ot_archive_finish (self->archive, recorder);
  g_mutex_lock (&self->lock);
  g_ptr_array_remove_fast (self->recorders, recorder);
  g_mutex_unlock (&self->lock);
}

static gpointer
pump_thread (gpointer data)
{
  OtRecordPump *self = data;
  GPtrArray *work;

  while ((work = wait_for_work (self)) != NULL) {
    for (guint i = 0; i < work->len; i++)
      pump (self, g_ptr_array_index (work, i));
    g_ptr_array_unref (work);
  }
  return NULL;
}

OtRecordPump *
ot_record_pump_new (OtArchive *archive, const OtClock *clock)
{
  OtRecordPump *self = g_new0 (OtRecordPump, 1);

  self->archive = archive;
  self->clock = clock;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->recorders = g_ptr_array_new_with_free_func ((GDestroyNotify)ot_recorder_unref);
  self->thread = g_thread_new ("otomo-record", pump_thread, self);
  return self;
}

void
ot_record_pump_free (OtRecordPump *self)
{
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
  g_ptr_array_unref (self->recorders);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
ot_record_pump_add (OtRecordPump *self, OtRecorder *recorder)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->recorders, ot_recorder_ref (recorder));
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
}

guint
ot_record_pump_n_recordings (OtRecordPump *self)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->recorders->len;
  g_mutex_unlock (&self->lock);
  return n;
}
