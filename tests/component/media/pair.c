#include "pair.h"

#include <string.h>

#include "sdp.h"

#define PATIENCE_US (15 * G_USEC_PER_SEC)

typedef struct {
  guint to;
  gsize size;
  guint8 data[];
} Datagram;

static OtPair *
pair_of (gpointer owner, guint *index)
{
  *index = GPOINTER_TO_UINT (g_object_get_data (owner, "index"));
  return g_object_get_data (owner, "pair");
}

static OtPairEnd *
end_of (gpointer owner)
{
  guint index;
  OtPair *self = pair_of (owner, &index);

  return &self->ends[index];
}

static void
on_send (const guint8 *data, gsize size, gpointer owner)
{
  Datagram *datagram = g_malloc (sizeof *datagram + size);
  guint index;
  OtPair *self = pair_of (owner, &index);

  datagram->to = 1 - index;
  datagram->size = size;
  memcpy (datagram->data, data, size);
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->wire, datagram);
  g_cond_signal (&self->came);
  g_mutex_unlock (&self->lock);
}

static void
on_certificate (const char *pem, gpointer owner)
{
  end_of (owner)->n_certificates++;
}

static void
on_keys (const guint8 *receive_key, const guint8 *send_key, gpointer owner)
{
  OtPairEnd *end = end_of (owner);

  memcpy (end->receive_key, receive_key, OT_SRTP_KEY_SIZE);
  memcpy (end->send_key, send_key, OT_SRTP_KEY_SIZE);
  end->n_keys++;
}

static void
on_rtp (gint64 arrival_us, gpointer owner)
{
  end_of (owner)->n_rtp++;
}

static void
on_lost (gpointer owner)
{
  atomic_fetch_add (&end_of (owner)->n_lost, 1);
}

static GstElement *
play (const char *name)
{
  GstElement *pipeline = gst_object_ref_sink (gst_pipeline_new (name));

  gst_element_set_bus (pipeline, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return pipeline;
}

static gint64
mono_us (const OtClock *clock)
{
  return ot_clock_mono_us (ot_clock_real ()) + ((const OtPair *)clock)->ahead_us;
}

OtPair *
ot_pair_new (void)
{
  OtPair *self = g_new0 (OtPair, 1);
  g_autoptr (GError) error = NULL;

  self->clock.mono_us = mono_us;
  self->certificate = ot_certificate_new (1, &error);
  g_assert_no_error (error);
  self->keeper = gst_object_ref_sink (gst_element_factory_make ("dtlsdec", NULL));
  g_object_set (self->keeper, "pem", self->certificate->pem, NULL);
  self->stock = play ("stock");
  self->pipeline = play ("pair");
  g_mutex_init (&self->lock);
  g_cond_init (&self->came);
  g_queue_init (&self->wire);
  for (guint i = 0; i < 2; i++) {
    self->ends[i].owner = g_object_new (G_TYPE_OBJECT, NULL);
    g_object_set_data (self->ends[i].owner, "index", GUINT_TO_POINTER (i));
    g_object_set_data (self->ends[i].owner, "pair", self);
  }
  return self;
}

static void
end_pipeline (GstElement *pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

void
ot_pair_free (OtPair *self)
{
  for (guint i = 0; i < 2; i++) {
    if (self->ends[i].engine != NULL)
      g_assert_finalize_object (self->ends[i].engine);
    g_assert_finalize_object (self->ends[i].owner);
  }
  end_pipeline (self->pipeline);
  end_pipeline (self->stock);
  g_queue_clear_full (&self->wire, g_free);
  g_cond_clear (&self->came);
  g_mutex_clear (&self->lock);
  gst_object_unref (self->keeper);
  ot_certificate_free (self->certificate);
  g_free (self);
}

void
ot_pair_make (OtPair *self)
{
  g_autofree char *offer = NULL;
  OtSdp ordinary;

  ot_sdp_make_ordinary (&ordinary, self->certificate->fingerprint);
  offer = ot_sdp_write_for_engine (&ordinary);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;
    OtEngine *engine =
        ot_engine_new (GST_BIN (self->stock), self->certificate->pem, &self->clock, offer, &error);

    g_assert_no_error (error);
    g_clear_object (&self->ends[i].engine);
    self->ends[i].engine = engine;
  }
}

void
ot_pair_serve (OtPair *self)
{
  static const OtEngineListener listener = { on_send, on_certificate, on_keys, on_rtp, on_lost };

  g_mutex_lock (&self->lock);
  g_queue_clear_full (&self->wire, g_free);
  g_mutex_unlock (&self->lock);
  for (guint i = 0; i < 2; i++) {
    OtPairEnd *end = &self->ends[i];

    end->n_certificates = end->n_keys = end->n_rtp = 0;
    atomic_store (&end->n_lost, 0);
    ot_engine_serve (end->engine, GST_BIN (self->pipeline), &listener, end->owner);
  }
  ot_engine_become_server (self->ends[1].engine);
}

void
ot_pair_connect (OtPair *self)
{
  ot_engine_connect (self->ends[1].engine);
  ot_engine_connect (self->ends[0].engine);
}

static Datagram *
wait_for_datagram (OtPair *self)
{
  gint64 end_us = g_get_monotonic_time () + PATIENCE_US;
  Datagram *datagram;

  g_mutex_lock (&self->lock);
  while (g_queue_is_empty (&self->wire))
    g_assert_true (g_cond_wait_until (&self->came, &self->lock, end_us));
  datagram = g_queue_pop_head (&self->wire);
  g_mutex_unlock (&self->lock);
  return datagram;
}

void
ot_pair_carry (OtPair *self, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_autofree Datagram *datagram = wait_for_datagram (self);

    ot_engine_feed (self->ends[datagram->to].engine, datagram->data, datagram->size, 0);
  }
}

void
ot_pair_shake_hands (OtPair *self)
{
  while (self->ends[0].n_keys == 0 || self->ends[1].n_keys == 0)
    ot_pair_carry (self, 1);
}

gboolean
ot_pair_rewind (OtPair *self)
{
  gboolean both = TRUE;

  for (guint i = 0; i < 2; i++)
    both = ot_engine_rewind (self->ends[i].engine, GST_BIN (self->stock)) && both;
  return both;
}

void
ot_pair_stop (OtPair *self)
{
  for (guint i = 0; i < 2; i++)
    ot_engine_stop (self->ends[i].engine);
}
