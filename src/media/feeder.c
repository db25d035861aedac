/* A ring, a list of news, and the thread that both go to. Knows nothing of legs but that they are
 * objects. */

#include "feeder.h"

struct _OtFeeder {
  OtInputFunc deliver;
  OtInputRing *datagrams; /* owned */
  OtOrders news;
  sem_t work; /* posted behind each push: what a look misses has a look of its own still to come */
  atomic_bool stopping;
  GThread *thread; /* owned */
};

static void
wake (gpointer owner)
{
  sem_post (&((OtFeeder *)owner)->work);
}

static gboolean
deliver_datagram (OtFeeder *self)
{
  const OtInput *input = ot_input_ring_peek (self->datagrams);

  if (input == NULL)
    return FALSE;
  self->deliver (input);
  ot_input_ring_pop (self->datagrams);
  return TRUE;
}

/* From the exchange on the leg may be told again, and its news wait again. */
static void
deliver_news (OtOrder *order, gpointer owner)
{
  OtNews *news = (OtNews *)order;
  g_autoptr (GObject) leg = g_steal_pointer (&news->leg);
  guint kinds = atomic_exchange (&news->kinds, 0);

  for (OtInputKind kind = 0; kind <= OT_INPUT_EXPIRED; kind++) {
    const OtInput input = { .kind = kind, .leg = leg };

    if ((kinds & 1u << kind) != 0)
      ((OtFeeder *)owner)->deliver (&input);
  }
}

static gpointer
feeder_thread (gpointer data)
{
  OtFeeder *self = data;
  gboolean is_last = FALSE;

  while (!is_last) {
    while (sem_wait (&self->work) != 0)
      ; /* a signal came */
    is_last = atomic_load (&self->stopping);
    do
      ot_orders_carry_out (&self->news);
    while (deliver_datagram (self));
  }
  ot_orders_close (&self->news);
  return NULL;
}

OtFeeder *
ot_feeder_new (OtInputFunc deliver)
{
  OtFeeder *self = g_new0 (OtFeeder, 1);

  self->deliver = deliver;
  self->datagrams = ot_input_ring_new ();
  ot_orders_init (&self->news, self, wake);
  sem_init (&self->work, 0, 0);
  self->thread = g_thread_new ("otomo-dtls", feeder_thread, self);
  return self;
}

void
ot_feeder_free (OtFeeder *self)
{
  atomic_store (&self->stopping, TRUE);
  wake (self);
  g_thread_join (self->thread);
  ot_input_ring_free (self->datagrams);
  sem_destroy (&self->work);
  g_free (self);
}

gboolean
ot_feeder_push (OtFeeder *self, const OtInput *input)
{
  gboolean is_taken = ot_input_ring_push (self->datagrams, input);

  if (is_taken)
    wake (self);
  return is_taken;
}

void
ot_feeder_tell (OtFeeder *self, gpointer leg, OtNews *news, OtInputKind kind)
{
  if (atomic_fetch_or (&news->kinds, 1u << kind) != 0)
    return;
  news->leg = g_object_ref (leg);
  news->order.carry_out = deliver_news;
  ot_orders_give (&self->news, &news->order);
}
