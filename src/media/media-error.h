#pragma once

#include <glib.h>

/**
 * OtMediaError:
 *
 * Every message is written for a person and needs no prefix.
 */
typedef enum {
  OT_MEDIA_ERROR_DESCRIPTION, /* a client's description or candidate can't be used; nothing changed
                               */
  OT_MEDIA_ERROR_START,  /* the media server can't start: plugin, pipeline file, address, socket */
  OT_MEDIA_ERROR_ENGINE, /* GStreamer or OpenSSL refused, or did not answer in time */
} OtMediaError;

#define OT_MEDIA_ERROR (ot_media_error_quark ())
GQuark ot_media_error_quark (void);
