/* A client's leg for the component tests, on OpenSSL and the folder's own STUN and SRTP, which the
 * unit tests hold against the vectors of their RFCs. */

#include "peer.h"

#include <glib-unix.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DTLS_MTU 1200

static int
trust_anybody (int ok, X509_STORE_CTX *context)
{
  return 1; /* the fingerprint is the server's to check here */
}

static void
load_certificate (Peer *self)
{
  BIO *bio = BIO_new_mem_buf (self->certificate->pem, -1);
  X509 *certificate = PEM_read_bio_X509 (bio, NULL, NULL, NULL);
  EVP_PKEY *key = PEM_read_bio_PrivateKey (bio, NULL, NULL, NULL);

  g_assert_cmpint (SSL_CTX_use_certificate (self->tls_context, certificate), ==, 1);
  g_assert_cmpint (SSL_CTX_use_PrivateKey (self->tls_context, key), ==, 1);
  X509_free (certificate);
  EVP_PKEY_free (key);
  BIO_free (bio);
}

static void
send_tls_output (Peer *self)
{
  BIO *out = SSL_get_wbio (self->tls);
  guint8 datagram[4096];
  int size;

  /* A memory BIO joins what OpenSSL wrote; records carry their length at byte 11. */
  while ((size = BIO_read (out, datagram, 13)) == 13) {
    int length = datagram[11] << 8 | datagram[12];

    g_assert_cmpint (BIO_read (out, datagram + 13, length), ==, length);
    peer_send_raw (self, datagram, 13 + (gsize)length);
  }
}

static void
export_keys (Peer *self)
{
  static const char label[] = "EXTRACTOR-dtls_srtp";
  guint8 material[60];
  guint8 keys[2][OT_SRTP_KEY_SIZE]; /* the DTLS client's, the server's */
  guint8 *ours = keys[self->is_dtls_client ? 0 : 1];
  guint8 *theirs = keys[self->is_dtls_client ? 1 : 0];
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (
      SSL_export_keying_material (self->tls, material, 60, label, strlen (label), NULL, 0, 0), ==,
      1);
  for (guint i = 0; i < 2; i++) {
    memcpy (keys[i], material + 16 * i, 16);
    memcpy (keys[i] + 16, material + 32 + 14 * i, 14);
  }
  self->srtp = ot_srtp_new (theirs, ours, &error);
  g_assert_no_error (error);
}

static void
advance_tls (Peer *self)
{
  guint8 nothing[256];
  int done = SSL_do_handshake (self->tls);

  send_tls_output (self);
  if (done == 1 && self->srtp == NULL)
    export_keys (self);
  else if (done == 1)
    SSL_read (self->tls, nothing, sizeof nothing);
  ERR_clear_error ();
}

static void
take_stun (Peer *self, const guint8 *data, gsize size)
{
  OtStun message;

  g_assert_true (ot_stun_read (&message, data, size));
  self->last_stun_error = message.error_code;
  g_assert_true (message.error_code == 401 || ot_stun_is_authentic (&message, self->server_pwd));
  if (message.type != OT_STUN_BINDING_SUCCESS)
    return;
  g_assert_true (ot_address_equal (&message.mapped, &self->address));
  self->n_checks_answered++;
  if (self->is_dtls_client && self->srtp == NULL)
    advance_tls (self);
}

static void
take_media (Peer *self, guint8 *data, gsize size)
{
  gboolean is_rtcp = data[1] >= 192 && data[1] <= 223;

  if (self->srtp == NULL)
    return;
  g_assert_true (is_rtcp ? ot_srtp_unprotect_rtcp (self->srtp, data, &size)
                         : ot_srtp_unprotect (self->srtp, data, &size));
  g_ptr_array_add (is_rtcp ? self->rtcp : self->rtp, g_bytes_new (data, size));
}

