/* Drives one webrtcbin of GStreamer 1.22. Why things are done as they are:
 * - the sink pad is requested before the remote description is set, else the answer is recvonly;
 * - rtpbin and the receive queue are state-locked, so that GStreamer makes no RTCP, no threads and
 * no SRTP contexts of its own for media that never reaches them; datagrams are chained straight
 * into dtlssrtpdec;
 * - webrtcbin never hears that ICE is complete: its DTLS is started here, so that it can be started
 * again. What is of one client alone is the DTLS connection and what srtpdec knows of its sources,
 * so a rewound engine has a new connection (dtlsdec makes one for each "connection-id") and those
 * elements have been through NULL;
 * - webrtcbin is set to NULL by itself, locked, before it leaves its bin: several at once can
 * deadlock;
 * - the DTLS elements outlive it until their connections' timers have run out (let_go()). */

#include "engine.h"

#include <gst/sdp/sdp.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <string.h>
#include <gst/webrtc/webrtc.h>

#include "ice.h"
#include "media-error.h"
#include "media-log.h"
#include "promise.h"
#include "srtp.h"

#define MARGIN_US (100 * 1000) /* of a timer that is late */

struct _OtEngine {
  GObject parent;

  GMutex lock; /* guards the next two */
  OtEngineListener listener;
  GObject *owner; /* owned; NULL: it serves nobody */

  GstElement *webrtcbin; /* owned; its parent is the bin */
  GstPad *voice_pad;     /* owned: webrtcbin's request pad, which never sees a buffer */
  char *pem;             /* owned */
  const OtClock *clock;
  char *answer; /* owned */

  /* Owned; found when webrtcbin makes them, while it works on the descriptions. */
  GstElement *dtlssrtpdec;
  GstElement *dtlssrtpenc;
  GstElement *dtlsdec;
  GstElement *dtlsenc;
  GstElement *srtpdec;
  GstPad *datagram_pad; /* dtlssrtpdec:sink */
  GstPad *rtp_pad;      /* dtlssrtpdec:rtp_src */
  gulong probe_id;

  /* Of the client that it serves; the feeder's while it is served, the worker's then. */
  gint64 connected_us; /* 0: DTLS was not started */
  gboolean has_keys;

  gint64 timers_end_us; /* until then a connection of before may wait for a timer */
};

G_DEFINE_FINAL_TYPE (OtEngine, ot_engine, G_TYPE_OBJECT)

static void
ot_engine_finalize (GObject *object)
{
  OtEngine *self = OT_ENGINE (object);

  g_assert (self->webrtcbin == NULL && self->owner == NULL);
  gst_clear_object (&self->datagram_pad);
  gst_clear_object (&self->rtp_pad);
  gst_clear_object (&self->srtpdec);
  gst_clear_object (&self->dtlsenc);
  gst_clear_object (&self->dtlsdec);
  gst_clear_object (&self->dtlssrtpenc);
  gst_clear_object (&self->dtlssrtpdec);
  g_free (self->answer);
  g_free (self->pem);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (ot_engine_parent_class)->finalize (object);
}

static void
ot_engine_class_init (OtEngineClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ot_engine_finalize;
}

static void
ot_engine_init (OtEngine *self)
{
  g_mutex_init (&self->lock);
}

/* ---- whom it serves ---- */

/* (transfer full) (nullable): with @listener, called without the lock, for an owner has its own. */
static GObject *
get_owner (OtEngine *self, OtEngineListener *listener)
{
  GObject *owner;

  g_mutex_lock (&self->lock);
  *listener = self->listener;
  owner = self->owner != NULL ? g_object_ref (self->owner) : NULL;
  g_mutex_unlock (&self->lock);
  return owner;
}

static void
set_owner (OtEngine *self, const OtEngineListener *listener, GObject *owner)
{
  GObject *former;

  g_mutex_lock (&self->lock);
  former = self->owner;
  self->listener = listener != NULL ? *listener : (OtEngineListener){ NULL };
  self->owner = owner != NULL ? g_object_ref (owner) : NULL;
  g_mutex_unlock (&self->lock);
  g_clear_object (&former);
}

/* ---- what comes out of the dtls elements ---- */

