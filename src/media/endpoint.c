/* Endpoints, relays and how they are found. No socket, no thread, no clock: all of it is the media
 * thread's; the counters anybody reads. */

#include "endpoint.h"

#include <string.h>

/* ---- buckets ---- */

static OtEndpoint **
ufrag_bucket (OtEndpoints *self, const char *ufrag)
{
  return &self->by_ufrag[g_str_hash (ufrag) % OT_ENDPOINT_BUCKETS];
}

static OtPlace **
address_bucket (OtEndpoints *self, const OtAddress *address)
{
  return &self->by_address[ot_address_hash (address) % OT_ENDPOINT_BUCKETS];
}

static OtEndpoint *
find_ufrag (OtEndpoints *self, const char *ufrag)
{
  OtEndpoint *found = *ufrag_bucket (self, ufrag);

  while (found != NULL && strcmp (found->credentials.ufrag, ufrag) != 0)
    found = found->next;
  return found;
}

static OtPlace *
find_place (OtEndpoints *self, const OtAddress *address)
{
  OtPlace *found = *address_bucket (self, address);

  while (found != NULL && !ot_address_equal (&found->address, address))
    found = found->next;
  return found;
}

static void
forget_place (OtEndpoints *self, OtPlace *place)
{
  OtPlace **link;

  if (place->address.any.sa_family == 0)
    return;
  link = address_bucket (self, &place->address);
  while (*link != place)
    link = &(*link)->next;
  *link = place->next;
  *place = (OtPlace){ 0 };
}

static void
forget (OtEndpoints *self, OtEndpoint *endpoint)
{
  OtEndpoint **link = ufrag_bucket (self, endpoint->credentials.ufrag);

  while (*link != NULL && *link != endpoint)
    link = &(*link)->next;
  if (*link == NULL)
    return; /* it has expired */
  *link = endpoint->next;
  self->n--;
  for (guint i = 0; i < OT_ENDPOINT_PLACES; i++)
    forget_place (self, &endpoint->places[i]);
}

/* ---- endpoints ---- */

void
ot_endpoints_init (OtEndpoints *self)
{
  *self = (OtEndpoints){ 0 };
}

void
ot_endpoints_clear (OtEndpoints *self)
{
  g_assert (self->n == 0);
}

void
ot_endpoints_add (OtEndpoints *self, OtEndpoint *endpoint)
{
  OtEndpoint **bucket = ufrag_bucket (self, endpoint->credentials.ufrag);

  g_assert (find_ufrag (self, endpoint->credentials.ufrag) == NULL); /* 48 random bits */
  endpoint->number = ++self->last_number;
  endpoint->next = *bucket;
  *bucket = endpoint;
  self->n++;
}

void
ot_endpoints_remove (OtEndpoints *self, OtEndpoint *endpoint)
{
  forget (self, endpoint);
}

static void
expire (OtEndpoints *self, OtEndpoint *endpoint, gint64 before_us)
{
  if (endpoint->peer_checked_us < before_us)
    memset (&endpoint->peer, 0, sizeof endpoint->peer);
  if (endpoint->checked_us == 0 || endpoint->checked_us >= before_us)
    return;
  forget (self, endpoint);
  endpoint->listener.expired (endpoint->user_data);
}

void
ot_endpoints_expire (OtEndpoints *self, gint64 before_us)
{
  for (guint i = 0; i < OT_ENDPOINT_BUCKETS; i++)
    for (OtEndpoint *endpoint = self->by_ufrag[i], *next; endpoint != NULL; endpoint = next) {
      next = endpoint->next;
      expire (self, endpoint, before_us);
    }
}

OtEndpoint *
ot_endpoints_find_user (OtEndpoints *self, const guint8 *username, gsize size)
{
  char ufrag[sizeof ((OtIceCredentials *)NULL)->ufrag];
  gsize length = sizeof ufrag - 1;

  if (username == NULL || size <= length || username[length] != ':')
    return NULL;
  memcpy (ufrag, username, length);
  ufrag[length] = '\0';
  return find_ufrag (self, ufrag);
}

OtEndpoint *
ot_endpoints_find_address (OtEndpoints *self, const OtAddress *address)
{
  const OtPlace *place = find_place (self, address);

  return place != NULL ? place->endpoint : NULL;
}

/* The nominated address keeps its place; the others take turns. */
static OtPlace *
oldest_place (OtEndpoint *endpoint)
{
  OtPlace *place = &endpoint->places[endpoint->next_place++ % OT_ENDPOINT_PLACES];

  if (place->address.any.sa_family != 0 && ot_address_equal (&place->address, &endpoint->peer))
    place = &endpoint->places[endpoint->next_place++ % OT_ENDPOINT_PLACES];
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
  OtPlace *before = find_place (self, address);
  OtPlace *place;
  OtPlace **bucket;

  if (before != NULL && before->endpoint == endpoint)
    return TRUE;
  if (before != NULL && !is_of_one_side (before->endpoint, endpoint)
      && ot_address_equal (&before->endpoint->peer, address))
    return FALSE;
  if (before != NULL)
    forget_place (self, before);
  place = oldest_place (endpoint);
  forget_place (self, place);
  bucket = address_bucket (self, address);
  *place = (OtPlace){ *address, endpoint, *bucket };
  *bucket = place;
  return TRUE;
}

/* ---- relays ---- */

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
