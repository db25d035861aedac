/* A bounded queue and its thread. Knows nothing of legs but that they are objects. */

#include "feeder.h"

#include <string.h>

struct _OtFeeder {
  OtInputFunc deliver;
  GAsyncQueue *inputs; /* owned: of OtInput */
  GThread *thread;     /* owned */
};

/* An input without a leg ends the thread. */
static gpointer
feeder_thread (gpointer data)
{
  OtFeeder *self = data;
  gboolean is_last = FALSE;

  while (!is_last) {
    OtInput *input = g_async_queue_pop (self->inputs);

    is_last = input->leg == NULL;
    if (!is_last)
      self->deliver (input);
    g_clear_object (&input->leg);
    g_free (input);
  }
  return NULL;
}

OtFeeder *
ot_feeder_new (OtInputFunc deliver)
{
  OtFeeder *self = g_new0 (OtFeeder, 1);

  self->deliver = deliver;
  self->inputs = g_async_queue_new ();
  self->thread = g_thread_new ("otomo-dtls", feeder_thread, self);
  return self;
}

void
ot_feeder_free (OtFeeder *self)
{
  g_async_queue_push (self->inputs, g_new0 (OtInput, 1));
  g_thread_join (self->thread);
  g_async_queue_unref (self->inputs);
  g_free (self);
}

gboolean
ot_feeder_push (OtFeeder *self,
                gpointer leg,
                OtInputKind kind,
                const guint8 *data,
                gsize size,
                gint64 arrival_us)
{
  gboolean is_datagram = kind == OT_INPUT_DTLS || kind == OT_INPUT_RTP;
  OtInput *input;

  if (is_datagram && g_async_queue_length (self->inputs) >= OT_FEEDER_MAX)
    return FALSE;
  input = g_malloc (sizeof *input + size);
  input->kind = kind;
  input->leg = g_object_ref (leg);
  input->arrival_us = arrival_us;
  input->size = size;
  if (size > 0)
    memcpy (input->data, data, size);
  g_async_queue_push (self->inputs, input);
  return TRUE;
}
