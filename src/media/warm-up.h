#pragma once

#include "leg.h"

/**
 * ot_warm_up:
 * @context: what legs share
 * @forwarder: any
 * @error: OT_MEDIA_ERROR_START
 *
 * Sets up one leg with a made-up offer and drops it: loads plugins, and proves at start that this
 * machine's webrtcbin answers as we need it. The first webrtcbin of a process takes some hundred
 * milliseconds, the next a few.
 */
gboolean ot_warm_up (const OtLegContext *context, OtForwarder *forwarder, GError **error);
