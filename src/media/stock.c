/* A queue of engines, a pipeline in which they wait, and a timer that looks after both. */

#include "stock.h"

#include "media-log.h"
#include "sdp.h"
#include "timer.h"

#define LATE_US (20 * 1000) /* a timer that is later says that the loop is behind */

typedef enum { FULL, WILL_BE_FULL, LACKS_SOME } Level;

struct _OtStock {
  const OtCertificate *certificate;
  const OtClock *clock;
  OtLane *lane;
  guint size; /* engines that may wait */
  char *offer;
  GstElement *pipeline; /* owned; PLAYING: where they wait */

  /* The main loop's. */
  OtTimer timer;
  guint n_opened; /* since the timer was armed */

  GMutex lock;  /* guards the next two */
  GQueue ready; /* of OtEngine, owned */
  guint n_out;  /* that serve, and will come back or be lost */
};

static void
end_engine (OtEngine *engine)
{
  ot_engine_stop (engine);
  g_object_unref (engine);
}

static OtEngine *
make_engine (OtStock *self, GError **error)
{
  return ot_engine_new (GST_BIN (self->pipeline), self->certificate->pem, self->clock, self->offer,
                        error);
}

/* FALSE: enough wait. */
static gboolean
keep (OtStock *self, OtEngine *engine)
{
  gboolean kept;

  g_mutex_lock (&self->lock);
  kept = g_queue_get_length (&self->ready) < self->size;
  if (kept)
    g_queue_push_head (&self->ready, engine); /* the one that is still in the caches */
  g_mutex_unlock (&self->lock);
  return kept;
}

static gboolean
add_one (OtStock *self)
{
  g_autoptr (GError) error = NULL;
  OtEngine *engine = make_engine (self, &error);

  if (engine == NULL) {
    ot_warning ("no call can be made ready ahead: %s", error->message);
    return FALSE;
  }
  if (!keep (self, engine))
    end_engine (engine);
  return TRUE;
}

static void
add_job (gpointer data)
{
  if (add_one (data))
    add_one (data);
}

/* Returns: how many wait. */
static guint
count_back (OtStock *self)
{
  guint n_ready;

  g_mutex_lock (&self->lock);
  g_assert (self->n_out > 0);
  self->n_out--;
  n_ready = g_queue_get_length (&self->ready);
  g_mutex_unlock (&self->lock);
  return n_ready;
}

static Level
get_level (OtStock *self)
{
  guint n_ready;
  guint n_out;

  g_mutex_lock (&self->lock);
  n_ready = g_queue_get_length (&self->ready);
  n_out = self->n_out;
  g_mutex_unlock (&self->lock);
  if (n_ready >= self->size)
    return FULL;
  return n_ready + n_out >= self->size ? WILL_BE_FULL : LACKS_SOME;
}

static void on_due (gpointer user_data);

static void
arm (OtStock *self)
{
  self->n_opened = 0;
  ot_timer_arm (&self->timer, ot_clock_mono_us (self->clock) + OT_STOCK_US, on_due, self);
}

static void
on_due (gpointer user_data)
{
  OtStock *self = user_data;
  gint64 late_us = ot_clock_mono_us (self->clock) - self->timer.due_us;
  Level level = get_level (self);

  if (level == FULL)
    return;
  if (level == LACKS_SOME && late_us < LATE_US && self->n_opened <= 1)
    ot_lane_push (self->lane, add_job, self, NULL);
  arm (self);
}

OtStock *
ot_stock_new (const OtCertificate *certificate,
              const OtClock *clock,
              OtWorkers *workers,
              guint n_calls)
{
  OtStock *self = g_new0 (OtStock, 1);
  OtSdp ordinary;

  self->certificate = certificate;
  self->clock = clock;
  self->lane = ot_lane_new (workers);
  self->size = 2 * n_calls;
  ot_sdp_make_ordinary (&ordinary, certificate->fingerprint);
  self->offer = ot_sdp_write_for_engine (&ordinary);
  self->pipeline = gst_object_ref_sink (gst_pipeline_new ("stock"));
  gst_element_set_bus (self->pipeline, NULL);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  g_mutex_init (&self->lock);
  g_queue_init (&self->ready);
  for (guint i = 0; i < self->size; i++)
    if (!add_one (self))
      self->size = 0;
  return self;
}

void
ot_stock_free (OtStock *self)
{
  ot_timer_cancel (&self->timer);
  ot_lane_unref (self->lane);
  g_queue_clear_full (&self->ready, (GDestroyNotify)end_engine);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (self->pipeline);
  g_mutex_clear (&self->lock);
  g_free (self->offer);
  g_free (self);
}

OtEngine *
ot_stock_take (OtStock *self, GError **error)
{
  OtEngine *engine;

  g_mutex_lock (&self->lock);
  engine = g_queue_pop_head (&self->ready);
  self->n_out++;
  g_mutex_unlock (&self->lock);
  if (engine == NULL)
    engine = make_engine (self, error);
  if (engine == NULL)
    count_back (self);
  return engine;
}

void
ot_stock_give (OtStock *self, OtEngine *engine)
{
  gboolean is_wanted = count_back (self) < self->size;

  if (!is_wanted || !ot_engine_rewind (engine, GST_BIN (self->pipeline)) || !keep (self, engine))
    end_engine (engine);
}

void
ot_stock_note_call (OtStock *self)
{
  if (self->size > 0 && !ot_timer_is_armed (&self->timer))
    arm (self);
  self->n_opened++;
}
