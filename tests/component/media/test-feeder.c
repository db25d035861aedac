/* The feeder and its ring: legs that are bare objects, which note what they get. */

#include <string.h>

#include "feeder.h"
#include "udp-port.h"

#define PUSHERS 4
#define ROUNDS 5000

/* ---- a leg that notes ---- */

G_DECLARE_FINAL_TYPE (Leg, leg, , LEG, GObject)

struct _Leg {
  GObject parent;
  OtNews news;
  guint n_datagrams; /* the feeder's, as the next */
  guint n_told[OT_INPUT_EXPIRED + 1];
};

G_DEFINE_FINAL_TYPE (Leg, leg, G_TYPE_OBJECT)

static atomic_uint n_legs;

static void
leg_finalize (GObject *object)
{
  atomic_fetch_sub (&n_legs, 1);
  G_OBJECT_CLASS (leg_parent_class)->finalize (object);
}

static void
leg_class_init (LegClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = leg_finalize;
}

static void
leg_init (Leg *self)
{
  atomic_fetch_add (&n_legs, 1);
}

static Leg *
leg_make (void)
{
  return g_object_new (leg_get_type (), NULL);
}

/* ---- what the feeder delivers ---- */

static atomic_bool stopped; /* the feeder's thread stands in its first datagram */
static sem_t stands;
static sem_t may_go_on;

static void
wait_for (sem_t *sem)
{
  while (sem_wait (sem) != 0)
    ;
}

/* A leg's datagrams come in their order and whole. */
static void
deliver (const OtInput *input)
{
  Leg *leg = (Leg *)input->leg;

  if (input->kind == OT_INPUT_DTLS || input->kind == OT_INPUT_RTP) {
    guint number;

    g_assert_cmpuint (input->size, >=, sizeof number);
    memcpy (&number, input->data, sizeof number);
    g_assert_cmpuint (number, ==, leg->n_datagrams++);
    for (gsize i = sizeof number; i < input->size; i++)
      g_assert_cmpuint (input->data[i], ==, (guint8)number);
    g_assert_cmpint (input->arrival_us, ==, number);
  } else {
    leg->n_told[input->kind]++;
  }
  if (atomic_exchange (&stopped, FALSE)) {
    sem_post (&stands);
    wait_for (&may_go_on);
  }
}

static gboolean
push_sized (OtFeeder *feeder, Leg *leg, guint number, gsize size)
{
  guint8 data[OT_UDP_DATAGRAM_MAX + 1];
  const OtInput input = { OT_INPUT_DTLS, G_OBJECT (leg), number, data, size };

  memset (data, (guint8)number, sizeof data);
  memcpy (data, &number, sizeof number);
  return ot_feeder_push (feeder, &input);
}

static gboolean
push (OtFeeder *feeder, Leg *leg, guint number)
{
  return push_sized (feeder, leg, number, sizeof number + number % 1500);
}

/* (transfer full): whose thread stands in a datagram of @leg's, number 0. */
static OtFeeder *
make_standing (Leg *leg)
{
  OtFeeder *feeder;

  sem_init (&stands, 0, 0);
  sem_init (&may_go_on, 0, 0);
  atomic_store (&stopped, TRUE);
  feeder = ot_feeder_new (deliver);
  g_assert_true (push (feeder, leg, 0));
  wait_for (&stands);
  return feeder;
}

/* ---- datagrams ---- */

/* Full, one is dropped; with a place free again the next is not. */
static void
test_full (void)
{
  Leg *leg = leg_make ();
  OtFeeder *feeder = make_standing (leg);

  for (guint i = 1; i < OT_INPUT_RING_SLOTS; i++)
    g_assert_true (push (feeder, leg, i));
  g_assert_false (push (feeder, leg, OT_INPUT_RING_SLOTS));
  g_assert_false (push (feeder, leg, OT_INPUT_RING_SLOTS));
  sem_post (&may_go_on);
  while (!push (feeder, leg, OT_INPUT_RING_SLOTS))
    g_thread_yield ();
  ot_feeder_free (feeder);
  g_assert_cmpuint (leg->n_datagrams, ==, OT_INPUT_RING_SLOTS + 1);
  g_object_unref (leg);
  g_assert_cmpuint (n_legs, ==, 0);
}

