#pragma once

#include <gio/gio.h>
#include <openssl/ssl.h>

/**
 * ot_tls_context_load:
 * @certificate_file: PEM: the server's certificate, then those that vouch for it
 * @key_file: PEM: its private key, without a password; may be the same file
 *
 * Makes what TLS connections of a server are made with: TLS 1.2 or later. Whoever holds one keeps
 * it, so connections outlive a newer one.
 *
 * Returns: (transfer full) (nullable): to be freed with SSL_CTX_free()
 * Errors: a #GIOErrorEnum whose message names the file and says what is wrong with it
 * Thread: main loop; reads the two files at once.
 */
SSL_CTX *ot_tls_context_load (const char *certificate_file, const char *key_file, GError **error);
