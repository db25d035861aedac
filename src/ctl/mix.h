#pragma once

#include "progress.h"

/** ctl_mix: makes of a recording's two tracks one stereo file, Opus in Ogg: the user on the left,
 * the otomo on the right. */
gboolean ctl_mix (const char *from, const char *to, CtlProgress *progress, GError **error);
