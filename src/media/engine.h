#pragma once

#include <gst/gst.h>

#include "clock.h"

/**
 * OtEngine:
 *
 * One webrtcbin, driven for one leg after the other: it answers a description, does DTLS, and lets
 * RTP pass through dtlssrtpdec, where a pad probe sees it. It neither sends nor receives media of
 * its own: its rtpbin and its receive queue never start. What GStreamer 1.22's webrtcbin needs and
 * what it gets wrong is known here and nowhere else.
 *
 * A life: has answered → serves an owner → connected → rewound (as if it had just answered)
 * or stopped. A webrtcbin to its answer costs about three times what rewinding one does
 * (docs/performance.md).
 */
G_DECLARE_FINAL_TYPE (OtEngine, ot_engine, OT, ENGINE, GObject)
#define OT_TYPE_ENGINE (ot_engine_get_type ())

/**
 * OtEngineListener:
 * @send: a DTLS datagram shall go to the client; on a streaming thread
 * @certificate: the client's, before the keys; during ot_engine_feed()
 * @keys: the handshake is over; OT_SRTP_KEY_SIZE bytes each; during ot_engine_feed()
 * @rtp: the pad probe on dtlssrtpdec:rtp_src saw a packet that came at @arrival_us; during
 * ot_engine_feed()
 * @lost: the client closed DTLS, or it failed; on any thread
 */
typedef struct {
  void (*send) (const guint8 *data, gsize size, gpointer owner);
  void (*certificate) (const char *pem, gpointer owner);
  void (*keys) (const guint8 *receive_key, const guint8 *send_key, gpointer owner);
  void (*rtp) (gint64 arrival_us, gpointer owner);
  void (*lost) (gpointer owner);
} OtEngineListener;

/**
 * ot_engine_new:
 * @bin: the webrtcbin becomes its child; in state PLAYING
 * @pem: certificate and key
 * @clock: outlives it; runs as GStreamer's system clock does
 * @offer: a description of ot_sdp_write_for_engine()
 * @error: OT_MEDIA_ERROR_ENGINE, also when webrtcbin gave no answer within OT_ENGINE_PATIENCE_US
 *
 * Takes a few milliseconds; waits for webrtcbin's own thread. Thread: a worker.
 *
 * Returns: (transfer full): it has answered @offer; or NULL with @error set
 */
OtEngine *ot_engine_new (
    GstBin *bin, const char *pem, const OtClock *clock, const char *offer, GError **error);

#define OT_ENGINE_PATIENCE_US (15 * G_USEC_PER_SEC)

/** ot_engine_get_answer: (transfer none): webrtcbin's answer. */
const char *ot_engine_get_answer (OtEngine *self);

/**
 * ot_engine_serve:
 * @bin: where the webrtcbin goes, perhaps from another; in state PLAYING
 * @listener: copied
 * @owner: (transfer none): argument of the listener's functions; referenced until the engine is
 * rewound or stopped
 *
 * It is not connected. Thread: a worker.
 */
void
ot_engine_serve (OtEngine *self, GstBin *bin, const OtEngineListener *listener, GObject *owner);

/** ot_engine_become_server: It has answered that it is DTLS's client, and shall be the server.
 * Before ot_engine_connect(). Thread: a worker. */
void ot_engine_become_server (OtEngine *self);

/** ot_engine_connect: ICE is complete: DTLS begins. Once in each time that it serves. Thread: the
 * feeder's. */
void ot_engine_connect (OtEngine *self);

/** ot_engine_feed: One datagram, DTLS or SRTP, to dtlssrtpdec. After ot_engine_connect(). Thread:
 * the feeder's. */
void ot_engine_feed (OtEngine *self, const guint8 *data, gsize size, gint64 arrival_us);

/**
 * ot_engine_rewind:
 * @bin: where the webrtcbin goes
 *
 * Nobody may feed any more. It forgets its owner, whose client hears nothing of that: no DTLS alert
 * is sent. The keys and the replay window of its client are gone. Two milliseconds. Thread: a
 * worker.
 *
 * Returns: whether it can serve again. It can't when a handshake was begun and not ended: stop it.
 */
gboolean ot_engine_rewind (OtEngine *self, GstBin *bin);

/**
 * ot_engine_stop:
 *
 * Ends the webrtcbin and removes it from its bin; some ten milliseconds. Nobody may feed any more.
 * To be called before the last reference is dropped. Its DTLS elements stay in memory until their
 * last timer has run out: for a second, and as long again as their handshake lasted. Thread: a
 * worker.
 */
void ot_engine_stop (OtEngine *self);
