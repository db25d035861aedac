/* OpenSSL between libsoup and a socket: one SSL, and the one record that may wait for room in the
 * socket. OpenSSL wants a write that would block to be repeated with the same bytes, but libsoup
 * may put an urgent frame before them: so they are kept here and count as written. */

#include "tls-stream.h"

#include <openssl/err.h>

#define MAX_RECORD_BYTES (16 * 1024) /* RFC 8446, 5.1 */
#define LINGER_MS 5000
#define LINGERING_MAX 100

static guint n_lingering; /* all of them; main loop */

struct _OtTlsStream {
  OtPollableStream parent;
  GSocketConnection *connection; /* owned */
  GSocket *socket;               /* borrowed from it */
  SSL *ssl;                      /* owned */
  GIOCondition read_needs;       /* what the socket must be for a read to go on */
  GByteArray *rest;              /* owned: taken, not in the socket yet; a record at most */
  GSource *flush;                /* owned: waits for room for the rest; NULL: there is none */
  GSource *linger;               /* owned: closed, but for the rest; holds this; nullable */
  gboolean is_broken;            /* OpenSSL must not be asked any more (SSL_get_error(3)) */
};

G_DEFINE_FINAL_TYPE (OtTlsStream, ot_tls_stream, OT_TYPE_POLLABLE_STREAM)

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
read_some (OtPollableStream *stream, void *buffer, gsize count, GError **error)
{
  OtTlsStream *self = OT_TLS_STREAM (stream);
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
write_some (OtPollableStream *stream, const void *buffer, gsize count, GError **error)
{
  OtTlsStream *self = OT_TLS_STREAM (stream);
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

/* ---- waiting ---- */

static gboolean
has_read (OtTlsStream *self)
{
  return self->is_broken || SSL_pending (self->ssl) > 0;
}

/* A source for one half of it. Returns: (transfer full) */
static GSource *
make_source (
    OtTlsStream *self, gpointer half, gboolean now, GIOCondition needs, GCancellable *cancellable)
{
  g_autoptr (GSource) base =
      now ? g_timeout_source_new (0) : g_socket_create_source (self->socket, needs, NULL);

  return g_pollable_source_new_full (half, base, cancellable);
}

static gboolean
is_readable (OtPollableStream *stream)
{
  OtTlsStream *self = OT_TLS_STREAM (stream);

  return has_read (self) || g_socket_condition_check (self->socket, self->read_needs) != 0;
}

static GSource *
when_readable (OtPollableStream *stream, GCancellable *cancellable)
{
  OtTlsStream *self = OT_TLS_STREAM (stream);

  return make_source (self, g_io_stream_get_input_stream (G_IO_STREAM (self)), has_read (self),
                      self->read_needs, cancellable);
}

static gboolean
is_writable (OtPollableStream *stream)
{
  OtTlsStream *self = OT_TLS_STREAM (stream);

  return self->is_broken || g_socket_condition_check (self->socket, G_IO_OUT) != 0;
}

static GSource *
when_writable (OtPollableStream *stream, GCancellable *cancellable)
{
  OtTlsStream *self = OT_TLS_STREAM (stream);

  return make_source (self, g_io_stream_get_output_stream (G_IO_STREAM (self)), self->is_broken,
                      G_IO_OUT, cancellable);
}

/* ---- the whole ---- */

static gboolean
close_fn (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  close_when_sent (OT_TLS_STREAM (stream));
  return TRUE;
}

static void
ot_tls_stream_finalize (GObject *object)
{
  OtTlsStream *self = OT_TLS_STREAM (object);

  forget_rest (self);
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
  OtPollableStreamClass *pollable_class = OT_POLLABLE_STREAM_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = ot_tls_stream_finalize;
  G_IO_STREAM_CLASS (class)->close_fn = close_fn;
  pollable_class->is_readable = is_readable;
  pollable_class->when_readable = when_readable;
  pollable_class->read = read_some;
  pollable_class->is_writable = is_writable;
  pollable_class->when_writable = when_writable;
  pollable_class->write = write_some;
}

OtTlsStream *
ot_tls_stream_new (GSocketConnection *connection, SSL_CTX *context)
{
  OtTlsStream *self = g_object_new (OT_TYPE_TLS_STREAM, NULL);

  self->connection = g_object_ref (connection);
  self->socket = g_socket_connection_get_socket (connection);
  self->ssl = SSL_new (context);
  g_assert (self->ssl != NULL);
  SSL_set_fd (self->ssl, g_socket_get_fd (self->socket)); /* SIGPIPE is ignored, by GSocket */
  SSL_set_accept_state (self->ssl);
  self->rest = g_byte_array_new ();
  self->read_needs = G_IO_IN;
  return self;
}
