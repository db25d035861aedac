/* Endpoints, relays and how they are found. No socket, no thread, no clock: all of it is the media
 * thread's; the counters anybody reads. */

#include "endpoint.h"

#include <string.h>

void
ot_endpoints_init (OtEndpoints *self)
{
  self->by_ufrag = g_hash_table_new (g_str_hash, g_str_equal);
  self->by_address = g_hash_table_new (ot_address_hash, ot_address_equal);
  self->last_number = 0;
}

void
ot_endpoints_clear (OtEndpoints *self)
{
  g_assert (g_hash_table_size (self->by_ufrag) == 0);
  g_clear_pointer (&self->by_ufrag, g_hash_table_unref);
  g_clear_pointer (&self->by_address, g_hash_table_unref);
}

void
ot_endpoints_add (OtEndpoints *self, OtEndpoint *endpoint)
{
  gboolean is_new = g_hash_table_insert (self->by_ufrag, endpoint->credentials.ufrag, endpoint);

  g_assert (is_new); /* 48 random bits */
  endpoint->number = ++self->last_number;
}

static void
forget_address (OtEndpoints *self, OtEndpoint *endpoint, OtAddress *address)
{
  if (address->any.sa_family != 0 && g_hash_table_lookup (self->by_address, address) == endpoint)
    g_hash_table_remove (self->by_address, address);
  memset (address, 0, sizeof *address);
}

static void
forget_addresses (OtEndpoints *self, OtEndpoint *endpoint)
{
  for (guint i = 0; i < OT_ENDPOINT_ADDRESSES; i++)
    forget_address (self, endpoint, &endpoint->addresses[i]);
}

void
ot_endpoints_remove (OtEndpoints *self, OtEndpoint *endpoint)
{
  g_hash_table_remove (self->by_ufrag, endpoint->credentials.ufrag);
  forget_addresses (self, endpoint);
}

void
ot_endpoints_expire (OtEndpoints *self, gint64 before_us)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->by_ufrag);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    OtEndpoint *endpoint = value;

    if (endpoint->peer_checked_us < before_us)
      memset (&endpoint->peer, 0, sizeof endpoint->peer);
    if (endpoint->checked_us == 0 || endpoint->checked_us >= before_us)
      continue;
    g_hash_table_iter_remove (&iter);
    forget_addresses (self, endpoint);
    endpoint->listener.expired (endpoint->user_data);
  }
}

OtEndpoint *
ot_endpoints_find_user (const OtEndpoints *self, const guint8 *username, gsize size)
{
  char ufrag[sizeof ((OtIceCredentials *)NULL)->ufrag];
  gsize length = sizeof ufrag - 1;

  if (username == NULL || size <= length || username[length] != ':')
    return NULL;
  memcpy (ufrag, username, length);
  ufrag[length] = '\0';
  return g_hash_table_lookup (self->by_ufrag, ufrag);
}

OtEndpoint *
ot_endpoints_find_address (const OtEndpoints *self, const OtAddress *address)
{
  return g_hash_table_lookup (self->by_address, address);
}

/* The nominated address keeps its place; the others take turns. */
static OtAddress *
oldest_place (OtEndpoint *endpoint)
{
  OtAddress *place = &endpoint->addresses[endpoint->next_address++ % OT_ENDPOINT_ADDRESSES];

  if (place->any.sa_family != 0 && ot_address_equal (place, &endpoint->peer))
    place = &endpoint->addresses[endpoint->next_address++ % OT_ENDPOINT_ADDRESSES];
  return place;
}

static gboolean
is_of_one_side (const OtEndpoint *a, const OtEndpoint *b)
{
  return a->relay == b->relay && a->side == b->side;
}

gboolean
ot_endpoints_learn (OtEndpoints *self, OtEndpoint *endpoint, const OtAddress *address)
{
  OtEndpoint *before = ot_endpoints_find_address (self, address);
  OtAddress *place;

  if (before == endpoint)
    return TRUE;
  if (before != NULL && !is_of_one_side (before, endpoint)
      && ot_address_equal (&before->peer, address))
    return FALSE;
  for (guint i = 0; before != NULL && i < OT_ENDPOINT_ADDRESSES; i++)
    if (ot_address_equal (&before->addresses[i], address))
      forget_address (self, before, &before->addresses[i]);
  place = oldest_place (endpoint);
  forget_address (self, endpoint, place);
  *place = *address;
  g_hash_table_insert (self->by_address, place, endpoint);
  return TRUE;
}

OtRelay *
ot_relay_new (void)
{
  return g_new0 (OtRelay, 1);
}

void
ot_relay_free (OtRelay *self)
{
  g_assert (self->voice[OT_SIDE_CALLER] == NULL && self->voice[OT_SIDE_CALLEE] == NULL);
  g_free (self);
}

void
ot_relay_count (OtRelay *self, OtSide side, const guint8 *packet, gint64 arrival_us)
{
  OtRtpCounters *counters = &self->counters[side];
  gboolean is_first = atomic_load_explicit (&counters->first_us, memory_order_relaxed) == 0;

  if (is_first) {
    guint ssrc =
        (guint)packet[8] << 24 | (guint)packet[9] << 16 | (guint)packet[10] << 8 | packet[11];

    atomic_store_explicit (&counters->ssrc, ssrc, memory_order_relaxed);
    atomic_store_explicit (&counters->first_sequence, (guint)packet[2] << 8 | packet[3],
                           memory_order_relaxed);
  }
  atomic_store_explicit (&counters->last_us, arrival_us, memory_order_relaxed);
  atomic_fetch_add_explicit (&counters->packet_count, 1, memory_order_relaxed);
  if (is_first)
    atomic_store_explicit (&counters->first_us, arrival_us, memory_order_release);
}

void
ot_relay_read (OtRelay *self, OtRtpEvidence evidence[OT_N_SIDES])
{
  memset (evidence, 0, OT_N_SIDES * sizeof *evidence);
  for (guint side = 0; side < OT_N_SIDES; side++) {
    OtRtpCounters *counters = &self->counters[side];

    evidence[side].first_us = atomic_load_explicit (&counters->first_us, memory_order_acquire);
    if (evidence[side].first_us == 0)
      continue;
    evidence[side].ssrc = atomic_load_explicit (&counters->ssrc, memory_order_relaxed);
    evidence[side].first_sequence =
        (guint16)atomic_load_explicit (&counters->first_sequence, memory_order_relaxed);
    evidence[side].last_us = atomic_load_explicit (&counters->last_us, memory_order_relaxed);
    evidence[side].packet_count =
        atomic_load_explicit (&counters->packet_count, memory_order_relaxed);
  }
}
