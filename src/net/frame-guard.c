/* Counts frames in and out. Does not close: it is called in the middle of libsoup's work. RFC 6455
 * section 5.2 for the header's bits. */

#include "frame-guard.h"

#define OPCODE_MASK 0x0f
#define OPCODE_CONTINUATION 0x0
#define OPCODE_BINARY 0x2
#define OPCODE_CONTROL 0x8
#define SWALLOWED_MAX (1024 * 1024)

struct _OtFrameGuard {
  SoupWebsocketExtension parent;
  const OtFrameGuardListener *listener; /* borrowed, nullable */
  gpointer user_data;                   /* borrowed */
  gsize max_message_bytes;
  gsize message_bytes; /* of the message that is being collected */
  guint64 queued_bytes;
  gboolean swallows;
  gsize swallowed_bytes;
};

G_DEFINE_FINAL_TYPE (OtFrameGuard, ot_frame_guard, SOUP_TYPE_WEBSOCKET_EXTENSION)

static void
refuse (OtFrameGuard *self, OtCloseCode code)
{
  self->swallows = TRUE;
  if (self->listener != NULL)
    self->listener->refused (self->user_data, code);
}

static void
swallow (OtFrameGuard *self, gsize n_bytes)
{
  gboolean was_patient = self->swallowed_bytes <= SWALLOWED_MAX;

  self->swallowed_bytes += n_bytes;
  if (was_patient && self->swallowed_bytes > SWALLOWED_MAX && self->listener != NULL)
    self->listener->flooded (self->user_data);
}

static GBytes *
on_incoming (SoupWebsocketExtension *extension, guint8 *header, GBytes *payload, GError **error)
{
  OtFrameGuard *self = OT_FRAME_GUARD (extension);
  guint8 opcode = header[0] & OPCODE_MASK;

  if (opcode & OPCODE_CONTROL)
    return payload;
  if (opcode != OPCODE_CONTINUATION)
    self->message_bytes = 0;
  self->message_bytes += g_bytes_get_size (payload);
  if (!self->swallows && opcode == OPCODE_BINARY)
    refuse (self, OT_CLOSE_BINARY);
  else if (!self->swallows && self->message_bytes > self->max_message_bytes)
    refuse (self, OT_CLOSE_TOO_BIG);
  if (!self->swallows)
    return payload;
  swallow (self, g_bytes_get_size (payload));
  g_bytes_unref (payload);
  return g_bytes_new_static (NULL, 0);
}

static GBytes *
on_outgoing (SoupWebsocketExtension *extension, guint8 *header, GBytes *payload, GError **error)
{
  OtFrameGuard *self = OT_FRAME_GUARD (extension);
  gsize size = g_bytes_get_size (payload);

  self->queued_bytes += size + (size < 126 ? 2 : size <= G_MAXUINT16 ? 4 : 10);
  if (self->listener != NULL)
    self->listener->queued (self->user_data);
  return payload;
}

static void
ot_frame_guard_init (OtFrameGuard *self)
{
}

static void
ot_frame_guard_class_init (OtFrameGuardClass *class)
{
  SoupWebsocketExtensionClass *extension_class = SOUP_WEBSOCKET_EXTENSION_CLASS (class);

  extension_class->name = "otomo-frame-guard";
  extension_class->process_incoming_message = on_incoming;
  extension_class->process_outgoing_message = on_outgoing;
}

OtFrameGuard *
ot_frame_guard_new (gsize max_message_bytes)
{
  OtFrameGuard *self = g_object_new (OT_TYPE_FRAME_GUARD, NULL);

  self->max_message_bytes = max_message_bytes;
  return self;
}

void
ot_frame_guard_listen (OtFrameGuard *self, const OtFrameGuardListener *listener, gpointer user_data)
{
  self->listener = listener;
  self->user_data = user_data;
}

void
ot_frame_guard_swallow (OtFrameGuard *self)
{
  self->swallows = TRUE;
}

guint64
ot_frame_guard_get_queued_bytes (OtFrameGuard *self)
{
  return self->queued_bytes;
}
