/* What GIO wants of a stream besides its bytes: two halves with types of their own, each a thin
 * skin over the whole. Knows nothing about what is carried. */

#include "pollable-stream.h"

typedef struct {
  GInputStream *input;   /* owned */
  GOutputStream *output; /* owned */
} OtPollableStreamPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (OtPollableStream, ot_pollable_stream, G_TYPE_IO_STREAM)

static gssize
refuse_to_block (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "only without blocking");
  return -1;
}

static GSource *
at_once (gpointer half, GCancellable *cancellable)
{
  g_autoptr (GSource) now = g_timeout_source_new (0);

  return g_pollable_source_new_full (half, now, cancellable);
}

/* ---- the reading half ---- */

#define TYPE_INPUT_HALF (input_half_get_type ())
G_DECLARE_FINAL_TYPE (InputHalf, input_half, INPUT, HALF, GInputStream)

struct _InputHalf {
  GInputStream parent;
  OtPollableStream *whole; /* borrowed; NULL once that is gone */
};

static gboolean
input_is_readable (GPollableInputStream *stream)
{
  OtPollableStream *whole = INPUT_HALF (stream)->whole;

  return whole == NULL || OT_POLLABLE_STREAM_GET_CLASS (whole)->is_readable (whole);
}

static GSource *
input_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  OtPollableStream *whole = INPUT_HALF (stream)->whole;

  return whole != NULL ? OT_POLLABLE_STREAM_GET_CLASS (whole)->when_readable (whole, cancellable)
                       : at_once (stream, cancellable);
}

static gssize
input_read_nonblocking (GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  OtPollableStream *whole = INPUT_HALF (stream)->whole;

  return whole != NULL ? OT_POLLABLE_STREAM_GET_CLASS (whole)->read (whole, buffer, count, error)
                       : 0;
}

static void
input_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = input_is_readable;
  iface->create_source = input_create_source;
  iface->read_nonblocking = input_read_nonblocking;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (InputHalf,
                               input_half,
                               G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      input_pollable_init))

static gssize
input_read (
    GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  return refuse_to_block (error);
}

static void
input_half_init (InputHalf *self)
{
}

static void
input_half_class_init (InputHalfClass *class)
{
  G_INPUT_STREAM_CLASS (class)->read_fn = input_read;
}

/* ---- the writing half ---- */

#define TYPE_OUTPUT_HALF (output_half_get_type ())
G_DECLARE_FINAL_TYPE (OutputHalf, output_half, OUTPUT, HALF, GOutputStream)

struct _OutputHalf {
  GOutputStream parent;
  OtPollableStream *whole; /* borrowed; NULL once that is gone */
};

static gboolean
output_is_writable (GPollableOutputStream *stream)
{
  OtPollableStream *whole = OUTPUT_HALF (stream)->whole;

  return whole == NULL || OT_POLLABLE_STREAM_GET_CLASS (whole)->is_writable (whole);
}

static GSource *
output_create_source (GPollableOutputStream *stream, GCancellable *cancellable)
{
  OtPollableStream *whole = OUTPUT_HALF (stream)->whole;

  return whole != NULL ? OT_POLLABLE_STREAM_GET_CLASS (whole)->when_writable (whole, cancellable)
                       : at_once (stream, cancellable);
}

static gssize
output_write_nonblocking (GPollableOutputStream *stream,
                          const void *buffer,
                          gsize count,
                          GError **error)
{
  OtPollableStream *whole = OUTPUT_HALF (stream)->whole;

  if (whole != NULL)
    return OT_POLLABLE_STREAM_GET_CLASS (whole)->write (whole, buffer, count, error);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "closed");
  return -1;
}

static void
output_pollable_init (GPollableOutputStreamInterface *iface)
{
  iface->is_writable = output_is_writable;
  iface->create_source = output_create_source;
  iface->write_nonblocking = output_write_nonblocking;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (OutputHalf,
                               output_half,
                               G_TYPE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                      output_pollable_init))

static gssize
output_write (GOutputStream *stream,
              const void *buffer,
              gsize count,
              GCancellable *cancellable,
              GError **error)
{
  return refuse_to_block (error);
}

static void
output_half_init (OutputHalf *self)
{
}

static void
output_half_class_init (OutputHalfClass *class)
{
  G_OUTPUT_STREAM_CLASS (class)->write_fn = output_write;
}

/* ---- the whole ---- */

static OtPollableStreamPrivate *
private_of (gpointer self)
{
  return ot_pollable_stream_get_instance_private (OT_POLLABLE_STREAM (self));
}

static GInputStream *
get_input_stream (GIOStream *stream)
{
  return private_of (stream)->input;
}

static GOutputStream *
get_output_stream (GIOStream *stream)
{
  return private_of (stream)->output;
}

static void
close_async (GIOStream *stream,
             int priority,
             GCancellable *cancellable,
             GAsyncReadyCallback done,
             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (stream, cancellable, done, user_data);
  GError *error = NULL;

  g_task_set_source_tag (task, close_async);
  if (G_IO_STREAM_GET_CLASS (stream)->close_fn (stream, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static gboolean
close_finish (GIOStream *stream, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
ot_pollable_stream_finalize (GObject *object)
{
  OtPollableStreamPrivate *private = private_of (object);

  INPUT_HALF (private->input)->whole = NULL;
  OUTPUT_HALF (private->output)->whole = NULL;
  g_clear_object (&private->input);
  g_clear_object (&private->output);
  G_OBJECT_CLASS (ot_pollable_stream_parent_class)->finalize (object);
}

static void
ot_pollable_stream_init (OtPollableStream *self)
{
  OtPollableStreamPrivate *private = private_of (self);
  InputHalf *input = g_object_new (TYPE_INPUT_HALF, NULL);
  OutputHalf *output = g_object_new (TYPE_OUTPUT_HALF, NULL);

  input->whole = output->whole = self;
  private->input = G_INPUT_STREAM (input);
  private->output = G_OUTPUT_STREAM (output);
}

static void
ot_pollable_stream_class_init (OtPollableStreamClass *class)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = ot_pollable_stream_finalize;
  stream_class->get_input_stream = get_input_stream;
  stream_class->get_output_stream = get_output_stream;
  stream_class->close_async = close_async;
  stream_class->close_finish = close_finish;
}
