/* The error domain of media/. */

#include "media-error.h"

G_DEFINE_QUARK (ot - media - error - quark, ot_media_error)
