/* Drives one webrtcbin of GStreamer 1.22. Why things are done as they are:
 * - the sink pad is requested before the remote description is set, else the answer is recvonly;
 * - rtpbin and the receive queue are state-locked, so that GStreamer makes no RTCP, no threads and
 * no SRTP contexts of its own for media that never reaches them; datagrams are chained straight
 * into dtlssrtpdec;
 * - webrtcbin is set to NULL by itself, locked, before it leaves its bin: several at once can
 * deadlock. */

#include "engine.h"

#include <gst/sdp/sdp.h>
#include <string.h>
#include <gst/webrtc/webrtc.h>

#include "ice.h"
#include "media-error.h"
#include "media-log.h"
#include "promise.h"
#include "srtp.h"

struct _OtEngine {
  GObject parent;
  OtEngineListener listener;
  GObject *owner; /* owned */

  GstElement *webrtcbin; /* owned; its parent is the bin */
  GstObject *ice;        /* owned */
  GstPad *voice_pad;     /* owned: webrtcbin's request pad, which never sees a buffer */
  char *pem;             /* owned */

  /* Found when webrtcbin makes them, while it works on the descriptions. */
  GstElement *dtlsdec;
  GstElement *dtlsenc;
  GstElement *dtlssrtpenc;
  GstPad *datagram_pad; /* dtlssrtpdec:sink */
  GstPad *rtp_pad;      /* dtlssrtpdec:rtp_src */
  gulong probe_id;
};

G_DEFINE_FINAL_TYPE (OtEngine, ot_engine, G_TYPE_OBJECT)

static void
ot_engine_finalize (GObject *object)
{
  OtEngine *self = OT_ENGINE (object);

  g_assert (self->webrtcbin == NULL);
  gst_clear_object (&self->ice);
  gst_clear_object (&self->dtlsdec);
  gst_clear_object (&self->dtlsenc);
  gst_clear_object (&self->dtlssrtpenc);
  gst_clear_object (&self->datagram_pad);
  gst_clear_object (&self->rtp_pad);
  g_clear_pointer (&self->pem, g_free);
  g_clear_object (&self->owner);
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
}

/* ---- what comes out of the dtls elements ---- */

static void
on_peer_pem (GstElement *dtlsdec, GParamSpec *pspec, OtEngine *self)
{
  g_autofree char *pem = NULL;

  g_object_get (dtlsdec, "peer-pem", &pem, NULL);
  if (pem != NULL)
    self->listener.certificate (pem, self->owner);
}

/* dtlsdec's signal, not dtlsenc's: of the two keys the decoder's is the later. */
static void
on_key_received (GstElement *dtlsdec, OtEngine *self)
{
  GstBuffer *receive = NULL;
  GstBuffer *send = NULL;
  guint8 receive_key[OT_SRTP_KEY_SIZE];
  guint8 send_key[OT_SRTP_KEY_SIZE];

  g_object_get (dtlsdec, "decoder-key", &receive, NULL);
  g_object_get (self->dtlsenc, "encoder-key", &send, NULL);
  if (receive != NULL
      && gst_buffer_extract (receive, 0, receive_key, OT_SRTP_KEY_SIZE) == OT_SRTP_KEY_SIZE
      && send != NULL
      && gst_buffer_extract (send, 0, send_key, OT_SRTP_KEY_SIZE) == OT_SRTP_KEY_SIZE)
    self->listener.keys (receive_key, send_key, self->owner);
  gst_clear_buffer (&receive);
  gst_clear_buffer (&send);
}

static void
on_connection_state (GstElement *dtlsdec, GParamSpec *pspec, OtEngine *self)
{
  enum { CLOSED = 1, FAILED = 2 }; /* GstDtlsConnectionState, which has no public header */
  int state;

  g_object_get (dtlsdec, "connection-state", &state, NULL);
  if (state == CLOSED || state == FAILED)
    self->listener.lost (self->owner);
}

/* What proves a call: behind SRTP authentication, before any jitter buffer. There is nothing behind
 * it to flow to. */