static gboolean
on_datagram (gint fd, GIOCondition condition, gpointer user_data)
{
  Peer *self = user_data;
  guint8 data[2048];
  ssize_t size = recv (fd, data, sizeof data, MSG_DONTWAIT);

  if (size <= 0)
    return G_SOURCE_CONTINUE;
  if (data[0] < 4) {
    take_stun (self, data, (gsize)size);
  } else if (data[0] >= 128) {
    take_media (self, data, (gsize)size);
  } else {
    BIO_write (SSL_get_rbio (self->tls), data, (int)size);
    advance_tls (self);
  }
  return G_SOURCE_CONTINUE;
}

static void
open_socket (Peer *self)
{
  socklen_t size = sizeof self->address;

  ot_address_parse (&self->address, self->host, 0);
  self->socket = socket (self->address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (self->socket, &self->address.any, ot_address_get_size (&self->address)),
                   ==, 0);
  g_assert_cmpint (getsockname (self->socket, &self->address.any, &size), ==, 0);
  self->source = g_unix_fd_source_new (self->socket, G_IO_IN);
  g_source_set_callback (self->source, (GSourceFunc)(void (*) (void))on_datagram, self, NULL);
  g_source_attach (self->source, NULL);
}

static void
close_socket (Peer *self)
{
  g_source_destroy (self->source);
  g_source_unref (self->source);
  close (self->socket);
}

Peer *
peer_new (const char *host)
{
  Peer *self = g_new0 (Peer, 1);

  self->host = host;
  self->certificate = ot_certificate_new (1, NULL);
  self->tls_context = SSL_CTX_new (DTLS_method ());
  load_certificate (self);
  SSL_CTX_set_verify (self->tls_context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                      trust_anybody);
  SSL_CTX_set_tlsext_use_srtp (self->tls_context, "SRTP_AES128_CM_SHA1_80");
  self->tls = SSL_new (self->tls_context);
  SSL_set_options (self->tls, SSL_OP_NO_QUERY_MTU);
  SSL_set_mtu (self->tls, DTLS_MTU);
  SSL_set_bio (self->tls, BIO_new (BIO_s_mem ()), BIO_new (BIO_s_mem ()));
  BIO_set_mem_eof_return (SSL_get_rbio (self->tls), -1);

  ot_ice_credentials_make (&self->credentials);
  self->payload_type = 111;
  self->ssrc = g_random_int ();
  self->sequence = (guint16)g_random_int_range (0x100, 0x8000); /* as browsers begin, about */
  self->timestamp = g_random_int ();
  self->rtp = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  self->rtcp = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  open_socket (self);
  return self;
}

void
peer_free (Peer *self)
{
  close_socket (self);
  SSL_free (self->tls);
  SSL_CTX_free (self->tls_context);
  ot_certificate_free (self->certificate);
  g_clear_pointer (&self->srtp, ot_srtp_free);
  g_ptr_array_unref (self->rtp);
  g_ptr_array_unref (self->rtcp);
  g_free (self);
}

char *
peer_write_description (Peer *self, const char *setup)
{
  const char *fingerprint = self->claimed_fingerprint != NULL ? self->claimed_fingerprint
                                                              : self->certificate->fingerprint;

  return g_strdup_printf (
      "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE voice\r\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF %d 0\r\nc=IN IP4 0.0.0.0\r\na=mid:voice\r\na=sendrecv\r\n"
      "a=rtcp-mux\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:%s\r\na=setup:%s\r\n"
      "a=rtpmap:%d opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\n"
      "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n",
      self->payload_type, self->credentials.ufrag, self->credentials.pwd, fingerprint, setup,
      self->payload_type);
}

static char *
find_value (const char *sdp, const char *key)
{
  const char *at = strstr (sdp, key);

  g_assert_nonnull (at);
  at += strlen (key);
  return g_strndup (at, strcspn (at, "\r\n"));
}

