/* A list that everybody may push to and that is only ever taken as a whole: so no order is looked
 * at by two threads at once, and none that comes back is taken for the one that was there. */

#include "orders.h"

/* In place of the newest: the list is closed. */
static OtOrder closed;

void
ot_orders_init (OtOrders *self, gpointer owner, void (*wake) (gpointer owner))
{
  *self = (OtOrders){ .owner = owner, .wake = wake };
}

/* Each giver wakes: another one's wake-up may be what he was stopped before. */
static gboolean
push (OtOrders *self, OtOrder *order)
{
  OtOrder *newest = atomic_load_explicit (&self->newest, memory_order_relaxed);

  do {
    if (newest == &closed)
      return FALSE;
    order->next = newest;
  } while (!atomic_compare_exchange_weak_explicit (&self->newest, &newest, order,
                                                   memory_order_release, memory_order_relaxed));
  if (self->wake != NULL)
    self->wake (self->owner);
  return TRUE;
}

gboolean
ot_orders_give (OtOrders *self, OtOrder *order)
{
  order->done = NULL;
  return push (self, order);
}

gboolean
ot_orders_ask (OtOrders *self, OtOrder *order)
{
  gboolean is_taken;
  sem_t done;

  sem_init (&done, 0, 0);
  order->done = &done;
  is_taken = push (self, order);
  while (is_taken && sem_wait (&done) != 0)
    ; /* a signal came */
  sem_destroy (&done);
  return is_taken;
}

static OtOrder *
reverse (OtOrder *newest)
{
  OtOrder *oldest = NULL;

  while (newest != NULL) {
    OtOrder *next = newest->next;

    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  return oldest;
}

static void
carry_out (OtOrders *self, OtOrder *newest)
{
  OtOrder *order = reverse (newest);

  while (order != NULL) {
    OtOrder *next = order->next;
    sem_t *done = order->done;

    order->carry_out (order, self->owner);
    if (done != NULL)
      sem_post (done);
    order = next;
  }
}

void
ot_orders_carry_out (OtOrders *self)
{
  if (atomic_load_explicit (&self->newest, memory_order_relaxed) != NULL)
    carry_out (self, atomic_exchange_explicit (&self->newest, NULL, memory_order_acquire));
}

void
ot_orders_close (OtOrders *self)
{
  carry_out (self, atomic_exchange_explicit (&self->newest, &closed, memory_order_acquire));
}