static GstPadProbeReturn
on_rtp (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  OtEngine *self = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  self->listener.rtp ((gint64)GST_BUFFER_PTS (buffer) / 1000, self->owner);
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

/* On webrtcbin's thread or on ours, but always before ot_engine_answer() returns. */
static void
on_element_added (GstBin *webrtcbin, GstBin *parent, GstElement *element, OtEngine *self)
{
  if (is_made_by (element, "dtlssrtpdec") && self->datagram_pad == NULL)
    adopt_dtlssrtpdec (self, element);
  else if (is_made_by (element, "dtlsdec") && self->dtlsdec == NULL)
    adopt_dtlsdec (self, element);
  else if (is_made_by (element, "dtlsenc") && self->dtlsenc == NULL)
    self->dtlsenc = gst_object_ref (element);
  else if (is_made_by (element, "dtlssrtpenc") && self->dtlssrtpenc == NULL)
    self->dtlssrtpenc = gst_object_ref (element);
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
  OtEngine *self = user_data;

  self->listener.send (data, size, self->owner);
}

OtEngine *
ot_engine_new (
    GstBin *bin, const char *pem, const OtEngineListener *listener, GObject *owner, GError **error)
{
  OtEngine *self = g_object_new (OT_TYPE_ENGINE, NULL);

  self->listener = *listener;
  self->owner = g_object_ref (owner);
  self->pem = g_strdup (pem);
  self->ice = ot_ice_new (on_send, self);
  self->webrtcbin =
      gst_element_factory_make_full ("webrtcbin", "ice-agent", gst_object_ref (self->ice),
                                     "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
  if (self->webrtcbin == NULL) {
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_ENGINE, "GStreamer cannot make a webrtcbin");
    g_object_unref (self);
    return NULL;
  }
  gst_object_ref_sink (self->webrtcbin);
  lock_rtpbin (self->webrtcbin);
  g_signal_connect_object (self->webrtcbin, "deep-element-added", G_CALLBACK (on_element_added),
                           self, 0);
  gst_bin_add (bin, self->webrtcbin);
  request_voice_pad (self);
  if (gst_element_sync_state_with_parent (self->webrtcbin))
    return self;
  g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_ENGINE, "webrtcbin does not start");
  ot_engine_stop (self);
  g_object_unref (self);
  return NULL;
}

/* ---- the descriptions ---- */

static GstWebRTCSessionDescription *
parse_offer (const char *text)
{
  GstSDPMessage *message;

  gst_sdp_message_new_from_text (text, &message);
  return gst_webrtc_session_description_new (GST_WEBRTC_SDP_TYPE_OFFER, message);
}

char *
ot_engine_answer (OtEngine *self, const char *offer, GError **error)
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
    return NULL;
  created = ot_promise_ask (self->webrtcbin, "create-answer", NULL, patience_us, error);
  if (created == NULL)
    return NULL;
  gst_structure_get (created, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &local, NULL);
  if (local != NULL)
    set_local =
        ot_promise_ask (self->webrtcbin, "set-local-description", local, patience_us, error);
  if (set_local == NULL)
    return NULL;
  if (self->datagram_pad != NULL && self->dtlsdec != NULL && self->dtlsenc != NULL
      && self->dtlssrtpenc != NULL)
    return gst_sdp_message_as_text (local->sdp);
  g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_ENGINE, "webrtcbin made no DTLS transport");
  return NULL;
}

/* ---- running ---- */

/* As webrtcbin would, had it answered so; a server starts at once and waits. */
void
ot_engine_become_server (OtEngine *self)
{
  g_object_set (self->dtlssrtpenc, "is-client", FALSE, NULL);
}

void
ot_engine_connect (OtEngine *self)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("application/x-rtp");
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_send_event (self->datagram_pad, gst_event_new_stream_start ("otomo-socket"));
  gst_pad_send_event (self->datagram_pad, gst_event_new_caps (caps));
  gst_pad_send_event (self->datagram_pad, gst_event_new_segment (&segment));
  ot_ice_set_connected (self->ice);
}

void
ot_engine_feed (OtEngine *self, const guint8 *data, gsize size, gint64 arrival_us)
{
  GstBuffer *buffer = gst_buffer_new_memdup (data, size);

  GST_BUFFER_PTS (buffer) = (GstClockTime)arrival_us * 1000;
  gst_pad_chain (self->datagram_pad, buffer);
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

void
ot_engine_stop (OtEngine *self)
{
  GstObject *bin = gst_object_get_parent (GST_OBJECT (self->webrtcbin));

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
  gst_bin_remove (GST_BIN (bin), self->webrtcbin);
  gst_clear_object (&self->webrtcbin);
  gst_object_unref (bin);
}
