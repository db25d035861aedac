/* OpenSSL between libsoup and a socket: one SSL, a reading and a writing side that are thin skins
 * over it, and the one record that may wait for room in the socket. OpenSSL wants a write that
 * would block to be repeated with the same bytes, but libsoup may put an urgent frame before them:
 * so they are kept here and count as written. */

#include "tls-stream.h"

#include <openssl/err.h>

#define MAX_RECORD_BYTES (16 * 1024) /* RFC 8446, 5.1 */
#define LINGER_MS 5000
#define LINGERING_MAX 100

static guint n_lingering; /* all of them; main loop */

struct _OtTlsStream {
  GIOStream parent;
  GSocketConnection *connection; /* owned */
  GSocket *socket;               /* borrowed from it */
  SSL *ssl;                      /* owned */
  GInputStream *input;           /* owned */
  GOutputStream *output;         /* owned */
  GIOCondition read_needs;       /* what the socket must be for a read to go on */
  GByteArray *rest;              /* owned: taken, not in the socket yet; a record at most */
  GSource *flush;                /* owned: waits for room for the rest; NULL: there is none */
  GSource *linger;               /* owned: closed, but for the rest; holds this; nullable */
  gboolean is_broken;            /* OpenSSL must not be asked any more (SSL_get_error(3)) */
};

G_DEFINE_FINAL_TYPE (OtTlsStream, ot_tls_stream, G_TYPE_IO_STREAM)

/* ---- OpenSSL ---- */

/* What came of an operation that did nothing. Returns: what the socket must be for it to go on; 0:
 * it never will, and @error is set, but not at the end of a stream. */
static GIOCondition
what_it_needs (OtTlsStream *self, int result, GError **error)
{
  const char *reason;

  switch (SSL_get_error (self->ssl, result)) {
  case SSL_ERROR_WANT_READ:
    return G_IO_IN;
  case SSL_ERROR_WANT_WRITE:
    return G_IO_OUT;
  case SSL_ERROR_ZERO_RETURN:
    return 0;
  default:
    reason = ERR_reason_error_string (ERR_peek_error ());
    self->is_broken = TRUE;
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "TLS: %s",
                 reason != NULL ? reason : "the connection is gone");
    ERR_clear_error ();
    return 0;
  }
}

static gboolean
is_usable (OtTlsStream *self, GError **error)
{
  if (!self->is_broken)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "TLS: broken before");
  return FALSE;
}

static gssize
would_block (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "TLS: not yet");
  return -1;
}

static gssize
read_some (OtTlsStream *self, void *buffer, gsize count, GError **error)
{
  int got;

  if (!is_usable (self, error))
    return -1;
  ERR_clear_error ();
  got = SSL_read (self->ssl, buffer, (int)MIN (count, MAX_RECORD_BYTES));
  if (got > 0)
    return got;
  self->read_needs = what_it_needs (self, got, error);
  if (self->read_needs != 0)
    return would_block (error);
  self->read_needs = G_IO_IN;
  return self->is_broken ? -1 : 0;
}

/* ---- what the socket had no room for ---- */

static void
forget_rest (OtTlsStream *self)
{
  g_byte_array_set_size (self->rest, 0);
  if (self->flush != NULL)
    g_source_destroy (self->flush);
  g_clear_pointer (&self->flush, g_source_unref);
}

static void
shut (OtTlsStream *self)
{
  forget_rest (self);
  ERR_clear_error ();
  if (!self->is_broken && SSL_is_init_finished (self->ssl))
    SSL_shutdown (self->ssl); /* says it once; nobody waits for an answer */
  self->is_broken = TRUE;
  g_io_stream_close (G_IO_STREAM (self->connection), NULL, NULL);
}

/* Whoever closes has no more to do with it. */
static void
end_linger (OtTlsStream *self)
{
  if (self->linger == NULL)
    return;
  g_source_destroy (self->linger);
  g_clear_pointer (&self->linger, g_source_unref);
  n_lingering--;
  shut (self);
  g_object_unref (self);
}

static gboolean
on_lingered (gpointer user_data)
{
  end_linger (user_data);
  return G_SOURCE_REMOVE;
}

static void
close_when_sent (OtTlsStream *self)
{
  if (self->rest->len == 0 || self->is_broken || n_lingering == LINGERING_MAX) {
    shut (self);
    return;
  }
  n_lingering++;
  self->linger = g_timeout_source_new (LINGER_MS);
  g_source_set_callback (self->linger, on_lingered, g_object_ref (self), NULL);
  g_source_attach (self->linger, g_main_context_get_thread_default ());
}

