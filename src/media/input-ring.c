/* Slots in a circle. Each says whose turn it is: the position that may be put into it next, or one
 * more when that was done. So who is stopped in the midst of putting in makes no other wait who
 * puts in; only what comes behind him does. */

#include "input-ring.h"

#include <stdatomic.h>
#include <string.h>

#include "udp-port.h"

typedef struct {
  _Atomic gsize turn;
  OtInput input;
  guint8 data[OT_UDP_DATAGRAM_MAX];
} Slot;

struct _OtInputRing {
  _Atomic gsize head; /* positions ever given to who puts in */
  gsize tail;         /* ever taken out; that thread's */
  Slot slots[OT_INPUT_RING_SLOTS];
};

OtInputRing *
ot_input_ring_new (void)
{
  OtInputRing *self = g_new0 (OtInputRing, 1);

  for (guint i = 0; i < OT_INPUT_RING_SLOTS; i++)
    self->slots[i].turn = i;
  return self;
}

void
ot_input_ring_free (OtInputRing *self)
{
  g_assert (self->tail == self->head);
  g_free (self);
}

/* Returns: (nullable): the slot of position @at, which is nobody else's; NULL: all are taken. */
static Slot *
claim (OtInputRing *self, gsize *at)
{
  gsize head = atomic_load_explicit (&self->head, memory_order_relaxed);

  for (;;) {
    Slot *slot = &self->slots[head % OT_INPUT_RING_SLOTS];
    gsize turn = atomic_load_explicit (&slot->turn, memory_order_acquire);

    *at = head;
    if ((gssize)(turn - head) < 0)
      return NULL;
    if (turn != head) /* another was faster */
      head = atomic_load_explicit (&self->head, memory_order_relaxed);
    else if (atomic_compare_exchange_weak_explicit (&self->head, &head, head + 1,
                                                    memory_order_relaxed, memory_order_relaxed))
      return slot;
  }
}

gboolean
ot_input_ring_push (OtInputRing *self, const OtInput *input)
{
  gsize at;
  Slot *slot = input->size <= OT_UDP_DATAGRAM_MAX ? claim (self, &at) : NULL;

  if (slot == NULL)
    return FALSE;
  slot->input = *input;
  slot->input.leg = g_object_ref (input->leg);
  slot->input.data = slot->data;
  memcpy (slot->data, input->data, input->size);
  atomic_store_explicit (&slot->turn, at + 1, memory_order_release);
  return TRUE;
}

const OtInput *
ot_input_ring_peek (OtInputRing *self)
{
  Slot *slot = &self->slots[self->tail % OT_INPUT_RING_SLOTS];
  gsize turn = atomic_load_explicit (&slot->turn, memory_order_acquire);

  return turn == self->tail + 1 ? &slot->input : NULL;
}

void
ot_input_ring_pop (OtInputRing *self)
{
  Slot *slot = &self->slots[self->tail % OT_INPUT_RING_SLOTS];

  g_clear_object (&slot->input.leg);
  atomic_store_explicit (&slot->turn, self->tail + OT_INPUT_RING_SLOTS, memory_order_release);
  self->tail++;
}
