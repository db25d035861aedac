/* A queue of ready pipelines, and a timer that looks after it. */

#include "stock.h"

#include "call-pipeline.h"
#include "media-log.h"
#include "timer.h"

#define LATE_US (20 * 1000) /* a timer that is later says that the loop is behind */

struct _OtStock {
  const char *launch;
  const OtLegContext *leg;
  OtLane *lane;
  guint size;

  /* The main loop's. */
  OtTimer timer;
  guint n_opened; /* since the timer was armed */

  GMutex lock;
  GQueue ready; /* guarded by lock: of GstElement, owned */
};

static GstElement *
make_ready (OtStock *self, GError **error)
{
  GstElement *pipeline = ot_call_pipeline_new (self->launch, error);
  gboolean good = pipeline != NULL;

  if (good)
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint side = 0; good && side < OT_N_SIDES; side++) {
    g_autoptr (OtLeg) leg = ot_call_pipeline_get_leg (pipeline, side);

    good = ot_leg_prepare (leg, self->leg, error);
  }
  if (!good)
    g_clear_pointer (&pipeline, ot_call_pipeline_free);
  return pipeline;
}

static gboolean
add_one (OtStock *self)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = make_ready (self, &error);

  if (pipeline == NULL) {
    ot_warning ("no call can be made ready ahead: %s", error->message);
    return FALSE;
  }
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->ready, pipeline);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static void
add_job (gpointer data)
{
  add_one (data);
}

static guint
count_ready (OtStock *self)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = g_queue_get_length (&self->ready);
  g_mutex_unlock (&self->lock);
  return n;
}

static void on_due (gpointer user_data);

static void
arm (OtStock *self)
{
  self->n_opened = 0;
  ot_timer_arm (&self->timer, ot_clock_mono_us (self->leg->clock) + OT_STOCK_US, on_due, self);
}

static void
on_due (gpointer user_data)
{
  OtStock *self = user_data;
  gint64 late_us = ot_clock_mono_us (self->leg->clock) - self->timer.due_us;

  if (count_ready (self) >= self->size)
    return;
  if (late_us < LATE_US && self->n_opened <= 1)
    ot_lane_push (self->lane, add_job, self, NULL);
  arm (self);
}

static gboolean
holds_only_legs (const char *launch)
{
  g_autoptr (GstElement) pipeline = ot_call_pipeline_new (launch, NULL);

  return pipeline != NULL && GST_BIN_NUMCHILDREN (pipeline) == OT_N_SIDES;
}

OtStock *
ot_stock_new (const char *launch, const OtLegContext *leg, OtWorkers *workers, guint size)
{
  OtStock *self = g_new0 (OtStock, 1);

  self->launch = launch;
  self->leg = leg;
  self->lane = ot_lane_new (workers);
  self->size = size > 0 && holds_only_legs (launch) ? size : 0;
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
  g_queue_clear_full (&self->ready, (GDestroyNotify)ot_call_pipeline_free);
  g_mutex_clear (&self->lock);
  g_free (self);
}

GstElement *
ot_stock_take (OtStock *self)
{
  GstElement *pipeline;

  g_mutex_lock (&self->lock);
  pipeline = g_queue_pop_head (&self->ready);
  g_mutex_unlock (&self->lock);
  return pipeline;
}

void
ot_stock_note_call (OtStock *self)
{
  if (self->size > 0 && !ot_timer_is_armed (&self->timer))
    arm (self);
  self->n_opened++;
}