static void
on_peer_pem (GstElement *dtlsdec, GParamSpec *pspec, OtEngine *self)
{
  OtEngineListener listener;
  g_autoptr (GObject) owner = get_owner (self, &listener);
  g_autofree char *pem = NULL;

  g_object_get (dtlsdec, "peer-pem", &pem, NULL);
  if (owner != NULL && pem != NULL)
    listener.certificate (pem, owner);
}

/* dtlsdec's signal, not dtlsenc's: of the two keys the decoder's is the later. */
static void
on_key_received (GstElement *dtlsdec, OtEngine *self)
{
  OtEngineListener listener;
  g_autoptr (GObject) owner = get_owner (self, &listener);
  GstBuffer *receive = NULL;
  GstBuffer *send = NULL;
  guint8 receive_key[OT_SRTP_KEY_SIZE];
  guint8 send_key[OT_SRTP_KEY_SIZE];

  g_object_get (dtlsdec, "decoder-key", &receive, NULL);
  g_object_get (self->dtlsenc, "encoder-key", &send, NULL);
  if (owner != NULL && receive != NULL
      && gst_buffer_extract (receive, 0, receive_key, OT_SRTP_KEY_SIZE) == OT_SRTP_KEY_SIZE
      && send != NULL
      && gst_buffer_extract (send, 0, send_key, OT_SRTP_KEY_SIZE) == OT_SRTP_KEY_SIZE) {
    self->has_keys = TRUE;
    listener.keys (receive_key, send_key, owner);
  }
  gst_clear_buffer (&receive);
  gst_clear_buffer (&send);
}

static void
on_connection_state (GstElement *dtlsdec, GParamSpec *pspec, OtEngine *self)
{
  enum { CLOSED = 1, FAILED = 2 }; /* GstDtlsConnectionState, which has no public header */
  OtEngineListener listener;
  g_autoptr (GObject) owner = get_owner (self, &listener);
  int state;

  g_object_get (dtlsdec, "connection-state", &state, NULL);
  if (owner != NULL && (state == CLOSED || state == FAILED))
    listener.lost (owner);
}

/* What proves a call: behind SRTP authentication, before any jitter buffer. There is nothing behind
 * it to flow to. */
static GstPadProbeReturn
on_rtp (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  OtEngineListener listener;
  g_autoptr (GObject) owner = get_owner (data, &listener);
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  if (owner != NULL)
    listener.rtp ((gint64)GST_BUFFER_PTS (buffer) / 1000, owner);
  return GST_PAD_PROBE_DROP;
}

/* ---- finding and preparing webrtcbin's children ---- */

static gboolean
is_made_by (GstElement *element, const char *factory_name)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  return factory != NULL && strcmp (GST_OBJECT_NAME (factory), factory_name) == 0;
}

static void
adopt_dtlssrtpdec (OtEngine *self, GstElement *element)
{
  self->dtlssrtpdec = gst_object_ref (element);
  self->datagram_pad = gst_element_get_static_pad (element, "sink");
  self->rtp_pad = gst_element_get_static_pad (element, "rtp_src");
  self->probe_id = gst_pad_add_probe (self->rtp_pad, GST_PAD_PROBE_TYPE_BUFFER, on_rtp,
                                      g_object_ref (self), g_object_unref);
}

static void
adopt_dtlsdec (OtEngine *self, GstElement *element)
{
  self->dtlsdec = gst_object_ref (element);
  g_object_set (element, "pem", self->pem, NULL);
  g_signal_connect_object (element, "notify::peer-pem", G_CALLBACK (on_peer_pem), self, 0);
  g_signal_connect_object (element, "on-key-received", G_CALLBACK (on_key_received), self, 0);
  g_signal_connect_object (element, "notify::connection-state", G_CALLBACK (on_connection_state),
                           self, 0);
}