static gboolean on_room (GSocket *socket, GIOCondition condition, gpointer user_data);

static void
wait_for_room (OtTlsStream *self, GIOCondition needs)
{
  if (self->flush != NULL)
    return;
  self->flush = g_socket_create_source (self->socket, needs, NULL);
  g_source_set_callback (self->flush, G_SOURCE_FUNC (on_room), self, NULL);
  g_source_attach (self->flush, g_main_context_get_thread_default ());
}

/* Returns: whether nothing is left, be it that it is lost. */
static gboolean
flush (OtTlsStream *self)
{
  GIOCondition needs = 0;
  int sent;

  if (self->rest->len > 0 && !self->is_broken) {
    ERR_clear_error ();
    sent = SSL_write (self->ssl, self->rest->data, (int)self->rest->len);
    if (sent <= 0)
      needs = what_it_needs (self, sent, NULL);
  }
  if (needs != 0)
    return FALSE;
  forget_rest (self);
  return TRUE;
}

static gboolean
on_room (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  g_autoptr (OtTlsStream) self = g_object_ref (user_data);

  if (!flush (self))
    return G_SOURCE_CONTINUE;
  end_linger (self);
  return G_SOURCE_REMOVE;
}

static gssize
write_some (OtTlsStream *self, const void *buffer, gsize count, GError **error)
{
  GIOCondition needs;
  int sent;

  count = MIN (count, MAX_RECORD_BYTES);
  if (count == 0)
    return 0;
  if (!flush (self))
    return would_block (error);
  if (!is_usable (self, error))
    return -1;
  ERR_clear_error ();
  sent = SSL_write (self->ssl, buffer, (int)count);
  if (sent > 0)
    return sent;
  needs = what_it_needs (self, sent, error);
  if (needs == 0)
    return -1;
  g_byte_array_append (self->rest, buffer, (guint)count);
  wait_for_room (self, needs);
  return (gssize)count;
}

/* ---- the reading side ---- */

#define TYPE_TLS_INPUT (tls_input_get_type ())
G_DECLARE_FINAL_TYPE (TlsInput, tls_input, TLS, INPUT, GInputStream)

struct _TlsInput {
  GInputStream parent;
  OtTlsStream *whole; /* borrowed; NULL once that is gone */
};

static gboolean
input_can_poll (GPollableInputStream *stream)
{
  return TRUE;
}

static gboolean
input_is_readable (GPollableInputStream *stream)
{
  OtTlsStream *whole = TLS_INPUT (stream)->whole;

  return whole == NULL || whole->is_broken || SSL_pending (whole->ssl) > 0
         || g_socket_condition_check (whole->socket, whole->read_needs) != 0;
}

static GSource *
input_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  OtTlsStream *whole = TLS_INPUT (stream)->whole;
  g_autoptr (GSource) base = NULL;

  if (whole == NULL || whole->is_broken || SSL_pending (whole->ssl) > 0)
    base = g_timeout_source_new (0);
  else
    base = g_socket_create_source (whole->socket, whole->read_needs, NULL);
  return g_pollable_source_new_full (stream, base, cancellable);
}

static gssize
input_read_nonblocking (GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  OtTlsStream *whole = TLS_INPUT (stream)->whole;

  return whole != NULL ? read_some (whole, buffer, count, error) : 0;
}

static void
input_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->can_poll = input_can_poll;
  iface->is_readable = input_is_readable;
  iface->create_source = input_create_source;
  iface->read_nonblocking = input_read_nonblocking;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TlsInput,
                               tls_input,
                               G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      input_pollable_init))

static gssize
input_read (
    GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "only without blocking");
  return -1;
}

static void
tls_input_init (TlsInput *self)
{
}

static void
tls_input_class_init (TlsInputClass *class)
{
  G_INPUT_STREAM_CLASS (class)->read_fn = input_read;
}

/* ---- the writing side ---- */

#define TYPE_TLS_OUTPUT (tls_output_get_type ())
G_DECLARE_FINAL_TYPE (TlsOutput, tls_output, TLS, OUTPUT, GOutputStream)

struct _TlsOutput {
  GOutputStream parent;
  OtTlsStream *whole; /* borrowed; NULL once that is gone */
};

static gboolean
output_can_poll (GPollableOutputStream *stream)
{
  return TRUE;
}

