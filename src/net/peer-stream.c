/* A stream over another one: counts what it writes, and reads only so much in one turn of the loop.
 * It adds no buffer and changes no byte. */

#include "peer-stream.h"

#define MAX_TURN_BYTES (16 * 1024)

struct _OtPeerStream {
  OtPollableStream parent;
  GIOStream *base;             /* owned */
  GPollableInputStream *from;  /* borrowed from the base */
  GPollableOutputStream *into; /* the same */
  GSocket *socket;             /* owned */
  gsize left_bytes;            /* to read in this turn */
  guint64 written_bytes;
  char *address;      /* owned */
  char *visitor;      /* owned, nullable */
  OtPollShard *shard; /* borrowed, nullable: we are added to it */
};

G_DEFINE_FINAL_TYPE (OtPeerStream, ot_peer_stream, OT_TYPE_POLLABLE_STREAM)

static gboolean
is_readable (OtPollableStream *stream)
{
  OtPeerStream *self = OT_PEER_STREAM (stream);

  return self->left_bytes > 0 && g_pollable_input_stream_is_readable (self->from);
}

/* libsoup asks for a source before each turn's reading, and reads until it would block. It is the
 * base's own source, so that its callback is given the base: nobody looks at that, and each source
 * less makes every turn of the loop quicker, as it walks through all of them. */
static GSource *
when_readable (OtPollableStream *stream, GCancellable *cancellable)
{
  OtPeerStream *self = OT_PEER_STREAM (stream);

  self->left_bytes = MAX_TURN_BYTES;
  return g_pollable_input_stream_create_source (self->from, cancellable);
}

static gssize
read_some (OtPollableStream *stream, void *buffer, gsize count, GError **error)
{
  OtPeerStream *self = OT_PEER_STREAM (stream);
  gssize got;

  if (self->left_bytes == 0) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "enough for this turn");
    return -1;
  }
  got = g_pollable_input_stream_read_nonblocking (self->from, buffer, MIN (count, self->left_bytes),
                                                  NULL, error);
  if (got > 0)
    self->left_bytes -= got;
  return got;
}

static gboolean
is_writable (OtPollableStream *stream)
{
  return g_pollable_output_stream_is_writable (OT_PEER_STREAM (stream)->into);
}

static GSource *
when_writable (OtPollableStream *stream, GCancellable *cancellable)
{
  g_autoptr (GSource) base =
      g_pollable_output_stream_create_source (OT_PEER_STREAM (stream)->into, cancellable);

  return g_pollable_source_new_full (g_io_stream_get_output_stream (G_IO_STREAM (stream)), base,
                                     cancellable);
}

static gssize
write_some (OtPollableStream *stream, const void *buffer, gsize count, GError **error)
{
  OtPeerStream *self = OT_PEER_STREAM (stream);
  gssize written =
      g_pollable_output_stream_write_nonblocking (self->into, buffer, count, NULL, error);

  if (written > 0)
    self->written_bytes += written;
  return written;
}

static gboolean
close_now (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  return g_io_stream_close (OT_PEER_STREAM (stream)->base, cancellable, error);
}

static void
ot_peer_stream_finalize (GObject *object)
{
  OtPeerStream *self = OT_PEER_STREAM (object);

  if (self->shard != NULL)
    ot_poll_shard_remove (self->shard, self->socket);
  g_clear_object (&self->base);
  g_clear_object (&self->socket);
  g_clear_pointer (&self->address, g_free);
  g_clear_pointer (&self->visitor, g_free);
  G_OBJECT_CLASS (ot_peer_stream_parent_class)->finalize (object);
}

static void
ot_peer_stream_init (OtPeerStream *self)
{
  self->left_bytes = MAX_TURN_BYTES;
}

static void
ot_peer_stream_class_init (OtPeerStreamClass *class)
{
  OtPollableStreamClass *pollable_class = OT_POLLABLE_STREAM_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = ot_peer_stream_finalize;
  G_IO_STREAM_CLASS (class)->close_fn = close_now;
  pollable_class->is_readable = is_readable;
  pollable_class->when_readable = when_readable;
  pollable_class->read = read_some;
  pollable_class->is_writable = is_writable;
  pollable_class->when_writable = when_writable;
  pollable_class->write = write_some;
}

OtPeerStream *
ot_peer_stream_new (GIOStream *base, GSocket *socket, const char *address)
{
  OtPeerStream *self = g_object_new (OT_TYPE_PEER_STREAM, NULL);

  self->base = g_object_ref (base);
  self->socket = g_object_ref (socket);
  self->address = g_strdup (address);
  self->from = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (base));
  self->into = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (base));
  return self;
}

const char *
ot_peer_stream_get_visitor (OtPeerStream *self)
{
  return self->visitor;
}

void
ot_peer_stream_set_visitor (OtPeerStream *self, const char *visitor)
{
  g_free (self->visitor);
  self->visitor = g_strdup (visitor);
}

const char *
ot_peer_stream_get_address (OtPeerStream *self)
{
  return self->address;
}

guint64
ot_peer_stream_get_written_bytes (OtPeerStream *self)
{
  return self->written_bytes;
}

void
ot_peer_stream_move (OtPeerStream *self, OtPollShards *shards)
{
  g_return_if_fail (self->shard == NULL);
  self->shard = ot_poll_shards_add (shards, self->socket);
}

GMainContextPusher *
ot_peer_stream_enter (OtPeerStream *self)
{
  return self->shard != NULL ? ot_poll_shard_enter (self->shard)
                             : g_main_context_pusher_new (g_main_context_default ());
}

void
ot_peer_stream_shut_down (OtPeerStream *self)
{
  g_autoptr (GError) error = NULL;

  /* fails when the other side was quicker: then there is nothing left to do */
  g_socket_shutdown (self->socket, TRUE, TRUE, &error);
}
