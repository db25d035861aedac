#pragma once

#include <gst/gst.h>

#include "certificate.h"
#include "feeder.h"
#include "forwarder.h"
#include "sdp.h"
#include "stock.h"

/**
 * OtLeg:
 *
 * One side's connection: an endpoint at the socket, and an engine (webrtcbin) for the handshake. It
 * is a GstBin, element "otleg", so that a call can be written down in gst-launch's words and seen
 * in a graph.
 *
 * A life: opened (credentials exist, checks are answered) → described (by an
 * offer, or by the answer to our own offer: the same to it) → nominated and connected → up →
 * settled → closed. It may close at any point; each but the last happens once.
 *
 * Threads: open, describe and close come from one worker at a time; everything else is the
 * feeder's.
 */
G_DECLARE_FINAL_TYPE (OtLeg, ot_leg, OT, LEG, GstBin)
#define OT_TYPE_LEG (ot_leg_get_type ())

/** OtLegContext: what all legs share; outlives them. */
typedef struct {
  OtFeeder *feeder;
  OtCertificate *certificate;
  const OtClock *clock;
  OtStock *stock; /* of engines */
} OtLegContext;

/**
 * OtLegListener:
 * @up: ICE and DTLS are complete and the certificate is the one of the description
 * @down: the transport is gone; once, whether it was up or not; @message is for a person
 * @rtp: the pad probe saw a packet that came at @arrival_us; until the call's first RTP was
 * reported
 *
 * Called on the feeder's thread, with the leg locked: call nothing of the leg. Never after
 * ot_leg_close().
 */
typedef struct {
  void (*up) (OtLeg *leg, gint64 at_us, gpointer user_data);
  void (*down) (OtLeg *leg, gint64 at_us, const char *message, gpointer user_data);
  void (*rtp) (OtLeg *leg, gint64 arrival_us, gpointer user_data);
} OtLegListener;

/** ot_leg_register: Makes "otleg" known to gst_parse_launch(). Calling it again does nothing. */
void ot_leg_register (void);

/**
 * ot_leg_open:
 * @context: borrowed; outlives the leg
 * @forwarder: its call's; outlives the leg
 * @relay: the same
 * @listener: copied
 * @user_data: for @listener; must live until ot_leg_close()
 */
void ot_leg_open (OtLeg *self,
                  const OtLegContext *context,
                  OtForwarder *forwarder,
                  OtRelay *relay,
                  OtSide side,
                  const OtLegListener *listener,
                  gpointer user_data);

OtSide ot_leg_get_side (OtLeg *self);

/** ot_leg_is_up: Thread: any. */
gboolean ot_leg_is_up (OtLeg *self);

/** ot_leg_get_payload_type: Opus's number in the client's description; -1: not described. Thread:
 * the worker's. */
int ot_leg_get_payload_type (OtLeg *self);

/** ot_leg_write_offer: (transfer full): our offer. */
char *ot_leg_write_offer (OtLeg *self, int payload_type);

/**
 * ot_leg_describe:
 * @remote: the client's offer or answer; copied
 * @error: OT_MEDIA_ERROR_ENGINE; the leg is of no use then but to be closed
 *
 * Takes some milliseconds, unless @remote is an ordinary description and the stock has an engine.
 *
 * Returns: (transfer full): our answer (to be thrown away when @remote was one), or NULL with
 * @error set
 */
char *ot_leg_describe (OtLeg *self, const OtSdp *remote, GError **error);

/**
 * ot_leg_settle:
 *
 * The handshake is history and the call's first RTP reported: the engine, with its threads and most
 * of the leg's memory, goes; voice, RTCP and checks go on. From now on the client's DTLS alerts are
 * not heard; that it is gone shows only by the checks that it doesn't send. Some ten milliseconds;
 * harmless when the leg is not up.
 */
void ot_leg_settle (OtLeg *self);

/** OT_LEG_SETTLE_US: how long after it came up a leg is kept as it is, so that a last flight that
 * was lost can be sent again (RFC 6347, 4.2.4). */
#define OT_LEG_SETTLE_US (500 * 1000)

/** ot_leg_close: Ends it. Some ten milliseconds. Harmless when it is not open. */
void ot_leg_close (OtLeg *self);

/** ot_leg_close_unless_up: As ot_leg_close(), but one that is up, or comes up at this moment, stays
 * as it is: FALSE. */
gboolean ot_leg_close_unless_up (OtLeg *self);

/** ot_leg_take_input: The feeder's deliver function. */
void ot_leg_take_input (const OtInput *input);