/* On webrtcbin's thread or on ours, but always before ot_engine_new() returns. */
static void
on_element_added (GstBin *webrtcbin, GstBin *parent, GstElement *element, OtEngine *self)
{
  if (is_made_by (element, "dtlssrtpdec") && self->dtlssrtpdec == NULL)
    adopt_dtlssrtpdec (self, element);
  else if (is_made_by (element, "dtlsdec") && self->dtlsdec == NULL)
    adopt_dtlsdec (self, element);
  else if (is_made_by (element, "dtlsenc") && self->dtlsenc == NULL)
    self->dtlsenc = gst_object_ref (element);
  else if (is_made_by (element, "dtlssrtpenc") && self->dtlssrtpenc == NULL)
    self->dtlssrtpenc = gst_object_ref (element);
  else if (is_made_by (element, "srtpdec") && self->srtpdec == NULL)
    self->srtpdec = gst_object_ref (element);
  else if (is_made_by (element, "queue")
           && strcmp (G_OBJECT_TYPE_NAME (parent), "TransportReceiveBin") == 0)
    gst_element_set_locked_state (element, TRUE);
}

static void
lock_rtpbin (GstElement *webrtcbin)
{
  GstElement *rtpbin = gst_bin_get_by_name (GST_BIN (webrtcbin), "rtpbin");

  g_return_if_fail (rtpbin != NULL);
  gst_element_set_locked_state (rtpbin, TRUE);
  gst_object_unref (rtpbin);
}

/* Makes the transceiver: Opus both ways. Without a payload type in the caps webrtcbin takes the
 * offer's. */
static void
request_voice_pad (OtEngine *self)
{
  GstPadTemplate *pad_template = gst_element_get_pad_template (self->webrtcbin, "sink_%u");
  g_autoptr (GstCaps) opus =
      gst_caps_from_string ("application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000");
  GstWebRTCRTPTransceiver *transceiver = NULL;

  self->voice_pad = gst_element_request_pad (self->webrtcbin, pad_template, "sink_0", NULL);
  g_object_get (self->voice_pad, "transceiver", &transceiver, NULL);
  g_object_set (transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDRECV,
                "codec-preferences", opus, NULL);
  gst_object_unref (transceiver);
}

static void
on_send (const guint8 *data, gsize size, gpointer user_data)
{
  OtEngineListener listener;
  g_autoptr (GObject) owner = get_owner (user_data, &listener);

  if (owner != NULL)
    listener.send (data, size, owner);
}

static gboolean
make_webrtcbin (OtEngine *self, GstBin *bin, GError **error)
{
  self->webrtcbin =
      gst_element_factory_make_full ("webrtcbin", "ice-agent", ot_ice_new (on_send, self),
                                     "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
  if (self->webrtcbin == NULL) {
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_ENGINE, "GStreamer cannot make a webrtcbin");
    return FALSE;
  }
  gst_object_ref_sink (self->webrtcbin);
  lock_rtpbin (self->webrtcbin);
  g_signal_connect_object (self->webrtcbin, "deep-element-added", G_CALLBACK (on_element_added),
                           self, 0);
  gst_bin_add (bin, self->webrtcbin);
  request_voice_pad (self);
  if (gst_element_sync_state_with_parent (self->webrtcbin))
    return TRUE;
  g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_ENGINE, "webrtcbin does not start");
  return FALSE;
}

/* ---- the descriptions ---- */

static GstWebRTCSessionDescription *
parse_offer (const char *text)
{
  GstSDPMessage *message;

  gst_sdp_message_new_from_text (text, &message);
  return gst_webrtc_session_description_new (GST_WEBRTC_SDP_TYPE_OFFER, message);
}

static gboolean
has_transport (OtEngine *self)
{
  return self->dtlssrtpdec != NULL && self->dtlssrtpenc != NULL && self->dtlsdec != NULL
         && self->dtlsenc != NULL && self->srtpdec != NULL;
}

static gboolean
answer_offer (OtEngine *self, const char *offer, GError **error)
{
  g_autoptr (GstWebRTCSessionDescription) remote = parse_offer (offer);
  g_autoptr (GstWebRTCSessionDescription) local = NULL;
  g_autoptr (GstStructure) set_remote = NULL;
  g_autoptr (GstStructure) created = NULL;
  g_autoptr (GstStructure) set_local = NULL;
  const gint64 patience_us = OT_ENGINE_PATIENCE_US;

  set_remote =
      ot_promise_ask (self->webrtcbin, "set-remote-description", remote, patience_us, error);
  if (set_remote == NULL)
    return FALSE;
  created = ot_promise_ask (self->webrtcbin, "create-answer", NULL, patience_us, error);
  if (created == NULL)
    return FALSE;
  if (!gst_structure_get (created, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &local, NULL)) {
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_ENGINE, "webrtcbin made no answer");
    return FALSE;
  }
  set_local = ot_promise_ask (self->webrtcbin, "set-local-description", local, patience_us, error);
  if (set_local == NULL)
    return FALSE;
  if (!has_transport (self)) {
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_ENGINE, "webrtcbin made no DTLS transport");
    return FALSE;
  }
  self->answer = gst_sdp_message_as_text (local->sdp);
  return TRUE;
}

