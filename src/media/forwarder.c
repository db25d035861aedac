/* The media thread. The way of a packet, top down: media_thread → handle_datagram,
 * which sorts by the first byte (RFC 7983) into
 * - STUN: take_check: answered as check.h says; USE-CANDIDATE sets where we send
 * - DTLS: to the leg's handshake, on the feeder's thread
 * - RTP: forward_rtp: unprotect, count and measure, record, rewrite, protect, queued, and flushed
 * with its batch
 * - RTCP: forward_rtcp: unprotect, measure by it, rewrite, protect, queued, and flushed with its
 * batch
 *
 * It takes no lock, never allocates for a packet, never waits but for packets, and knows no
 * GStreamer. What other threads ask for are orders (forwarder-orders.c) that it carries out between
 * batches. */

#include "forwarder-private.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ice-check.h"
#include "media-error.h"
#include "media-log.h"
#include "rtcp.h"

#define RTP_HEADER 12
#define HANGING_US (3 * OT_UDP_PATIENCE_US)
#define SWEEP_US G_USEC_PER_SEC /* how often those who are gone are looked for */

G_STATIC_ASSERT (OT_SRTP_TRAILER <= OT_UDP_ROOM);
G_STATIC_ASSERT (SWEEP_US >= OT_UDP_PATIENCE_US);

static void
drop (OtForwarder *self, OtDropCause cause)
{
  ot_counter_add (&self->figures.dropped[cause], 1);
}

static void
flush (OtForwarder *self)
{
  ot_counter_add (&self->figures.dropped[OT_DROP_SOCKET_FULL], ot_udp_port_flush (self->port));
}

/* Whoever sends without end would take the thread, and the handshakes', from all others. */
static gboolean
is_within (OtForwarder *self, OtQuota *quota, const OtQuotaRule *rule, gint64 arrival_us)
{
  if (ot_quota_take (quota, rule, 1, arrival_us))
    return TRUE;
  drop (self, OT_DROP_FLOOD);
  return FALSE;
}

/* For what is the client's own beyond doubt: nobody else can use its share up. */
static gboolean
takes_its_share (OtForwarder *self, OtEndpoint *from, gint64 arrival_us)
{
  static const OtQuotaRule rule = { OT_LEG_PACKETS_AT_ONCE, OT_LEG_PACKETS_PERIOD_US };

  return is_within (self, &from->packets_quota, &rule, arrival_us);
}

/* ---- voice ---- */

static gboolean
is_voice (const OtEndpoint *self)
{
  return self->relay->voice[self->side] == self;
}

static OtEndpoint *
listener_of (const OtEndpoint *speaker)
{
  OtEndpoint *listener = speaker->relay->voice[ot_side_other (speaker->side)];
  gboolean can_hear = listener != NULL && listener->peer.any.sa_family != 0;

  return can_hear && is_voice (speaker) ? listener : NULL;
}

/* A copy for the pad probe has to be made before the packet is decrypted in place. */
static void
forward_rtp (OtForwarder *self, OtEndpoint *from, guint8 *packet, gsize size, gint64 arrival_us)
{
  OtRelay *relay = from->relay;
  OtEndpoint *to;
  gboolean is_witnessed = atomic_load_explicit (&relay->witnessed, memory_order_relaxed);
  gsize copied = is_witnessed ? 0 : size;

  memcpy (self->witness_copy, packet, copied);
  if (!ot_srtp_unprotect (from->srtp, packet, &size)) {
    drop (self, OT_DROP_UNAUTHENTIC);
    return;
  }
  if ((packet[1] & 0x7f) != from->payload_type) {
    drop (self, OT_DROP_PAYLOAD_TYPE);
    return;
  }
  ot_relay_count (relay, from->side, packet, arrival_us);
  if (is_voice (from))
    ot_meter_received (&relay->meters[from->side], packet, from->number, arrival_us);
  if (!takes_its_share (self, from, arrival_us))
    return;
  if (copied > 0)
    from->listener.rtp (self->witness_copy, copied, arrival_us, from->user_data);

  to = listener_of (from);
  packet = ot_rtp_strip_extension (packet, &size);
  if (packet == NULL) {
    drop (self, OT_DROP_MALFORMED);
    return;
  }
  if (relay->recording != NULL && is_voice (from)
      && !ot_packet_ring_push_rtp (relay->recording, from->side, from->number, packet, size,
                                   arrival_us))
    drop (self, OT_DROP_RECORDER);
  if (to == NULL) {
    drop (self, OT_DROP_NO_LISTENER);
    return;
  }
  packet[1] = (guint8)((packet[1] & 0x80) | to->payload_type);
  ot_rewrite_rtp (&relay->rewrite[to->side], packet, from->number, to->number, arrival_us);
  if (!ot_srtp_protect (to->srtp, packet, &size)) {
    drop (self, OT_DROP_UNAUTHENTIC); /* later than the window */
    return;
  }
  ot_udp_port_queue (self->port, &to->peer, packet, size);
  ot_counter_add (&self->figures.forwarded[OT_PACKET_RTP], 1);
  ot_meter_forwarded (&relay->meters[to->side], packet, to->number);
}

