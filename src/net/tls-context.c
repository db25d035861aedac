/* From two PEM files to an SSL_CTX; holds nothing itself. */

#include "tls-context.h"

#include <openssl/err.h>

/* Takes what OpenSSL has to say about @file out of its queue. */
static gboolean
bad_file (const char *file, const char *what, GError **error)
{
  unsigned long code = ERR_peek_error ();
  const char *reason = ERR_reason_error_string (code);
  const char *why = ERR_SYSTEM_ERROR (code) ? g_strerror (ERR_GET_REASON (code))
                    : reason != NULL        ? reason
                                            : "nothing that could be read";

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s: %s", file, what, why);
  ERR_clear_error ();
  return FALSE;
}

/* OpenSSL's own would ask at the terminal. */
static int
no_password (char *buffer, int size, int is_writing, void *user_data)
{
  return -1;
}

static gboolean
use_files (SSL_CTX *context, const char *certificate_file, const char *key_file, GError **error)
{
  if (SSL_CTX_use_certificate_chain_file (context, certificate_file) != 1)
    return bad_file (certificate_file, "not a certificate (PEM)", error);
  if (SSL_CTX_use_PrivateKey_file (context, key_file, SSL_FILETYPE_PEM) != 1) {
    if (ERR_GET_REASON (ERR_peek_error ()) == X509_R_KEY_VALUES_MISMATCH)
      return bad_file (key_file, "not the key of the certificate", error);
    return bad_file (key_file, "not a private key (PEM, without a password)", error);
  }
  return TRUE;
}

SSL_CTX *
ot_tls_context_load (const char *certificate_file, const char *key_file, GError **error)
{
  SSL_CTX *context = SSL_CTX_new (TLS_server_method ());

  g_assert (context != NULL);
  ERR_clear_error ();
  SSL_CTX_set_min_proto_version (context, TLS1_2_VERSION);
  /* a client that just goes ends its frames or its request in the middle, which is seen there */
  SSL_CTX_set_options (context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF
                                    | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode (context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode (context, SSL_SESS_CACHE_OFF); /* tickets need no memory here */
  SSL_CTX_set_default_passwd_cb (context, no_password);
  if (use_files (context, certificate_file, key_file, error))
    return context;
  SSL_CTX_free (context);
  return NULL;
}
