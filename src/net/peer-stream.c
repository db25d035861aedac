/* A GIOStream over another one: its output side counts, its input side gives only so much in one
 * turn of the loop. It adds no buffer and changes no byte. libsoup uses only the pollable side of
 * it, from the main loop. */

#include "peer-stream.h"

#define MAX_TURN_BYTES (16 * 1024)

/* The output side: hands on, and counts what was taken. */

#define TYPE_COUNTING_OUTPUT (counting_output_get_type ())
G_DECLARE_FINAL_TYPE (CountingOutput, counting_output, COUNTING, OUTPUT, GFilterOutputStream)

struct _CountingOutput {
  GFilterOutputStream parent;
  guint64 written_bytes;
};

static GPollableOutputStream *
get_output_base (gpointer self)
{
  return G_POLLABLE_OUTPUT_STREAM (
      g_filter_output_stream_get_base_stream (G_FILTER_OUTPUT_STREAM (self)));
}

static gboolean
counting_can_poll (GPollableOutputStream *stream)
{
  return g_pollable_output_stream_can_poll (get_output_base (stream));
}

static gboolean
counting_is_writable (GPollableOutputStream *stream)
{
  return g_pollable_output_stream_is_writable (get_output_base (stream));
}

static GSource *
counting_create_source (GPollableOutputStream *stream, GCancellable *cancellable)
{
  g_autoptr (GSource) base =
      g_pollable_output_stream_create_source (get_output_base (stream), cancellable);

  return g_pollable_source_new_full (stream, base, cancellable);
}

static gssize
counting_write_nonblocking (GPollableOutputStream *stream,
                            const void *buffer,
                            gsize count,
                            GError **error)
{
  gssize written = g_pollable_output_stream_write_nonblocking (get_output_base (stream), buffer,
                                                               count, NULL, error);

  if (written > 0)
    COUNTING_OUTPUT (stream)->written_bytes += written;
  return written;
}

static void
pollable_init (GPollableOutputStreamInterface *iface)
{
  iface->can_poll = counting_can_poll;
  iface->is_writable = counting_is_writable;
  iface->create_source = counting_create_source;
  iface->write_nonblocking = counting_write_nonblocking;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (CountingOutput,
                               counting_output,
                               G_TYPE_FILTER_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM, pollable_init))

static gssize
counting_write (GOutputStream *stream,
                const void *buffer,
                gsize count,
                GCancellable *cancellable,
                GError **error)
{
  GOutputStream *base = g_filter_output_stream_get_base_stream (G_FILTER_OUTPUT_STREAM (stream));
  gssize written = g_output_stream_write (base, buffer, count, cancellable, error);

  if (written > 0)
    COUNTING_OUTPUT (stream)->written_bytes += written;
  return written;
}

static void
counting_output_init (CountingOutput *self)
{
}

static void
counting_output_class_init (CountingOutputClass *class)
{
  G_OUTPUT_STREAM_CLASS (class)->write_fn = counting_write;
}

/* The input side. libsoup asks for a source before each turn's reading, and reads until it would
 * block. */

#define TYPE_PACED_INPUT (paced_input_get_type ())
G_DECLARE_FINAL_TYPE (PacedInput, paced_input, PACED, INPUT, GFilterInputStream)

struct _PacedInput {
  GFilterInputStream parent;
  gsize left_bytes; /* in this turn */
};

static GPollableInputStream *
get_input_base (gpointer self)
{
  return G_POLLABLE_INPUT_STREAM (
      g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (self)));
}

static gboolean
paced_can_poll (GPollableInputStream *stream)
{
  return g_pollable_input_stream_can_poll (get_input_base (stream));
}

static gboolean
paced_is_readable (GPollableInputStream *stream)
{
  return PACED_INPUT (stream)->left_bytes > 0
         && g_pollable_input_stream_is_readable (get_input_base (stream));
}

/* The base's own source, so that its callback is given the base: nobody looks at that, and each
 * source less makes every turn of the loop quicker, as it walks through all of them. */
static GSource *
paced_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  PACED_INPUT (stream)->left_bytes = MAX_TURN_BYTES;
  return g_pollable_input_stream_create_source (get_input_base (stream), cancellable);
}

static gssize
paced_read_nonblocking (GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  PacedInput *self = PACED_INPUT (stream);
  gssize got;

  if (self->left_bytes == 0) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "enough for this turn");
    return -1;
  }
  got = g_pollable_input_stream_read_nonblocking (get_input_base (stream), buffer,
                                                  MIN (count, self->left_bytes), NULL, error);
  if (got > 0)
    self->left_bytes -= got;
  return got;
}

