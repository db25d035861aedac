#pragma once

#include <gio/gio.h>
#include <openssl/ssl.h>

#include "pollable-stream.h"

/**
 * OtTlsStream:
 *
 * The server's side of TLS over an accepted connection, for libsoup. The handshake comes with the
 * first read and never waits for the client: GIO's own TLS does each handshake in a thread out of a
 * pool that everything else uses too, so that a few dozen clients who begin one and say no more
 * would keep all others out.
 *
 * Takes at most 16 KiB that the socket has no room for; further writes would block. When it is
 * closed before they are gone, it stays for that alone, 5 seconds at most, and at most 100 do.
 *
 * Thread: main loop.
 */
#define OT_TYPE_TLS_STREAM (ot_tls_stream_get_type ())
G_DECLARE_FINAL_TYPE (OtTlsStream, ot_tls_stream, OT, TLS_STREAM, OtPollableStream)

/**
 * ot_tls_stream_new:
 * @connection: non-blocking; kept, and closed with this
 * @context: kept as long as this lives
 *
 * Returns: (transfer full)
 */
OtTlsStream *ot_tls_stream_new (GSocketConnection *connection, SSL_CTX *context);