OtEngine *
ot_engine_new (
    GstBin *bin, const char *pem, const OtClock *clock, const char *offer, GError **error)
{
  OtEngine *self = g_object_new (OT_TYPE_ENGINE, NULL);

  self->pem = g_strdup (pem);
  self->clock = clock;
  if (make_webrtcbin (self, bin, error) && answer_offer (self, offer, error))
    return self;
  if (self->webrtcbin != NULL)
    ot_engine_stop (self);
  g_object_unref (self);
  return NULL;
}

const char *
ot_engine_get_answer (OtEngine *self)
{
  return self->answer;
}

/* ---- running ---- */

static void
move (OtEngine *self, GstBin *bin)
{
  GstObject *former = gst_object_get_parent (GST_OBJECT (self->webrtcbin));

  if (former != GST_OBJECT (bin)) {
    gst_bin_remove (GST_BIN (former), self->webrtcbin);
    gst_bin_add (bin, self->webrtcbin);
  }
  gst_object_unref (former);
}

void
ot_engine_serve (OtEngine *self, GstBin *bin, const OtEngineListener *listener, GObject *owner)
{
  g_return_if_fail (self->connected_us == 0);
  move (self, bin);
  set_owner (self, listener, owner);
}

/* As webrtcbin would, had it answered so; a server starts at once and waits. */
void
ot_engine_become_server (OtEngine *self)
{
  g_object_set (self->dtlsenc, "is-client", FALSE, NULL);
}

static void
start_element (GstElement *element)
{
  gst_element_set_locked_state (element, FALSE);
  gst_element_sync_state_with_parent (element);
}

/* webrtcbin locked the outer one of them, ot_engine_rewind() the inner. */
void
ot_engine_connect (OtEngine *self)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("application/x-rtp");
  GstSegment segment;

  self->connected_us = ot_clock_mono_us (self->clock);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_send_event (self->datagram_pad, gst_event_new_stream_start ("otomo-socket"));
  gst_pad_send_event (self->datagram_pad, gst_event_new_caps (caps));
  gst_pad_send_event (self->datagram_pad, gst_event_new_segment (&segment));
  start_element (self->dtlssrtpenc);
  start_element (self->dtlsenc);
}

void
ot_engine_feed (OtEngine *self, const guint8 *data, gsize size, gint64 arrival_us)
{
  GstBuffer *buffer = gst_buffer_new_memdup (data, size);

  GST_BUFFER_PTS (buffer) = (GstClockTime)arrival_us * 1000;
  gst_pad_chain (self->datagram_pad, buffer);
}

/* ---- the end of serving ---- */

/* A timer of DTLS is 1 s, and twice as long each time it runs out (RFC 6347, 4.2.4.1): none that
 * waits now waits longer than the handshake has lasted, and that second. A stopped connection sets
 * no more. */
static void
note_timers (OtEngine *self)
{
  gint64 now_us = ot_clock_mono_us (self->clock);

  if (self->connected_us > 0)
    self->timers_end_us =
        MAX (self->timers_end_us, now_us + (now_us - self->connected_us) + G_USEC_PER_SEC);
}

/* Its task would spin from the moment that the pad is deactivated until it is joined. */
static void
stop_task (GstElement *dtlsenc)
{
  GstPad *pad = gst_element_get_static_pad (dtlsenc, "src");
  GstTask *task;

  GST_OBJECT_LOCK (pad);
  task = GST_PAD_TASK (pad) != NULL ? gst_object_ref (GST_PAD_TASK (pad)) : NULL;
  GST_OBJECT_UNLOCK (pad);
  if (task != NULL)
    gst_task_stop (task);
  gst_clear_object (&task);
  gst_object_unref (pad);
}

