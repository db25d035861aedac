/* OpenSSL's DTLS over a BIO of our own: it keeps datagrams apart, which memory BIOs do not. */

#include "dtls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <string.h>

#include "media-error.h"

#define DATAGRAM_MTU 1200
#define KEY_SIZE 16
#define SALT_SIZE 14

struct _LoadIdentity {
  SSL_CTX *context;           /* owned */
  BIO_METHOD *method;         /* owned */
  OtCertificate *certificate; /* owned */
};

struct _LoadDtls {
  SSL *ssl; /* owned; has our BIO */
  gboolean is_client;
  LoadDtlsSend send;
  gpointer user_data;
  const guint8 *waiting; /* borrowed during load_dtls_feed(): the datagram that was not read yet */
  gsize waiting_size;
};

/* ---- the BIO ---- */

static int
bio_write (BIO *bio, const char *data, int size)
{
  LoadDtls *self = BIO_get_data (bio);

  self->send ((const guint8 *)data, (gsize)size, self->user_data);
  return size;
}

static int
bio_read (BIO *bio, char *data, int size)
{
  LoadDtls *self = BIO_get_data (bio);
  int taken = (int)MIN (self->waiting_size, (gsize)size);

  BIO_clear_retry_flags (bio);
  if (taken == 0) {
    BIO_set_retry_read (bio);
    return -1;
  }
  memcpy (data, self->waiting, (gsize)taken);
  self->waiting_size = 0;
  return taken;
}

static long
bio_control (BIO *bio, int command, long number, void *pointer)
{
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/* ---- the identity ---- */

/* Whose certificate it is says the description's fingerprint, so any is let through here. */
static int
accept_any (int preverified, X509_STORE_CTX *context)
{
  return 1;
}

static gboolean
use_certificate (SSL_CTX *context, const char *pem)
{
  BIO *bio = BIO_new_mem_buf (pem, -1);
  X509 *certificate = PEM_read_bio_X509 (bio, NULL, NULL, NULL);
  EVP_PKEY *key = PEM_read_bio_PrivateKey (bio, NULL, NULL, NULL);
  gboolean used = certificate != NULL && key != NULL
                  && SSL_CTX_use_certificate (context, certificate) == 1
                  && SSL_CTX_use_PrivateKey (context, key) == 1;

  X509_free (certificate);
  EVP_PKEY_free (key);
  BIO_free (bio);
  return used;
}

LoadIdentity *
load_identity_new (GError **error)
{
  OtCertificate *certificate = ot_certificate_new (30, error);
  LoadIdentity *self;

  if (certificate == NULL)
    return NULL;
  self = g_new0 (LoadIdentity, 1);
  self->certificate = certificate;
  self->method = BIO_meth_new (BIO_get_new_index () | BIO_TYPE_SOURCE_SINK, "datagram");
  BIO_meth_set_write (self->method, bio_write);
  BIO_meth_set_read (self->method, bio_read);
  BIO_meth_set_ctrl (self->method, bio_control);
  self->context = SSL_CTX_new (DTLS_method ());
  SSL_CTX_set_verify (self->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
  SSL_CTX_set_options (self->context, SSL_OP_NO_QUERY_MTU);
  if (SSL_CTX_set_tlsext_use_srtp (self->context, "SRTP_AES128_CM_SHA1_80") == 0
      && use_certificate (self->context, certificate->pem))
    return self;
  g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START, "OpenSSL cannot do DTLS-SRTP here");
  load_identity_free (self);
  return NULL;
}

void
load_identity_free (LoadIdentity *self)
{
  SSL_CTX_free (self->context);
  BIO_meth_free (self->method);
  ot_certificate_free (self->certificate);
  g_free (self);
}

const char *
load_identity_get_fingerprint (const LoadIdentity *self)
{
  return self->certificate->fingerprint;
}

/* ---- the handshake ---- */

LoadDtls *
load_dtls_new (const LoadIdentity *identity,
               gboolean is_client,
               LoadDtlsSend send,
               gpointer user_data)
{
  LoadDtls *self = g_new0 (LoadDtls, 1);
  BIO *bio = BIO_new (identity->method);

  self->is_client = is_client;
  self->send = send;
  self->user_data = user_data;
  BIO_set_data (bio, self);
  BIO_set_init (bio, 1);
  self->ssl = SSL_new (identity->context);
  SSL_set_bio (self->ssl, bio, bio);
  SSL_set_mtu (self->ssl, DATAGRAM_MTU);
  if (is_client)
    SSL_set_connect_state (self->ssl);
  else
    SSL_set_accept_state (self->ssl);
  return self;
}

void
load_dtls_free (LoadDtls *self)
{
  SSL_free (self->ssl);
  g_free (self);
}

LoadDtlsState
load_dtls_feed (LoadDtls *self, const guint8 *data, gsize size)
{
  int result;

  ERR_clear_error ();
  self->waiting = data;
  self->waiting_size = data != NULL ? size : 0;
  if (data == NULL && DTLSv1_handle_timeout (self->ssl) < 0)
    return LOAD_DTLS_FAILED;
  result = SSL_do_handshake (self->ssl);
  self->waiting = NULL;
  self->waiting_size = 0;
  if (result == 1)
    return LOAD_DTLS_DONE;
  return SSL_get_error (self->ssl, result) == SSL_ERROR_WANT_READ ? LOAD_DTLS_GOING
                                                                  : LOAD_DTLS_FAILED;
}

static gboolean
peer_has (LoadDtls *self, const OtFingerprint *fingerprint)
{
  X509 *certificate = SSL_get1_peer_certificate (self->ssl);
  BIO *bio = BIO_new (BIO_s_mem ());
  gboolean matches = FALSE;

  if (certificate != NULL && PEM_write_bio_X509 (bio, certificate) && BIO_write (bio, "", 1) == 1) {
    char *pem;

    BIO_get_mem_data (bio, &pem);
    matches = ot_fingerprint_matches_pem (fingerprint, pem);
  }
  X509_free (certificate);
  BIO_free (bio);
  return matches;
}

/* RFC 5764, 4.2: both keys, then both salts, the client's first. */
OtSrtp *
load_dtls_finish (LoadDtls *self, const OtFingerprint *fingerprint, GError **error)
{
  guint8 exported[2 * (KEY_SIZE + SALT_SIZE)];
  guint8 keys[2][OT_SRTP_KEY_SIZE]; /* the client's, the server's */

  if (!peer_has (self, fingerprint)) {
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_ENGINE,
                 "the server's certificate is not the one of its description");
    return NULL;
  }
  if (SSL_get_selected_srtp_profile (self->ssl) == NULL
      || SSL_export_keying_material (self->ssl, exported, sizeof exported, "EXTRACTOR-dtls_srtp",
                                     strlen ("EXTRACTOR-dtls_srtp"), NULL, 0, 0)
             != 1) {
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_ENGINE, "DTLS gave no keys for SRTP");
    return NULL;
  }
  for (guint i = 0; i < 2; i++) {
    memcpy (keys[i], exported + i * KEY_SIZE, KEY_SIZE);
    memcpy (keys[i] + KEY_SIZE, exported + 2 * KEY_SIZE + i * SALT_SIZE, SALT_SIZE);
  }
  return ot_srtp_new (keys[self->is_client ? 1 : 0], keys[self->is_client ? 0 : 1], error);
}

void
load_dtls_close (LoadDtls *self)
{
  SSL_shutdown (self->ssl);
}
