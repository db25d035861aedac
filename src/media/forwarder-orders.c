/* What other threads ask of the media thread. They wait for the most of it: it is done when the
 * call returns. The functions that get an OtOrder are the media thread's, the others the asker's.
 */

#include "forwarder-private.h"

#include <string.h>

/* Lies on the stack of who waits for it. */
typedef struct {
  OtOrder order; /* first */
  OtEndpoint *endpoint;
  OtSrtp *srtp;
  int payload_type;
  OtRelay *relay;
  OtPacketRing *ring;
} Request;

static void
ask (OtForwarder *self, Request *request, OtOrderFunc carry_out)
{
  gboolean is_done;

  request->order.carry_out = carry_out;
  is_done = ot_orders_ask (&self->orders, &request->order);
  g_return_if_fail (is_done); /* ot_forwarder_free() was called */
}

static void
add (OtOrder *order, gpointer owner)
{
  OtForwarder *self = owner;

  ot_endpoints_add (&self->endpoints, ((Request *)order)->endpoint);
}

OtEndpoint *
ot_forwarder_add (OtForwarder *self,
                  OtRelay *relay,
                  OtSide side,
                  const OtIceCredentials *credentials,
                  const OtEndpointListener *listener,
                  gpointer user_data)
{
  OtEndpoint *endpoint = g_new0 (OtEndpoint, 1);

  endpoint->relay = relay;
  endpoint->side = side;
  endpoint->credentials = *credentials;
  endpoint->listener = *listener;
  endpoint->user_data = user_data;
  endpoint->early = g_new (OtEarlyPacket, OT_EARLY_PACKETS);
  ask (self, &(Request){ .endpoint = endpoint }, add);
  return endpoint;
}

/* And since when, for those who ask. */
static void
set_voice (OtRelay *relay, OtSide side, OtEndpoint *endpoint, gint64 up_us)
{
  relay->voice[side] = endpoint;
  atomic_store_explicit (&relay->up_us[side], up_us, memory_order_relaxed);
}

static void
remove_ (OtOrder *order, gpointer owner)
{
  OtForwarder *self = owner;
  OtEndpoint *endpoint = ((Request *)order)->endpoint;

  ot_endpoints_remove (&self->endpoints, endpoint);
  if (endpoint->relay->voice[endpoint->side] == endpoint)
    set_voice (endpoint->relay, endpoint->side, NULL, 0);
}

void
ot_forwarder_remove (OtForwarder *self, OtEndpoint *endpoint)
{
  ask (self, &(Request){ .endpoint = endpoint }, remove_);
  g_clear_pointer (&endpoint->srtp, ot_srtp_free);
  g_free (endpoint->early);
  g_free (endpoint);
}

static void
connect_ (OtOrder *order, gpointer owner)
{
  OtForwarder *self = owner;
  const Request *request = (const Request *)order;
  OtEndpoint *endpoint = request->endpoint;

  g_assert (endpoint->srtp == NULL);
  endpoint->srtp = request->srtp;
  endpoint->payload_type = request->payload_type;
  set_voice (endpoint->relay, endpoint->side, endpoint, ot_clock_mono_us (self->clock));
  ot_forwarder_take_early (self, endpoint);
}

/* With its keys there, the thread doesn't look at what came early any more. */
void
ot_forwarder_connect (OtForwarder *self, OtEndpoint *endpoint, OtSrtp *srtp, int payload_type)
{
  ask (self, &(Request){ .endpoint = endpoint, .srtp = srtp, .payload_type = payload_type },
       connect_);
  g_clear_pointer (&endpoint->early, g_free);
}

/* Is its sender's, who allocates it; the thread gives it back, and a sender frees it. */
typedef struct {
  OtOrder order; /* first */
  OtEndpoint *endpoint;
  gsize size;
  guint8 data[];
} Send;

static void
free_send (OtOrder *order, gpointer owner)
{
  g_free (order);
}

/* An order to remove the endpoint can only be behind. */
static void
send_ (OtOrder *order, gpointer owner)
{
  OtForwarder *self = owner;
  const Send *send = (const Send *)order;
  const OtAddress *to = &send->endpoint->peer;

  if (to->any.sa_family != 0)
    ot_udp_port_send (self->port, to, send->data, send->size);
  atomic_fetch_sub (&self->n_sends, 1);
  order->carry_out = free_send;
  ot_orders_give (&self->sent, order);
}

void
ot_forwarder_send (OtForwarder *self, OtEndpoint *endpoint, const guint8 *data, gsize size)
{
  Send *send;

  ot_orders_carry_out (&self->sent);
  if (atomic_fetch_add (&self->n_sends, 1) >= OT_FORWARDER_SENDS_MAX) {
    atomic_fetch_sub (&self->n_sends, 1);
    ot_counter_add_shared (&self->figures.dropped[OT_DROP_BEHIND], 1);
    return;
  }
  send = g_malloc (sizeof *send + size);
  *send = (Send){ { .carry_out = send_ }, endpoint, size };
  memcpy (send->data, data, size);
  ot_orders_give (&self->orders, &send->order);
}

gboolean
ot_forwarder_is_up (OtForwarder *self, const OtRelay *relay, gint64 since_us)
{
  gboolean is_up = TRUE;

  for (guint side = 0; side < OT_N_SIDES; side++) {
    gint64 up_us = atomic_load_explicit (&relay->up_us[side], memory_order_relaxed);

    is_up = is_up && up_us != 0 && up_us <= since_us;
  }
  return is_up;
}

static void
record (OtOrder *order, gpointer owner)
{
  const Request *request = (const Request *)order;

  request->relay->recording = request->ring;
}

void
ot_forwarder_record (OtForwarder *self, OtRelay *relay, OtPacketRing *ring)
{
  ask (self, &(Request){ .relay = relay, .ring = ring }, record);
}

void
ot_forwarder_end_witness (OtForwarder *self, OtRelay *relay)
{
  atomic_store_explicit (&relay->witnessed, TRUE, memory_order_relaxed);
}
