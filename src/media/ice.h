#pragma once

#include <gst/gst.h>

/**
 * SECTION:ice
 *
 * A GstWebRTCICE for webrtcbin that has no network of its own: the forwarder does ICE on the
 * server's one socket, and this tells webrtcbin what became of it. What webrtcbin's DTLS wants to
 * send comes out at a callback; what it shall receive is not its business either (engine.c hands
 * that to dtlssrtpdec).
 *
 * The base classes are marked unstable in GStreamer 1.22; ice.c is the only file that knows them.
 */

/** OtIceSend: One DTLS datagram to send; called on a streaming thread. */
typedef void (*OtIceSend) (const guint8 *data, gsize size, gpointer user_data);

/**
 * ot_ice_new:
 * @send: gets outgoing DTLS as long as the webrtcbin is running
 * @user_data: for @send; must live until the webrtcbin is in state NULL
 *
 * Returns: (transfer full): for webrtcbin's "ice-agent", which takes over one reference without
 * adding one
 */
GstObject *ot_ice_new (OtIceSend send, gpointer user_data);