static void
forward_rtcp (OtForwarder *self, OtEndpoint *from, guint8 *packet, gsize size, gint64 arrival_us)
{
  OtRelay *relay = from->relay;
  OtEndpoint *to;

  if (!ot_srtp_unprotect_rtcp (from->srtp, packet, &size)) {
    drop (self, OT_DROP_UNAUTHENTIC);
    return;
  }
  if (!ot_rtcp_is_valid (packet, size)) {
    drop (self, OT_DROP_MALFORMED);
    return;
  }
  if (!is_voice (from))
    return;
  ot_meter_received_rtcp (&relay->meters[from->side], packet, size,
                          relay->rewrite[from->side].out_ssrc, arrival_us);
  to = listener_of (from);
  if (to == NULL || !takes_its_share (self, from, arrival_us))
    return;
  ot_meter_sent_rtcp (&relay->meters[to->side], packet, size, arrival_us);
  ot_rewrite_rtcp (&relay->rewrite[to->side], &relay->rewrite[from->side], packet, size);
  if (!ot_srtp_protect_rtcp (to->srtp, packet, &size)) {
    drop (self, OT_DROP_UNAUTHENTIC); /* of more sources than are followed */
    return;
  }
  ot_udp_port_queue (self->port, &to->peer, packet, size);
  ot_counter_add (&self->figures.forwarded[OT_PACKET_RTCP], 1);
}

/* The client's first packets can overtake the end of the handshake: the newest few are kept. */
static void
keep_early (OtEndpoint *self, const guint8 *packet, gsize size, gint64 arrival_us)
{
  OtEarlyPacket *early = &self->early[self->n_early++ % OT_EARLY_PACKETS];

  early->arrival_us = arrival_us;
  early->size = size;
  memcpy (early->data, packet, size);
}

static void
forward_media (OtForwarder *self, OtEndpoint *from, guint8 *packet, gsize size, gint64 arrival_us)
{
  gboolean is_rtcp = packet[1] >= 192 && packet[1] <= 223;

  if (from->srtp == NULL && from->n_early >= OT_EARLY_PACKETS)
    drop (self, OT_DROP_EARLY);
  if (from->srtp == NULL)
    keep_early (from, packet, size, arrival_us);
  else if (is_rtcp)
    forward_rtcp (self, from, packet, size, arrival_us);
  else
    forward_rtp (self, from, packet, size, arrival_us);
}

void
ot_forwarder_take_early (OtForwarder *self, OtEndpoint *from)
{
  guint first = from->n_early > OT_EARLY_PACKETS ? from->n_early - OT_EARLY_PACKETS : 0;

  for (guint i = first; i < from->n_early; i++) {
    OtEarlyPacket *early = &from->early[i % OT_EARLY_PACKETS];

    forward_media (self, from, early->data, early->size, early->arrival_us);
  }
  flush (self);
}

/* ---- ICE and DTLS ---- */

static void
take_dtls (OtForwarder *self, OtEndpoint *from, const guint8 *data, gsize size, gint64 arrival_us)
{
  static const OtQuotaRule rule = { OT_LEG_DTLS_AT_ONCE, OT_LEG_DTLS_PERIOD_US };

  if (is_within (self, &from->dtls_quota, &rule, arrival_us))
    from->listener.dtls (data, size, arrival_us, from->user_data);
}

static void
nominate (OtEndpoint *self, const OtAddress *address)
{
  gboolean is_first = self->peer.any.sa_family == 0;

  if (!is_first && ot_address_equal (&self->peer, address))
    return;
  self->peer = *address;
  if (is_first)
    self->listener.nominated (self->user_data);
}