static gboolean
output_is_writable (GPollableOutputStream *stream)
{
  OtTlsStream *whole = TLS_OUTPUT (stream)->whole;

  return whole == NULL || whole->is_broken
         || g_socket_condition_check (whole->socket, G_IO_OUT) != 0;
}

static GSource *
output_create_source (GPollableOutputStream *stream, GCancellable *cancellable)
{
  OtTlsStream *whole = TLS_OUTPUT (stream)->whole;
  g_autoptr (GSource) base = NULL;

  if (whole == NULL || whole->is_broken)
    base = g_timeout_source_new (0);
  else
    base = g_socket_create_source (whole->socket, G_IO_OUT, NULL);
  return g_pollable_source_new_full (stream, base, cancellable);
}

static gssize
output_write_nonblocking (GPollableOutputStream *stream,
                          const void *buffer,
                          gsize count,
                          GError **error)
{
  OtTlsStream *whole = TLS_OUTPUT (stream)->whole;

  if (whole != NULL)
    return write_some (whole, buffer, count, error);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "closed");
  return -1;
}

static void
output_pollable_init (GPollableOutputStreamInterface *iface)
{
  iface->can_poll = output_can_poll;
  iface->is_writable = output_is_writable;
  iface->create_source = output_create_source;
  iface->write_nonblocking = output_write_nonblocking;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TlsOutput,
                               tls_output,
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
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "only without blocking");
  return -1;
}

static void
tls_output_init (TlsOutput *self)
{
}

static void
tls_output_class_init (TlsOutputClass *class)
{
  G_OUTPUT_STREAM_CLASS (class)->write_fn = output_write;
}

/* ---- the whole ---- */

static GInputStream *
get_input_stream (GIOStream *stream)
{
  return OT_TLS_STREAM (stream)->input;
}

static GOutputStream *
get_output_stream (GIOStream *stream)
{
  return OT_TLS_STREAM (stream)->output;
}

static gboolean
close_fn (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  close_when_sent (OT_TLS_STREAM (stream));
  return TRUE;
}

static void
close_async (GIOStream *stream,
             int priority,
             GCancellable *cancellable,
             GAsyncReadyCallback done,
             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (stream, cancellable, done, user_data);

  g_task_set_source_tag (task, close_async);
  close_when_sent (OT_TLS_STREAM (stream));
  g_task_return_boolean (task, TRUE);
}

static gboolean
close_finish (GIOStream *stream, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
ot_tls_stream_finalize (GObject *object)
{
  OtTlsStream *self = OT_TLS_STREAM (object);

  forget_rest (self);
  TLS_INPUT (self->input)->whole = NULL;
  TLS_OUTPUT (self->output)->whole = NULL;
  g_clear_object (&self->input);
  g_clear_object (&self->output);
  g_clear_pointer (&self->rest, g_byte_array_unref);
  g_clear_pointer (&self->ssl, SSL_free);
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (ot_tls_stream_parent_class)->finalize (object);
}

static void
ot_tls_stream_init (OtTlsStream *self)
{
}

static void
ot_tls_stream_class_init (OtTlsStreamClass *class)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = ot_tls_stream_finalize;
  stream_class->get_input_stream = get_input_stream;
  stream_class->get_output_stream = get_output_stream;
  stream_class->close_fn = close_fn;
  stream_class->close_async = close_async;
  stream_class->close_finish = close_finish;
}

OtTlsStream *
ot_tls_stream_new (GSocketConnection *connection, SSL_CTX *context)
{
  OtTlsStream *self = g_object_new (OT_TYPE_TLS_STREAM, NULL);
  TlsInput *input = g_object_new (TYPE_TLS_INPUT, NULL);
  TlsOutput *output = g_object_new (TYPE_TLS_OUTPUT, NULL);

  self->connection = g_object_ref (connection);
  self->socket = g_socket_connection_get_socket (connection);
  self->ssl = SSL_new (context);
  g_assert (self->ssl != NULL);
  SSL_set_fd (self->ssl, g_socket_get_fd (self->socket)); /* SIGPIPE is ignored, by GSocket */
  SSL_set_accept_state (self->ssl);
  self->rest = g_byte_array_new ();
  self->read_needs = G_IO_IN;
  input->whole = output->whole = self;
  self->input = G_INPUT_STREAM (input);
  self->output = G_OUTPUT_STREAM (output);
  return self;
}
