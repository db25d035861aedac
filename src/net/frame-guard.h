#pragma once

#include <libsoup/soup.h>

#include "net-limits.h"

/**
 * OtFrameGuard:
 *
 * Sees every frame of a WebSocket before libsoup collects it, and each that libsoup queues. libsoup
 * bounds a frame but not a message of many, and bounds nothing on the way out. Never offered in a
 * handshake: a private SoupWebsocketExtension is merely the one place where libsoup shows frames.
 * Once something was wrong it lets no more data through, so that what still comes takes no memory.
 *
 * Thread: main loop.
 */
#define OT_TYPE_FRAME_GUARD (ot_frame_guard_get_type ())
G_DECLARE_FINAL_TYPE (OtFrameGuard, ot_frame_guard, OT, FRAME_GUARD, SoupWebsocketExtension)

/** OtFrameGuardListener: called from inside libsoup: must close or free nothing, but may note it
 * for later. */
typedef struct {
  void (*refused) (gpointer user_data, OtCloseCode code); /* once: binary, or too big */
  void (*queued) (gpointer user_data); /* a frame is about to be queued, and counted already */
  void (*flooded) (
      gpointer user_data); /* once: 1 MiB more came after the end, and was thrown away */
} OtFrameGuardListener;

/** ot_frame_guard_new: Returns: (transfer full) */
OtFrameGuard *ot_frame_guard_new (gsize max_message_bytes);

/** ot_frame_guard_listen: @listener: (nullable): from now on; borrowed, as is @user_data */
void ot_frame_guard_listen (OtFrameGuard *self,
                            const OtFrameGuardListener *listener,
                            gpointer user_data);

/** ot_frame_guard_swallow: lets no more data through. */
void ot_frame_guard_swallow (OtFrameGuard *self);

/** ot_frame_guard_get_queued_bytes: how many bytes of frames libsoup was given to write so far. */
guint64 ot_frame_guard_get_queued_bytes (OtFrameGuard *self);
