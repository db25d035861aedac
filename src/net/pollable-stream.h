#pragma once

#include <gio/gio.h>

/**
 * OtPollableStream:
 *
 * A GIOStream for libsoup that never waits: what is a stream of ours has six functions about bytes
 * and G_IO_STREAM_CLASS's close_fn, which must not wait either; the two halves that GIO wants, and
 * the asynchronous close, are here. Blocking calls fail. A half that outlives the whole is at its
 * end.
 *
 * A GObject, since libsoup holds it as a GIOStream. Thread: main loop.
 */
#define OT_TYPE_POLLABLE_STREAM (ot_pollable_stream_get_type ())
G_DECLARE_DERIVABLE_TYPE (OtPollableStream, ot_pollable_stream, OT, POLLABLE_STREAM, GIOStream)

struct _OtPollableStreamClass {
  GIOStreamClass parent_class;

  /** As those of GPollableInputStream and GPollableOutputStream. The sources are (transfer full),
   * and call a GPollableSourceFunc. */
  gboolean (*is_readable) (OtPollableStream *self);
  GSource *(*when_readable) (OtPollableStream *self, GCancellable *cancellable);
  gssize (*read) (OtPollableStream *self, void *buffer, gsize count, GError **error);
  gboolean (*is_writable) (OtPollableStream *self);
  GSource *(*when_writable) (OtPollableStream *self, GCancellable *cancellable);
  gssize (*write) (OtPollableStream *self, const void *buffer, gsize count, GError **error);
};
