#pragma once

#include <glib.h>

/**
 * Reference:
 *
 * libsrtp2, which our SRTP must agree with: each function as its namesake of src/media/srtp.h. It
 * needs REFERENCE_TRAILER bytes behind a packet that is protected.
 */
typedef struct _Reference Reference;

#define REFERENCE_TRAILER 144

Reference *reference_new (const guint8 *receive_key, const guint8 *send_key);
void reference_free (Reference *self);
gboolean reference_unprotect (Reference *self, guint8 *packet, gsize *size);
gboolean reference_protect (Reference *self, guint8 *packet, gsize *size);
gboolean reference_unprotect_rtcp (Reference *self, guint8 *packet, gsize *size);
gboolean reference_protect_rtcp (Reference *self, guint8 *packet, gsize *size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reference, reference_free)
