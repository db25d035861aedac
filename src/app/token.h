#pragma once

#include <glib.h>

/** OT_TOKEN_LIFE_US: how long a session token is good. */
#define OT_TOKEN_LIFE_US (30 * G_TIME_SPAN_DAY)

/** ot_token_new: 256 bits of the kernel's randomness, as text. Returns: (transfer full) */
char *ot_token_new (void);
