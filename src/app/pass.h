#pragma once

#include <glib.h>

/**
 * SECTION:pass
 *
 * What lets a person's browser into the console: an instant until which it is good, signed with a
 * key of the server (HMAC-SHA256, RFC 2104). The server keeps none of them, so there is no list
 * that could grow, and a restart puts nobody out; a new key ends all of them at once. Pure.
 */

/** OT_PASS_LIFE_US: how long a pass is good: a shift. */
#define OT_PASS_LIFE_US (12 * G_TIME_SPAN_HOUR)

/** ot_pass_new: @now_us: UTC µs since 1970. Returns: (transfer full) */
char *ot_pass_new (const char *key, gint64 now_us);

/** ot_pass_is_good: @pass: (nullable): anything that somebody may have sent. */
gboolean ot_pass_is_good (const char *key, const char *pass, gint64 now_us);
