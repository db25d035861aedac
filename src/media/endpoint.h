#pragma once

#include <glib.h>
#include <stdatomic.h>

#include "media-port.h"
#include "meter.h"
#include "packet-ring.h"
#include "quota.h"
#include "rewrite.h"
#include "sdp.h"
#include "srtp.h"
#include "udp-port.h"

/**
 * SECTION:endpoint
 *
 * What the media thread knows: of each leg its endpoint (who it is, where it is, its keys), of each
 * call its relay (which endpoint speaks for which side, and what goes from one to the other). All
 * of it is the media thread's; who wants something of it gives the forwarder an order. Only what is
 * atomic is read by others, and the meters. For forwarder.c and leg.c alone.
 */

#define OT_ENDPOINT_PLACES 4 /* places that a leg is heard from; the oldest is forgotten */
#define OT_EARLY_PACKETS 8   /* the newest, kept of a leg whose keys are not there yet */

/** Of a leg's RTP, RTCP and good checks so many are taken at once, and in each such period: 500 a
 * second, more than the shortest frames of Opus make, and what a network that stood still brings
 * late. */
#define OT_LEG_PACKETS_AT_ONCE 1500
#define OT_LEG_PACKETS_PERIOD_US (3 * G_USEC_PER_SEC)

/** The same of its DTLS, which may be anybody's until the handshake is over: 20 a second. */
#define OT_LEG_DTLS_AT_ONCE 400
#define OT_LEG_DTLS_PERIOD_US (20 * G_USEC_PER_SEC)

typedef struct _OtEndpoint OtEndpoint;
typedef struct _OtRelay OtRelay;

/**
 * OtEndpointListener:
 * @nominated: the client chose an address and there was none: we can send
 * @expired: the client has sent no check for too long: it is gone, and nothing is sent to it or
 * taken from it any more
 * @dtls: a DTLS datagram came
 * @rtp: an RTP packet came and its authentication was checked; @data is what came, still encrypted.
 * Only until ot_forwarder_end_witness()
 *
 * Called on the media thread: keep what is needed, return at once, take no lock (who holds it may
 * be waiting for this thread), call nothing of the forwarder.
 */
typedef struct {
  void (*nominated) (gpointer user_data);
  void (*expired) (gpointer user_data);
  void (*dtls) (const guint8 *data, gsize size, gint64 arrival_us, gpointer user_data);
  void (*rtp) (const guint8 *data, gsize size, gint64 arrival_us, gpointer user_data);
} OtEndpointListener;

typedef struct {
  gint64 arrival_us;
  gsize size;
  guint8 data[OT_UDP_DATAGRAM_MAX + OT_UDP_ROOM];
} OtEarlyPacket;

/** OtPlace: where a leg was heard from. */
typedef struct _OtPlace OtPlace;
struct _OtPlace {
  OtAddress address; /* all zero: none */
  OtEndpoint *endpoint;
  OtPlace *next; /* in its bucket */
};

struct _OtEndpoint {
  OtEndpoint *next; /* in its bucket */
  OtRelay *relay;   /* borrowed; outlives the endpoint */
  OtSide side;
  guint32 number; /* unlike any other endpoint's */
  OtIceCredentials credentials;
  OtEndpointListener listener;
  gpointer user_data;

  OtPlace places[OT_ENDPOINT_PLACES]; /* proved by authenticated checks; we take packets from
                                          these */
  guint next_place;
  OtAddress peer;         /* the nominated one of them; we send there, and nowhere else */
  gint64 peer_checked_us; /* when the newest good check came from there */
  gint64 checked_us;      /* when one came at all; 0: none yet */

  OtSrtp *srtp; /* owned; NULL until the handshake is over */
  OtQuota packets_quota;
  OtQuota dtls_quota;
  int payload_type;
  OtEarlyPacket *early; /* owned; a ring of OT_EARLY_PACKETS; NULL: the handshake is over */
  guint n_early;        /* ever put into it */
};

/** OtRtpCounters: written by the media thread, read by anybody; first_us is written last and read
 * first. */
typedef struct {
  atomic_uint ssrc;
  atomic_uint first_sequence;
  _Atomic gint64 first_us;
  _Atomic gint64 last_us;
  _Atomic guint64 packet_count;
} OtRtpCounters;

struct _OtRelay {
  OtEndpoint
      *voice[OT_N_SIDES]; /* borrowed: which leg speaks and listens for a side; NULL: none is up */
  _Atomic gint64 up_us[OT_N_SIDES]; /* since when it does; 0: none is up */
  OtRewrite rewrite[OT_N_SIDES];    /* towards that side */
  atomic_bool witnessed;            /* the first RTP was reported, nobody needs copies any more */
  OtPacketRing *recording; /* borrowed (nullable): gets a copy of each packet of both voices */
  OtRtpCounters counters[OT_N_SIDES];
  OtMeter meters[OT_N_SIDES];
};

#define OT_ENDPOINT_BUCKETS 1024 /* a few legs a bucket in a server that is full */

/** OtEndpoints: all endpoints at one socket, found by user name and by address. Owns none of them.
 * What links them is in them, so that a packet that makes a leg known costs no memory. */
typedef struct {
  OtEndpoint *by_ufrag[OT_ENDPOINT_BUCKETS];
  OtPlace *by_address[OT_ENDPOINT_BUCKETS];
  guint n;
  guint32 last_number;
} OtEndpoints;

void ot_endpoints_init (OtEndpoints *self);
void ot_endpoints_clear (OtEndpoints *self);
void ot_endpoints_add (OtEndpoints *self, OtEndpoint *endpoint);
void ot_endpoints_remove (OtEndpoints *self, OtEndpoint *endpoint);

/** ot_endpoints_expire: those whose newest check is older than @before_us are forgotten, and told
 * so. They still have to be removed. Where there is a newer one, but none from the nominated
 * address, that address alone is forgotten: consent is its, and not its client's (RFC 7675, 5.1).
 */
void ot_endpoints_expire (OtEndpoints *self, gint64 before_us);

/** @username: of a check, "ours:theirs". Returns: (nullable): whose it is. */
OtEndpoint *ot_endpoints_find_user (OtEndpoints *self, const guint8 *username, gsize size);

/** Returns: (nullable): who was heard from there. */
OtEndpoint *ot_endpoints_find_address (OtEndpoints *self, const OtAddress *address);

/** ot_endpoints_learn: @endpoint is at @address, and nobody else is. Returns: FALSE: it can't be,
 * since another side's leg is nominated there. (A check may be sent with anybody's address; but a
 * client may make its next leg on the socket of the one before.) */
gboolean ot_endpoints_learn (OtEndpoints *self, OtEndpoint *endpoint, const OtAddress *address);

/** ot_relay_new: (transfer full): a call's relay. It must have no endpoint any more when it is
 * freed. */
OtRelay *ot_relay_new (void);
void ot_relay_free (OtRelay *self);

/** ot_relay_count: one authenticated packet of @side; @packet is its RTP header. Media thread. */
void ot_relay_count (OtRelay *self, OtSide side, const guint8 *packet, gint64 arrival_us);

/** ot_relay_read: What was counted so far. Never waits. Thread: any. */
void ot_relay_read (OtRelay *self, OtRtpEvidence evidence[OT_N_SIDES]);
