#pragma once

#include <glib.h>
#include <semaphore.h>
#include <stdatomic.h>

/**
 * OtOrders:
 *
 * What many threads ask of the one that owns something. They hand over, it carries out, in the
 * order in which it was handed over. There is no lock: who is stopped in the midst of handing over
 * makes nobody wait, neither the owner nor another giver; and no memory: an order is its giver's,
 * and lies where he has it. How many there are is bounded by the givers: one a thread that waits
 * for it, and a number of their own of those that they don't wait for.
 */
typedef struct _OtOrder OtOrder;

/**
 * OtOrderFunc:
 * @order: from now on the list doesn't know it: it may be freed, or handed over again
 * @owner: of the list
 */
typedef void (*OtOrderFunc) (OtOrder *order, gpointer owner);

/** OtOrder: the first member of what is asked for. */
struct _OtOrder {
  OtOrderFunc carry_out; /* set by who gives it */
  sem_t *done;           /* the list's, as the next */
  OtOrder *next;
};

typedef struct {
  _Atomic (OtOrder *) newest; /* each knows the one before it; NULL: there is none */
  gpointer owner;
  void (*wake) (gpointer owner); /* (nullable): an order is there. Any thread */
} OtOrders;

void ot_orders_init (OtOrders *self, gpointer owner, void (*wake) (gpointer owner));

/** ot_orders_give: @order is carried out soon; it must live until then. Never waits. Thread: any.
 * Returns: FALSE: it never will be, the list is closed */
gboolean ot_orders_give (OtOrders *self, OtOrder *order);

/** ot_orders_ask: as ot_orders_give(), and returns when @order was carried out: after what the
 * owner has in hand. Thread: any but the owner. */
gboolean ot_orders_ask (OtOrders *self, OtOrder *order);

/** ot_orders_carry_out: all that is there. One atomic load where there is nothing. Never waits.
 * Thread: the owner. */
void ot_orders_carry_out (OtOrders *self);

/** ot_orders_close: the same, and nothing can be handed over any more. Thread: the owner. */
void ot_orders_close (OtOrders *self);
