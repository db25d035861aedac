/* Orders: many threads hand over, one carries out. */

#include "orders.h"

#define GIVERS 4
#define ROUNDS 20000

typedef struct {
  OtOrder order; /* first */
  guint giver;
  guint number;
} Note;

/* The owner's thread and what it alone writes. */
typedef struct {
  OtOrders orders;
  sem_t work;
  atomic_bool stopping;
  GThread *thread;
  guint n_done;
  guint next[GIVERS + 1];
} Desk;

static void
wake (gpointer owner)
{
  sem_post (&((Desk *)owner)->work);
}

/* Orders of one giver come in his order. */
static void
note (OtOrder *order, gpointer owner)
{
  const Note *self = (const Note *)order;
  Desk *desk = owner;

  g_assert_cmpuint (self->number, ==, desk->next[self->giver]++);
  desk->n_done++;
}

static void
note_and_free (OtOrder *order, gpointer owner)
{
  note (order, owner);
  g_free (order);
}

static gpointer
run (gpointer data)
{
  Desk *self = data;

  while (!atomic_load (&self->stopping)) {
    while (sem_wait (&self->work) != 0)
      ;
    ot_orders_carry_out (&self->orders);
  }
  ot_orders_close (&self->orders);
  return NULL;
}

static void
begin (Desk *self)
{
  *self = (Desk){ 0 };
  sem_init (&self->work, 0, 0);
  ot_orders_init (&self->orders, self, wake);
}

static void
end (Desk *self)
{
  atomic_store (&self->stopping, TRUE);
  sem_post (&self->work);
  g_thread_join (self->thread);
  sem_destroy (&self->work);
}

typedef struct {
  Desk *desk;
  guint number;
} Giver;

/* Every other one is waited for: then it is done, and all that was given before it. */
static gpointer
give (gpointer data)
{
  const Giver *self = data;

  for (guint i = 0; i < ROUNDS; i += 2) {
    Note *first = g_new (Note, 1);
    Note second = { { .carry_out = note }, self->number, i + 1 };

    *first = (Note){ { .carry_out = note_and_free }, self->number, i };
    g_assert_true (ot_orders_give (&self->desk->orders, &first->order));
    g_assert_true (ot_orders_ask (&self->desk->orders, &second.order));
    g_assert_cmpuint (self->desk->next[self->number], ==, i + 2); /* its own, and seen here */
  }
  return NULL;
}

static void
test_many_give (void)
{
  Giver givers[GIVERS];
  GThread *threads[GIVERS];
  Desk desk;

  begin (&desk);
  desk.thread = g_thread_new ("owner", run, &desk);
  for (guint i = 0; i < GIVERS; i++) {
    givers[i] = (Giver){ &desk, i };
    threads[i] = g_thread_new ("giver", give, &givers[i]);
  }
  for (guint i = 0; i < GIVERS; i++)
    g_thread_join (threads[i]);
  end (&desk);
  g_assert_cmpuint (desk.n_done, ==, GIVERS * ROUNDS);
}

/* What was handed over before there was a thread, or after it last looked, is carried out when it
 * begins or ends; what comes later is refused, and nobody waits for it. */
static void
test_before_and_after (void)
{
  Note notes[3] = { { { .carry_out = note }, 0, 0 },
                    { { .carry_out = note }, 0, 1 },
                    { { .carry_out = note }, 0, 2 } };
  Desk desk;

  begin (&desk);
  ot_orders_carry_out (&desk.orders);
  g_assert_true (ot_orders_give (&desk.orders, &notes[0].order));
  g_assert_true (ot_orders_give (&desk.orders, &notes[1].order));
  g_assert_cmpuint (desk.n_done, ==, 0);
  desk.thread = g_thread_new ("owner", run, &desk);
  end (&desk);
  g_assert_cmpuint (desk.n_done, ==, 2);
  g_assert_false (ot_orders_ask (&desk.orders, &notes[2].order));
  g_assert_false (ot_orders_give (&desk.orders, &notes[2].order));
  g_assert_cmpuint (desk.n_done, ==, 2);
}

/* An order that hands itself over again. */
static void
again (OtOrder *order, gpointer owner)
{
  Desk *desk = owner;

  if (++desk->n_done < 10)
    ot_orders_give (&desk->orders, order);
}

static void
test_an_order_may_come_back (void)
{
  OtOrder order = { .carry_out = again };
  Desk desk;

  begin (&desk);
  ot_orders_give (&desk.orders, &order);
  for (guint i = 1; i <= 10; i++) {
    ot_orders_carry_out (&desk.orders);
    g_assert_cmpuint (desk.n_done, ==, i);
  }
  ot_orders_close (&desk.orders);
  g_assert_cmpuint (desk.n_done, ==, 10);
  sem_destroy (&desk.work);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/orders/many-give", test_many_give);
  g_test_add_func ("/orders/before-and-after", test_before_and_after);
  g_test_add_func ("/orders/an-order-may-come-back", test_an_order_may_come_back);
  return g_test_run ();
}