void
peer_read_description (Peer *self, const char *sdp)
{
  g_autofree char *ufrag = find_value (sdp, "a=ice-ufrag:");
  g_autofree char *pwd = find_value (sdp, "a=ice-pwd:");
  g_autofree char *candidate = find_value (sdp, "a=candidate:");
  g_autofree char *setup = find_value (sdp, "a=setup:");
  g_auto (GStrv) words = g_strsplit (candidate, " ", -1);

  g_assert_nonnull (strstr (sdp, "a=ice-lite"));
  g_strlcpy (self->server_ufrag, ufrag, sizeof self->server_ufrag);
  g_strlcpy (self->server_pwd, pwd, sizeof self->server_pwd);
  g_assert_true (ot_address_parse (&self->server, words[4], (guint16)atoi (words[5])));
  self->is_dtls_client = strcmp (setup, "active") != 0;
  if (self->is_dtls_client)
    SSL_set_connect_state (self->tls);
  else
    SSL_set_accept_state (self->tls);
}

static void
send_check (Peer *self, OtStunAttribute role, gboolean nominate, const char *password)
{
  static const guint8 priority[4] = { 0x6e, 0, 1, 0xff };
  static const guint8 tie_breaker[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
  g_autofree char *username =
      g_strdup_printf ("%s:%s", self->server_ufrag, self->credentials.ufrag);
  guint8 transaction[OT_STUN_TRANSACTION];
  OtStunWriter check;

  for (guint i = 0; i < sizeof transaction; i++)
    transaction[i] = (guint8)g_random_int ();
  ot_stun_begin (&check, OT_STUN_BINDING_REQUEST, transaction);
  ot_stun_put (&check, OT_STUN_USERNAME, username, strlen (username));
  ot_stun_put (&check, OT_STUN_PRIORITY, priority, sizeof priority);
  ot_stun_put (&check, role, tie_breaker, sizeof tie_breaker);
  if (nominate)
    ot_stun_put (&check, OT_STUN_USE_CANDIDATE, NULL, 0);
  ot_stun_finish (&check, password);
  peer_send_raw (self, check.data, check.size);
}

void
peer_check (Peer *self, gboolean nominate)
{
  send_check (self, OT_STUN_CONTROLLING, nominate, self->server_pwd);
}

void
peer_check_forged (Peer *self)
{
  send_check (self, OT_STUN_CONTROLLING, TRUE, "guessed-guessed-guessed-guessed");
}

void
peer_check_controlled (Peer *self)
{
  send_check (self, OT_STUN_CONTROLLED, FALSE, self->server_pwd);
}

gboolean
peer_is_connected (Peer *self)
{
  return self->srtp != NULL;
}

void
peer_send_raw (Peer *self, const guint8 *data, gsize size)
{
  ssize_t sent =
      sendto (self->socket, data, size, 0, &self->server.any, ot_address_get_size (&self->server));

  g_assert_cmpint (sent, ==, (ssize_t)size);
}

void
peer_send_packet (Peer *self, const guint8 *packet, gsize size)
{
  guint8 data[2048];

  memcpy (data, packet, size);
  g_assert_true (ot_srtp_protect (self->srtp, data, &size));
  peer_send_raw (self, data, size);
}

static void
put32 (guint8 *at, guint32 value)
{
  value = g_htonl (value);
  memcpy (at, &value, sizeof value);
}

void
peer_send_rtp (Peer *self)
{
  guint8 packet[12 + 80] = { 0x80, (guint8)self->payload_type, (guint8)(self->sequence >> 8),
                             (guint8)self->sequence };

  put32 (packet + 4, self->timestamp);
  put32 (packet + 8, self->ssrc);
  memset (packet + 12, 'v', 80);
  peer_send_packet (self, packet, sizeof packet);
  self->sequence++;
  self->timestamp += 960;
}

void
peer_send_rtcp (Peer *self, guint32 about, guint32 highest_sequence)
{
  guint8 report[52 + OT_SRTP_TRAILER] = { 0x81, 200, 0, 12 };
  gsize size = 52;

  put32 (report + 4, self->ssrc);
  put32 (report + 16, self->timestamp);
  put32 (report + 28, about);
  put32 (report + 36, highest_sequence);
  g_assert_true (ot_srtp_protect_rtcp (self->srtp, report, &size));
  peer_send_raw (self, report, size);
}

void
peer_close_dtls (Peer *self)
{
  SSL_shutdown (self->tls);
  send_tls_output (self);
}

void
peer_move (Peer *self)
{
  close_socket (self);
  open_socket (self);
}
