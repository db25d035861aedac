/* webrtcbin's ICE agent, reduced to what it asks for: a stream, a transport with two elements,
 * answers to setters that mean nothing here. One stream a leg, one component (rtcp-mux), so one
 * transport. */

#include "ice.h"

#include <gst/webrtc/ice.h>
#include <gst/webrtc/icestream.h>
#include <gst/webrtc/icetransport.h>
#include <gst/webrtc/webrtc.h>

/* ---- OtIceEnd: an element that is nothing but its one pad ---- */

G_DECLARE_FINAL_TYPE (OtIceEnd, ot_ice_end, OT, ICE_END, GstElement)

struct _OtIceEnd {
  GstElement parent;
};

G_DEFINE_TYPE (OtIceEnd, ot_ice_end, GST_TYPE_ELEMENT)

static void
ot_ice_end_class_init (OtIceEndClass *klass)
{
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Otomo transport end",
                                         "Network", "One end of the server's own transport",
                                         "Otomo");
}

static void
ot_ice_end_init (OtIceEnd *self)
{
}

static GstElement *
make_end (const char *pad_name, GstPadDirection direction, GstPad **pad)
{
  GstElement *end = g_object_new (ot_ice_end_get_type (), NULL);

  *pad = gst_pad_new (pad_name, direction);
  gst_element_add_pad (end, *pad);
  return end;
}

/* ---- the transport ---- */

G_DECLARE_FINAL_TYPE (OtIceTransport, ot_ice_transport, OT, ICE_TRANSPORT, GstWebRTCICETransport)

struct _OtIceTransport {
  GstWebRTCICETransport parent;
  OtIceSend send;
  gpointer user_data;
};

G_DEFINE_TYPE (OtIceTransport, ot_ice_transport, GST_TYPE_WEBRTC_ICE_TRANSPORT)

static gboolean
transport_gather (GstWebRTCICETransport *transport)
{
  return TRUE;
}

static void
ot_ice_transport_finalize (GObject *object)
{
  GstWebRTCICETransport *transport = GST_WEBRTC_ICE_TRANSPORT (object);

  gst_clear_object (&transport->src);
  gst_clear_object (&transport->sink);
  G_OBJECT_CLASS (ot_ice_transport_parent_class)->finalize (object);
}

static void
ot_ice_transport_class_init (OtIceTransportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ot_ice_transport_finalize;
  GST_WEBRTC_ICE_TRANSPORT_CLASS (klass)->gather_candidates = transport_gather;
}

static void
ot_ice_transport_init (OtIceTransport *self)
{
}

/* GStreamer must never send RTP or RTCP under the keys that the media thread uses: only DTLS leaves
 * (RFC 7983). */