/* Returns: whether it is to be answered; else it was dropped. */
static gboolean
take_good_check (OtForwarder *self,
                 OtEndpoint *endpoint,
                 const OtStun *check,
                 const OtAddress *from,
                 gint64 arrival_us)
{
  if (!takes_its_share (self, endpoint, arrival_us))
    return FALSE;
  if (!ot_endpoints_learn (&self->endpoints, endpoint, from)) {
    drop (self, OT_DROP_UNAUTHENTIC);
    return FALSE;
  }
  endpoint->checked_us = arrival_us;
  if (check->use_candidate)
    nominate (endpoint, from);
  if (ot_address_equal (&endpoint->peer, from))
    endpoint->peer_checked_us = arrival_us;
  return TRUE;
}

static gboolean
may_tell_stranger (OtForwarder *self, const OtAddress *from, gint64 arrival_us)
{
  if (ot_ice_check_limit_take (&self->check_limit, from, arrival_us))
    return TRUE;
  drop (self, OT_DROP_UNAUTHENTIC);
  return FALSE;
}

/* ICE-lite: we only answer. The answer takes the check's place in its slot. */
static void
take_check (OtForwarder *self, OtDatagram *slot, gint64 arrival_us)
{
  OtStun check;
  OtStunWriter answer;
  OtEndpoint *endpoint;
  OtIceCheckVerdict verdict;
  gboolean is_answered = TRUE;

  if (!ot_stun_read (&check, slot->data, slot->size) || check.type != OT_STUN_BINDING_REQUEST) {
    drop (self, OT_DROP_MALFORMED);
    return;
  }
  endpoint = ot_endpoints_find_user (&self->endpoints, check.username, check.username_size);
  verdict = ot_ice_check_answer (&answer, &check, slot->size,
                                 endpoint != NULL ? endpoint->credentials.pwd : NULL, &slot->from);
  if (verdict == OT_ICE_CHECK_GOOD)
    is_answered = take_good_check (self, endpoint, &check, &slot->from, arrival_us);
  else if (verdict == OT_ICE_CHECK_STRANGE)
    is_answered = may_tell_stranger (self, &slot->from, arrival_us);
  if (!is_answered)
    return;
  memcpy (slot->data, answer.data, answer.size);
  if (answer.size > 0)
    ot_udp_port_queue (self->port, &slot->from, slot->data, answer.size);
}

static void
handle_datagram (OtForwarder *self, OtDatagram *slot, gint64 arrival_us)
{
  OtEndpoint *endpoint;

  if (slot->size < RTP_HEADER) {
    if (!ot_udp_port_is_wake (self->port, slot))
      drop (self, OT_DROP_MALFORMED);
    return;
  }
  if (slot->data[0] < 4) {
    take_check (self, slot, arrival_us);
    return;
  }
  endpoint = ot_endpoints_find_address (&self->endpoints, &slot->from);
  if (endpoint == NULL) {
    drop (self, OT_DROP_UNKNOWN);
    return;
  }
  if (slot->data[0] >= 128 && slot->data[0] < 192)
    forward_media (self, endpoint, slot->data, slot->size, arrival_us);
  else if (slot->data[0] >= 20 && slot->data[0] < 64)
    take_dtls (self, endpoint, slot->data, slot->size, arrival_us);
  else
    drop (self, OT_DROP_MALFORMED);
}

/* ---- the thread ---- */

static void
sweep (OtForwarder *self, gint64 now_us)
{
  if (now_us < self->next_sweep_us)
    return;
  self->next_sweep_us = now_us + SWEEP_US;
  ot_endpoints_expire (&self->endpoints, now_us - self->consent_us);
}

/* The first of a batch came first: the others waited no longer. A step of the wall clock can make a
 * batch late, or not late. */
static void
count (OtForwarder *self, const OtDatagram *batch, guint n, gint64 came_wall_us)
{
  gint64 lag_us = came_wall_us != 0 ? ot_clock_wall_us (self->clock) - came_wall_us : 0;
  gint64 late_us = atomic_load_explicit (&self->late_us, memory_order_relaxed);
  guint n_wakes = 0;

  for (guint i = 0; i < n; i++)
    n_wakes += ot_udp_port_is_wake (self->port, &batch[i]);
  ot_counter_add (&self->figures.received, n - n_wakes);
  if (late_us != 0 && lag_us > late_us)
    ot_counter_add (&self->figures.late, n - n_wakes);
  if (came_wall_us != 0)
    ot_histogram_add (&self->figures.lag_us, lag_us, 1);
}

