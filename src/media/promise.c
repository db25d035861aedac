/* Waits for a GstPromise, but not for ever. The question outlives whoever gave up waiting for it.
 */

#include "promise.h"

#include "clock.h"
#include "media-error.h"

typedef struct {
  GMutex lock;
  GCond answered;
  gboolean done;
  GstStructure *reply; /* owned (nullable) */
} Question;

static void
question_clear (gpointer data)
{
  Question *self = data;

  g_clear_pointer (&self->reply, gst_structure_free);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->answered);
}

static void
question_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, question_clear);
}

static void
on_change (GstPromise *promise, gpointer data)
{
  Question *self = data;
  const GstStructure *reply = NULL;

  if (gst_promise_wait (promise) == GST_PROMISE_RESULT_REPLIED)
    reply = gst_promise_get_reply (promise);
  g_mutex_lock (&self->lock);
  self->reply = reply != NULL ? gst_structure_copy (reply) : gst_structure_new_empty ("nothing");
  self->done = TRUE;
  g_cond_signal (&self->answered);
  g_mutex_unlock (&self->lock);
}

static GstStructure *
wait_for_answer (Question *self, gint64 patience_us)
{
  gint64 deadline_us = ot_clock_mono_us (ot_clock_real ()) + patience_us;
  GstStructure *reply;

  g_mutex_lock (&self->lock);
  while (!self->done && g_cond_wait_until (&self->answered, &self->lock, deadline_us))
    ;
  reply = g_steal_pointer (&self->reply);
  g_mutex_unlock (&self->lock);
  return reply;
}

GstStructure *
ot_promise_ask (
    GstElement *element, const char *action, gpointer argument, gint64 patience_us, GError **error)
{
  Question *question = g_atomic_rc_box_new0 (Question);
  g_autoptr (GstPromise) promise = gst_promise_new_with_change_func (
      on_change, g_atomic_rc_box_acquire (question), question_unref);
  g_autoptr (GstStructure) reply = NULL;
  g_autoptr (GError) failure = NULL;

  g_signal_emit_by_name (element, action, argument, promise);
  reply = wait_for_answer (question, patience_us);
  question_unref (question);
  if (reply == NULL) {
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_ENGINE, "%s: no answer from webrtcbin",
                 action);
    return NULL;
  }
  if (gst_structure_has_field (reply, "error")) {
    gst_structure_get (reply, "error", G_TYPE_ERROR, &failure, NULL);
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_ENGINE, "%s: %s", action, failure->message);
    return NULL;
  }
  return g_steal_pointer (&reply);
}