static void
test_sizes (void)
{
  Leg *leg = leg_make ();
  OtFeeder *feeder = ot_feeder_new (deliver);

  g_assert_true (push_sized (feeder, leg, 0, OT_UDP_DATAGRAM_MAX));
  g_assert_false (push_sized (feeder, leg, 1, OT_UDP_DATAGRAM_MAX + 1));
  g_assert_true (push_sized (feeder, leg, 1, OT_UDP_DATAGRAM_MAX));
  ot_feeder_free (feeder);
  g_assert_cmpuint (leg->n_datagrams, ==, 2);
  g_object_unref (leg);
}

typedef struct {
  OtFeeder *feeder;
  Leg *leg;
} Pusher;

static gpointer
push_many (gpointer data)
{
  const Pusher *self = data;

  for (guint i = 0; i < ROUNDS;) {
    if (push (self->feeder, self->leg, i))
      i++;
    else
      g_thread_yield (); /* full */
    if (i % 16 == 0)
      ot_feeder_tell (self->feeder, self->leg, &self->leg->news, OT_INPUT_NOMINATED);
  }
  return NULL;
}

/* Many times around, by several threads: each leg has all of its own, in order, and the last that
 * it was told. */
static void
test_many_push (void)
{
  OtFeeder *feeder = ot_feeder_new (deliver);
  Pusher pushers[PUSHERS];
  GThread *threads[PUSHERS];

  for (guint i = 0; i < PUSHERS; i++) {
    pushers[i] = (Pusher){ feeder, leg_make () };
    threads[i] = g_thread_new ("pusher", push_many, &pushers[i]);
  }
  for (guint i = 0; i < PUSHERS; i++)
    g_thread_join (threads[i]);
  for (guint i = 0; i < PUSHERS; i++)
    ot_feeder_tell (feeder, pushers[i].leg, &pushers[i].leg->news, OT_INPUT_LOST);
  ot_feeder_free (feeder);
  for (guint i = 0; i < PUSHERS; i++) {
    g_assert_cmpuint (pushers[i].leg->n_datagrams, ==, ROUNDS);
    g_assert_cmpuint (pushers[i].leg->n_told[OT_INPUT_LOST], ==, 1);
    g_assert_cmpuint (pushers[i].leg->n_told[OT_INPUT_NOMINATED], >=, 1);
    g_object_unref (pushers[i].leg);
  }
  g_assert_cmpuint (n_legs, ==, 0);
}

/* ---- changes of state ---- */

/* However full the ring is, each is told, and once; afterwards it can be told again. The leg lives
 * until it was. */
static void
test_news_is_never_dropped (void)
{
  Leg *leg = leg_make ();
  OtFeeder *feeder = make_standing (leg);

  for (guint i = 1; push (feeder, leg, i); i++)
    ;
  for (guint i = 0; i < 3; i++)
    for (OtInputKind kind = OT_INPUT_NOMINATED; kind <= OT_INPUT_EXPIRED; kind++)
      ot_feeder_tell (feeder, leg, &leg->news, kind);
  sem_post (&may_go_on);
  while (atomic_load (&leg->news.kinds) != 0)
    g_thread_yield ();
  ot_feeder_tell (feeder, leg, &leg->news, OT_INPUT_NOMINATED);
  ot_feeder_free (feeder);
  g_assert_cmpuint (leg->n_told[OT_INPUT_NOMINATED], ==, 2);
  g_assert_cmpuint (leg->n_told[OT_INPUT_DESCRIBED], ==, 1);
  g_assert_cmpuint (leg->n_told[OT_INPUT_LOST], ==, 1);
  g_assert_cmpuint (leg->n_told[OT_INPUT_EXPIRED], ==, 1);
  g_object_unref (leg);
  g_assert_cmpuint (n_legs, ==, 0);
}

/* Whose last reference is the feeder's. */
static void
test_a_leg_lives_until_it_had_all (void)
{
  Leg *leg = leg_make ();
  OtFeeder *feeder = make_standing (leg);

  ot_feeder_tell (feeder, leg, &leg->news, OT_INPUT_LOST);
  g_assert_true (push (feeder, leg, 1));
  g_object_unref (leg);
  g_assert_cmpuint (n_legs, ==, 1);
  sem_post (&may_go_on);
  ot_feeder_free (feeder);
  g_assert_cmpuint (n_legs, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/feeder/full", test_full);
  g_test_add_func ("/feeder/sizes", test_sizes);
  g_test_add_func ("/feeder/many-push", test_many_push);
  g_test_add_func ("/feeder/news-is-never-dropped", test_news_is_never_dropped);
  g_test_add_func ("/feeder/a-leg-lives-until-it-had-all", test_a_leg_lives_until_it_had_all);
  return g_test_run ();
}