static void
paced_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->can_poll = paced_can_poll;
  iface->is_readable = paced_is_readable;
  iface->create_source = paced_create_source;
  iface->read_nonblocking = paced_read_nonblocking;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (PacedInput,
                               paced_input,
                               G_TYPE_FILTER_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      paced_pollable_init))

static void
paced_input_init (PacedInput *self)
{
  self->left_bytes = MAX_TURN_BYTES;
}

static void
paced_input_class_init (PacedInputClass *class)
{
}

/* The whole. */

struct _OtPeerStream {
  GIOStream parent;
  GIOStream *base;        /* owned */
  GSocket *socket;        /* owned */
  PacedInput *input;      /* owned */
  CountingOutput *output; /* owned */
  char *address;          /* owned */
  char *visitor;          /* owned, nullable */
  OtPollShard *shard;     /* borrowed, nullable: we are added to it */
};

G_DEFINE_FINAL_TYPE (OtPeerStream, ot_peer_stream, G_TYPE_IO_STREAM)

static GInputStream *
get_input_stream (GIOStream *stream)
{
  return G_INPUT_STREAM (OT_PEER_STREAM (stream)->input);
}

static GOutputStream *
get_output_stream (GIOStream *stream)
{
  return G_OUTPUT_STREAM (OT_PEER_STREAM (stream)->output);
}

static gboolean
close_now (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  return g_io_stream_close (OT_PEER_STREAM (stream)->base, cancellable, error);
}

static void
base_closed (GObject *base, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (g_io_stream_close_finish (G_IO_STREAM (base), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
close_async (GIOStream *stream,
             int priority,
             GCancellable *cancellable,
             GAsyncReadyCallback done,
             gpointer user_data)
{
  GTask *task = g_task_new (stream, cancellable, done, user_data);

  g_task_set_source_tag (task, close_async);
  g_io_stream_close_async (OT_PEER_STREAM (stream)->base, priority, cancellable, base_closed, task);
}

static gboolean
close_finish (GIOStream *stream, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
ot_peer_stream_finalize (GObject *object)
{
  OtPeerStream *self = OT_PEER_STREAM (object);

  if (self->shard != NULL)
    ot_poll_shard_remove (self->shard, self->socket);
  g_clear_object (&self->input);
  g_clear_object (&self->output);
  g_clear_object (&self->base);
  g_clear_object (&self->socket);
  g_clear_pointer (&self->address, g_free);
  g_clear_pointer (&self->visitor, g_free);
  G_OBJECT_CLASS (ot_peer_stream_parent_class)->finalize (object);
}

static void
ot_peer_stream_init (OtPeerStream *self)
{
}

static void
ot_peer_stream_class_init (OtPeerStreamClass *class)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = ot_peer_stream_finalize;
  stream_class->get_input_stream = get_input_stream;
  stream_class->get_output_stream = get_output_stream;
  stream_class->close_fn = close_now;
  stream_class->close_async = close_async;
  stream_class->close_finish = close_finish;
}

OtPeerStream *
ot_peer_stream_new (GIOStream *base, GSocket *socket, const char *address)
{
  OtPeerStream *self = g_object_new (OT_TYPE_PEER_STREAM, NULL);

  self->base = g_object_ref (base);
  self->socket = g_object_ref (socket);
  self->address = g_strdup (address);
  self->input = g_object_new (TYPE_PACED_INPUT, "base-stream", g_io_stream_get_input_stream (base),
                              "close-base-stream", FALSE, NULL);
  self->output =
      g_object_new (TYPE_COUNTING_OUTPUT, "base-stream", g_io_stream_get_output_stream (base),
                    "close-base-stream", FALSE, NULL);
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
  return self->output->written_bytes;
}

void
ot_peer_stream_move (OtPeerStream *self, OtPollShards *shards)
{
  g_return_if_fail (self->shard == NULL);
  self->shard = ot_poll_shards_add (shards, self->socket);
}

GMainContext *
ot_peer_stream_get_context (OtPeerStream *self)
{
  return self->shard != NULL ? ot_poll_shard_get_context (self->shard) : g_main_context_default ();
}

void
ot_peer_stream_shut_down (OtPeerStream *self)
{
  g_autoptr (GError) error = NULL;

  /* fails when the other side was quicker: then there is nothing left to do */
  g_socket_shutdown (self->socket, TRUE, TRUE, &error);
}
