#pragma once

#include <glib.h>

#include "clock.h"
#include "endpoint.h"
#include "forwarder-figures.h"

/**
 * OtForwarder:
 *
 * One UDP port and the thread that serves it: answers ICE checks (ICE-lite, RFC 8445), hands DTLS
 * to the legs, and carries voice from one leg of a call to the other: unprotect, rewrite, protect,
 * send. Nothing is queued between receiving and sending; a packet that can't go on at once is
 * dropped. A client that sends no check for the time of consent is gone, and an address that none
 * came from for as long is not sent to any more (RFC 7675, 5.1).
 *
 * Endpoints and relays are the media thread's alone. It takes no lock and waits for nobody: the
 * others hand it orders (orders.h), which it carries out between batches of at most 64 packets. Who
 * waits for one waits as long as a batch takes (about half a millisecond), and may hold any lock
 * but such as an OtEndpointListener takes, which is none.
 */
typedef struct _OtForwarder OtForwarder;

#define OT_FORWARDER_SENDS_MAX 128 /* what the thread sends in the time of a batch or two */

typedef struct {
  const OtAddressList *listen;    /* borrowed: one of each family at most */
  const OtAddressList *announced; /* borrowed: where clients reach it */
  guint16 port;                   /* 0: any free one */
  gint64 consent_us;              /* how long a check is good for */
  gint64 late_us;       /* a datagram that waited longer in the socket is late; 0: none is */
  const OtClock *clock; /* borrowed: for arrival times; outlives the forwarder */
} OtForwarderOptions;

/**
 * ot_forwarder_new:
 * @error: OT_MEDIA_ERROR_START, with the address in the message
 *
 * Returns: (transfer full): listening, its thread running; or NULL with @error set
 */
OtForwarder *ot_forwarder_new (const OtForwarderOptions *options, GError **error);

/** ot_forwarder_free: Ends and joins the thread, which carries out the orders that are left. All
 * endpoints must have been removed, and nobody may ask for anything any more. */
void ot_forwarder_free (OtForwarder *self);

/** ot_forwarder_get_port: the UDP port, host byte order. */
guint16 ot_forwarder_get_port (const OtForwarder *self);

/** ot_forwarder_get_announced: (transfer none): where clients reach it, with its port. */
const OtAddressList *ot_forwarder_get_announced (const OtForwarder *self);

/** ot_forwarder_set_late: as the option late_us, from now on. Thread: any. */
void ot_forwarder_set_late (OtForwarder *self, gint64 late_us);

/** ot_forwarder_is_serving: the thread turns; it does each OT_UDP_PATIENCE_US, packets or none.
 * Never waits. Thread: any. */
gboolean ot_forwarder_is_serving (const OtForwarder *self);

/** ot_forwarder_get_figures: (transfer none): live as long as the forwarder. */
const OtForwarderFigures *ot_forwarder_get_figures (const OtForwarder *self);

/**
 * ot_forwarder_add:
 * @relay: its call's; outlives the endpoint
 * @credentials: what the client's checks will name; copied
 * @listener: copied
 *
 * From now on checks for @credentials are answered. Thread: any but the media thread, as for all
 * that follows.
 *
 * Returns: (transfer none): an endpoint, until ot_forwarder_remove()
 */
OtEndpoint *ot_forwarder_add (OtForwarder *self,
                              OtRelay *relay,
                              OtSide side,
                              const OtIceCredentials *credentials,
                              const OtEndpointListener *listener,
                              gpointer user_data);

/** ot_forwarder_remove: Frees @endpoint; its listener isn't called any more when this returns. */
void ot_forwarder_remove (OtForwarder *self, OtEndpoint *endpoint);

/**
 * ot_forwarder_connect:
 * @srtp: (transfer full): its keys
 * @payload_type: Opus's number in this leg's description
 *
 * The leg is up, and is its side's voice from now on, in place of the one before. Packets that came
 * early are forwarded now.
 */
void ot_forwarder_connect (OtForwarder *self, OtEndpoint *endpoint, OtSrtp *srtp, int payload_type);

/** ot_forwarder_send: The media thread sends a copy of the datagram (DTLS) to the nominated
 * address; before there is one, drops it. So it does when OT_FORWARDER_SENDS_MAX wait, of all legs,
 * for it. Never waits. */
void ot_forwarder_send (OtForwarder *self, OtEndpoint *endpoint, const guint8 *data, gsize size);

/** ot_forwarder_is_up: whether both sides of a call have had a leg up since @since_us at the
 * latest. Never waits. */
gboolean ot_forwarder_is_up (OtForwarder *self, const OtRelay *relay, gint64 since_us);

/** ot_forwarder_record: from now on both voices go into @ring too, as their legs sent them; NULL:
 * no more, and nobody uses the ring when this returns. */
void ot_forwarder_record (OtForwarder *self, OtRelay *relay, OtPacketRing *ring);

/** ot_forwarder_end_witness: The call's first RTP was reported; listeners get no copies of RTP any
 * more; but a few packets may be under way. Never waits. */
void ot_forwarder_end_witness (OtForwarder *self, OtRelay *relay);