static void
stop_element (GstElement *element)
{
  gst_element_set_locked_state (element, TRUE);
  gst_element_set_state (element, GST_STATE_NULL);
}

static void
renew_connection (OtEngine *self)
{
  static atomic_uint n_made;
  g_autofree char *id = g_strdup_printf ("otomo-%u", atomic_fetch_add (&n_made, 1));

  g_object_set (self->dtlsdec, "connection-id", id, NULL);
  g_object_set (self->dtlsenc, "connection-id", id, NULL);
}

/* The element lets nobody take its key away, so what it holds is overwritten where it is. */
static void
wipe_key (GstElement *element, const char *property)
{
  GstBuffer *key = NULL;
  GstMapInfo map;

  g_object_get (element, property, &key, NULL);
  if (key != NULL && gst_buffer_map (key, &map, GST_MAP_READ)) {
    OPENSSL_cleanse (map.data, map.size);
    gst_buffer_unmap (key, &map);
  }
  gst_clear_buffer (&key);
}

/* srtpenc has the same buffer as dtlsenc. */
static void
wipe_keys (OtEngine *self)
{
  if (!self->has_keys)
    return;
  wipe_key (self->dtlsdec, "decoder-key");
  wipe_key (self->dtlsenc, "encoder-key");
}

gboolean
ot_engine_rewind (OtEngine *self, GstBin *bin)
{
  set_owner (self, NULL, NULL);
  if (self->connected_us > 0 && !self->has_keys)
    return FALSE;
  if (self->connected_us > 0) {
    stop_task (self->dtlsenc);
    stop_element (self->dtlsenc);
    stop_element (self->dtlsdec);
    stop_element (self->srtpdec);
    wipe_keys (self);
    note_timers (self);
    renew_connection (self);
    start_element (self->srtpdec);
    start_element (self->dtlsdec);
    self->connected_us = 0;
    self->has_keys = FALSE;
  }
  g_object_set (self->dtlsenc, "is-client", TRUE, NULL);
  move (self, bin);
  return TRUE;
}

static gboolean
on_timers_ended (GstClock *clock, GstClockTime time, GstClockID id, gpointer user_data)
{
  return TRUE;
}

/* A connection is referenced by the timers that it waits for, which end on the system clock's
 * thread. GLib 2.74 cannot bear that it ends there while an element that listens to it
 * (g_signal_connect_object()) ends on another thread: so these end when its timers have, which that
 * thread alone can say, for it may be late. */
static void
let_go (OtEngine *self, GstElement *element)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  gint64 left_us = self->timers_end_us + MARGIN_US - ot_clock_mono_us (self->clock);
  GstClockID id;

  if (element == NULL || self->timers_end_us == 0)
    return;
  id = gst_clock_new_single_shot_id (clock,
                                     gst_clock_get_time (clock) + MAX (left_us, 0) * GST_USECOND);
  gst_clock_id_wait_async (id, on_timers_ended, gst_object_ref (element), gst_object_unref);
  gst_clock_id_unref (id);
}

void
ot_engine_stop (OtEngine *self)
{
  GstObject *bin = gst_object_get_parent (GST_OBJECT (self->webrtcbin));

  set_owner (self, NULL, NULL);
  g_signal_handlers_disconnect_by_data (self->webrtcbin, self);
  if (self->dtlsdec != NULL)
    g_signal_handlers_disconnect_by_data (self->dtlsdec, self);
  if (self->rtp_pad != NULL)
    gst_pad_remove_probe (self->rtp_pad, self->probe_id);
  if (self->dtlsenc != NULL)
    stop_task (self->dtlsenc);
  gst_element_release_request_pad (self->webrtcbin, self->voice_pad);
  gst_clear_object (&self->voice_pad);
  gst_element_set_locked_state (self->webrtcbin, TRUE);
  gst_element_set_state (self->webrtcbin, GST_STATE_NULL);
  wipe_keys (self);
  note_timers (self);
  let_go (self, self->dtlssrtpdec);
  let_go (self, self->dtlssrtpenc);
  gst_bin_remove (GST_BIN (bin), self->webrtcbin);
  gst_clear_object (&self->webrtcbin);
  gst_object_unref (bin);
}
