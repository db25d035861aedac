#pragma once

#include <gst/gst.h>

/**
 * ot_promise_ask:
 * @element: a webrtcbin
 * @action: one of its action signals with a pointer and a GstPromise
 * @argument: (nullable): the pointer
 * @patience_us: how long to wait for the answer, µs
 * @error: OT_MEDIA_ERROR_ENGINE: what webrtcbin says, or that it says nothing
 *
 * gst_promise_wait() with an end. Not for webrtcbin's own thread, the main loop or the feeder.
 *
 * Returns: (transfer full): the answer, possibly empty; or NULL with @error set
 */
GstStructure *ot_promise_ask (
    GstElement *element, const char *action, gpointer argument, gint64 patience_us, GError **error);