static void
handle_batch (OtForwarder *self, OtDatagram *batch, guint n, gint64 came_wall_us, gint64 arrival_us)
{
  const OtCounter *forwarded = &self->figures.forwarded[OT_PACKET_RTP];
  guint64 before = ot_counter_get (forwarded);

  for (guint i = 0; i < n; i++)
    handle_datagram (self, &batch[i], arrival_us);
  flush (self);
  if (came_wall_us != 0)
    ot_histogram_add (&self->figures.forward_us, ot_clock_wall_us (self->clock) - came_wall_us,
                      ot_counter_get (forwarded) - before);
}

static gpointer
media_thread (gpointer data)
{
  OtForwarder *self = data;

  /* Voice before set-up work, where the machine lets us. */
  if (setpriority (PRIO_PROCESS, (id_t)gettid (), -10) != 0)
    ot_debug ("media thread keeps its priority: %s", g_strerror (errno));

  while (!atomic_load (&self->stopping)) {
    OtDatagram *batch;
    gint64 came_wall_us;
    guint n = ot_udp_port_receive (self->port, &batch, &came_wall_us);
    gint64 arrival_us = ot_clock_mono_us (self->clock);

    atomic_store_explicit (&self->turned_us, arrival_us, memory_order_relaxed);
    count (self, batch, n, came_wall_us);
    handle_batch (self, batch, n, came_wall_us, arrival_us);
    ot_orders_carry_out (&self->orders);
    sweep (self, arrival_us);
  }
  ot_orders_close (&self->orders);
  return NULL;
}

static void
wake (gpointer owner)
{
  ot_udp_port_wake (((OtForwarder *)owner)->port);
}

static void
announce (OtForwarder *self, const OtAddressList *hosts)
{
  self->announced = *hosts;
  for (guint i = 0; i < hosts->n; i++)
    ot_address_set_port (&self->announced.list[i], ot_udp_port_get_number (self->port));
}

OtForwarder *
ot_forwarder_new (const OtForwarderOptions *options, GError **error)
{
  OtUdpPort *port = ot_udp_port_open (options->listen, options->port, error);
  OtForwarder *self;

  if (port == NULL)
    return NULL;
  self = g_new0 (OtForwarder, 1);
  self->port = port;
  self->clock = options->clock;
  self->consent_us = options->consent_us;
  self->late_us = options->late_us;
  self->turned_us = ot_clock_mono_us (self->clock);
  ot_forwarder_figures_init (&self->figures);
  announce (self, options->announced);
  ot_ice_check_limit_init (&self->check_limit);
  ot_orders_init (&self->orders, self, wake);
  ot_orders_init (&self->sent, self, NULL);
  ot_endpoints_init (&self->endpoints);
  self->thread = g_thread_new ("otomo-media", media_thread, self);
  return self;
}

void
ot_forwarder_free (OtForwarder *self)
{
  atomic_store (&self->stopping, TRUE);
  ot_udp_port_wake (self->port);
  g_thread_join (self->thread);
  ot_orders_close (&self->sent);
  ot_udp_port_close (self->port);
  ot_endpoints_clear (&self->endpoints);
  g_free (self);
}

guint16
ot_forwarder_get_port (const OtForwarder *self)
{
  return ot_udp_port_get_number (self->port);
}

void
ot_forwarder_set_late (OtForwarder *self, gint64 late_us)
{
  atomic_store_explicit (&self->late_us, late_us, memory_order_relaxed);
}

gboolean
ot_forwarder_is_serving (const OtForwarder *self)
{
  gint64 turned_us = atomic_load_explicit (&self->turned_us, memory_order_relaxed);

  return ot_clock_mono_us (self->clock) - turned_us < HANGING_US;
}

const OtForwarderFigures *
ot_forwarder_get_figures (const OtForwarder *self)
{
  return &self->figures;
}

const OtAddressList *
ot_forwarder_get_announced (const OtForwarder *self)
{
  return &self->announced;
}