static GstFlowReturn
on_outgoing (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  OtIceTransport *self = pad->chaindata;
  GstMapInfo map;

  if (gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    if (map.size > 0 && map.data[0] >= 20 && map.data[0] < 64)
      self->send (map.data, map.size, self->user_data);
    gst_buffer_unmap (buffer, &map);
  }
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static OtIceTransport *
make_transport (OtIceSend send, gpointer user_data)
{
  OtIceTransport *self = g_object_new (ot_ice_transport_get_type (), NULL);
  GstWebRTCICETransport *transport = GST_WEBRTC_ICE_TRANSPORT (self);
  GstPad *pad;

  gst_object_ref_sink (self);
  self->send = send;
  self->user_data = user_data;
  transport->role = GST_WEBRTC_ICE_ROLE_CONTROLLED;
  transport->component = GST_WEBRTC_ICE_COMPONENT_RTP;
  transport->src = gst_object_ref_sink (make_end ("src", GST_PAD_SRC, &pad));
  transport->sink = gst_object_ref_sink (make_end ("sink", GST_PAD_SINK, &pad));
  gst_pad_set_chain_function_full (pad, on_outgoing, self, NULL);
  return self;
}

/* ---- the stream ---- */

G_DECLARE_FINAL_TYPE (OtIceStream, ot_ice_stream, OT, ICE_STREAM, GstWebRTCICEStream)

struct _OtIceStream {
  GstWebRTCICEStream parent;
  GstWebRTCICETransport *transport; /* owned */
};

G_DEFINE_TYPE (OtIceStream, ot_ice_stream, GST_TYPE_WEBRTC_ICE_STREAM)

static GstWebRTCICETransport *
stream_find_transport (GstWebRTCICEStream *stream, GstWebRTCICEComponent component)
{
  return gst_object_ref (OT_ICE_STREAM (stream)->transport);
}

static gboolean
stream_gather (GstWebRTCICEStream *stream)
{
  return TRUE;
}

static void
ot_ice_stream_finalize (GObject *object)
{
  gst_clear_object (&OT_ICE_STREAM (object)->transport);
  G_OBJECT_CLASS (ot_ice_stream_parent_class)->finalize (object);
}

static void
ot_ice_stream_class_init (OtIceStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ot_ice_stream_finalize;
  GST_WEBRTC_ICE_STREAM_CLASS (klass)->find_transport = stream_find_transport;
  GST_WEBRTC_ICE_STREAM_CLASS (klass)->gather_candidates = stream_gather;
}

static void
ot_ice_stream_init (OtIceStream *self)
{
}

/* ---- the agent ---- */

G_DECLARE_FINAL_TYPE (OtIce, ot_ice, OT, ICE, GstWebRTCICE)

struct _OtIce {
  GstWebRTCICE parent;
  OtIceTransport *transport; /* owned */
  OtIceStream *stream;       /* owned; NULL until webrtcbin asks for it */
};

G_DEFINE_TYPE (OtIce, ot_ice, GST_TYPE_WEBRTC_ICE)

/* Documented as (transfer full), but webrtcbin 1.22 borrows: the stream stays ours. */
static GstWebRTCICEStream *
ice_add_stream (GstWebRTCICE *ice, guint session_id)
{
  OtIce *self = OT_ICE (ice);

  if (self->stream == NULL) {
    self->stream = g_object_new (ot_ice_stream_get_type (), NULL);
    gst_object_ref_sink (self->stream);
    self->stream->transport = gst_object_ref (GST_WEBRTC_ICE_TRANSPORT (self->transport));
    GST_WEBRTC_ICE_STREAM (self->stream)->stream_id = session_id;
  }
  return GST_WEBRTC_ICE_STREAM (self->stream);
}

static GstWebRTCICETransport *
ice_find_transport (GstWebRTCICE *ice, GstWebRTCICEStream *stream, GstWebRTCICEComponent component)
{
  return stream_find_transport (stream, component);
}

/* The candidate is in the description that we send; webrtcbin needs to know of none. */
static gboolean
ice_gather_candidates (GstWebRTCICE *ice, GstWebRTCICEStream *stream)
{
  gst_webrtc_ice_transport_gathering_state_change (
      GST_WEBRTC_ICE_TRANSPORT (OT_ICE (ice)->transport), GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE);
  return TRUE;
}

static gboolean
ice_set_credentials (GstWebRTCICE *ice,
                     GstWebRTCICEStream *stream,
                     const gchar *ufrag,
                     const gchar *pwd)
{
  return TRUE;
}

static void
ice_add_candidate (GstWebRTCICE *ice, GstWebRTCICEStream *stream, const gchar *candidate)
{
}

static void
ice_set_is_controller (GstWebRTCICE *ice, gboolean controller)
{
}

static gboolean
ice_get_is_controller (GstWebRTCICE *ice)
{
  return FALSE;
}

/* webrtcbin's properties about servers end here; a graph or a person who asks is told that there
 * are none. */
static gboolean
ice_add_turn_server (GstWebRTCICE *ice, const gchar *uri)
{
  return FALSE;
}

static void
ice_set_server (GstWebRTCICE *ice, const gchar *uri)
{
}

static gchar *
ice_get_server (GstWebRTCICE *ice)
{
  return NULL;
}

static void
ice_set_force_relay (GstWebRTCICE *ice, gboolean force_relay)
{
}

static GstWebRTCICECandidateStats **
ice_get_candidates (GstWebRTCICE *ice, GstWebRTCICEStream *stream)
{
  return NULL;
}

static gboolean
ice_get_selected_pair (GstWebRTCICE *ice,
                       GstWebRTCICEStream *stream,
                       GstWebRTCICECandidateStats **local_stats,
                       GstWebRTCICECandidateStats **remote_stats)
{
  return FALSE;
}

static void
ice_set_tos (GstWebRTCICE *ice, GstWebRTCICEStream *stream, guint tos)
{
}

static void
ice_set_on_ice_candidate (GstWebRTCICE *ice,
                          GstWebRTCICEOnCandidateFunc func,
                          gpointer user_data,
                          GDestroyNotify notify)
{
}

static void
ot_ice_finalize (GObject *object)
{
  gst_clear_object (&OT_ICE (object)->stream);
  gst_clear_object (&OT_ICE (object)->transport);
  G_OBJECT_CLASS (ot_ice_parent_class)->finalize (object);
}

static void
ot_ice_class_init (OtIceClass *klass)
{
  GstWebRTCICEClass *ice_class = GST_WEBRTC_ICE_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ot_ice_finalize;
  ice_class->add_stream = ice_add_stream;
  ice_class->find_transport = ice_find_transport;
  ice_class->gather_candidates = ice_gather_candidates;
  ice_class->set_local_credentials = ice_set_credentials;
  ice_class->set_remote_credentials = ice_set_credentials;
  ice_class->add_candidate = ice_add_candidate;
  ice_class->set_is_controller = ice_set_is_controller;
  ice_class->get_is_controller = ice_get_is_controller;
  ice_class->set_force_relay = ice_set_force_relay;
  ice_class->add_turn_server = ice_add_turn_server;
  ice_class->set_turn_server = ice_set_server;
  ice_class->get_turn_server = ice_get_server;
  ice_class->set_stun_server = ice_set_server;
  ice_class->get_stun_server = ice_get_server;
  ice_class->set_http_proxy = ice_set_server;
  ice_class->get_http_proxy = ice_get_server;
  ice_class->get_local_candidates = ice_get_candidates;
  ice_class->get_remote_candidates = ice_get_candidates;
  ice_class->get_selected_pair = ice_get_selected_pair;
  ice_class->set_tos = ice_set_tos;
  ice_class->set_on_ice_candidate = ice_set_on_ice_candidate;
}

static void
ot_ice_init (OtIce *self)
{
}

GstObject *
ot_ice_new (OtIceSend send, gpointer user_data)
{
  OtIce *self = g_object_new (ot_ice_get_type (), NULL);

  gst_object_ref_sink (self);
  self->transport = make_transport (send, user_data);
  return GST_OBJECT (self);
}
