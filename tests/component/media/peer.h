#pragma once

#include <glib.h>
#include <openssl/ssl.h>

#include "sdp.h"
#include "srtp.h"
#include "stun.h"

/**
 * Peer:
 *
 * A client's leg, as a browser has one: UDP socket on the loopback, ICE (controlling), DTLS with
 * OpenSSL in either role, SRTP. It runs on the test's main context and does nothing on its own but
 * answer: the test says when to check, send, close.
 */
typedef struct _Peer Peer;

struct _Peer {
  const char *host;
  int socket;
  GSource *source;
  OtAddress address; /* ours */
  OtAddress server;
  OtIceCredentials credentials;
  char server_ufrag[64];
  char server_pwd[64];
  OtCertificate *certificate;
  const char *claimed_fingerprint; /* nullable: a lie for the description */
  SSL_CTX *tls_context;
  SSL *tls;
  gboolean is_dtls_client;
  OtSrtp *srtp; /* set: DTLS is complete */

  guint8 srtp_keys[2][OT_SRTP_KEY_SIZE]; /* receive, send */
  int payload_type;
  guint32 ssrc;
  guint16 sequence;
  guint32 timestamp;

  guint n_checks_answered;
  int last_stun_error;
  GPtrArray *rtp;  /* of GBytes, decrypted */
  GPtrArray *rtcp; /* of GBytes, decrypted */
};

/** @host: the loopback address to use. */
Peer *peer_new (const char *host);
void peer_free (Peer *self);

/** Our description; @setup: "actpass", "active" or "passive". */
char *peer_write_description (Peer *self, const char *setup);

/** What the server's description says; takes the role that is left. */
void peer_read_description (Peer *self, const char *sdp);

/** One ICE check; with @nominate it also starts DTLS when that is ours to do. */
void peer_check (Peer *self, gboolean nominate);

/** As peer_check(), with a wrong password. */
void peer_check_forged (Peer *self);

/** A check in the controlled role, which is the server's. */
void peer_check_controlled (Peer *self);

gboolean peer_is_connected (Peer *self);

/** The next voice packet of 80 payload bytes, through SRTP. */
void peer_send_rtp (Peer *self);

/** Any RTP packet, through SRTP. */
void peer_send_packet (Peer *self, const guint8 *packet, gsize size);

/** A sender report about our voice, with a block about @about. */
void peer_send_rtcp (Peer *self, guint32 about, guint32 highest_sequence);

/** Bytes as they are. */
void peer_send_raw (Peer *self, const guint8 *data, gsize size);

/** DTLS close_notify. */
void peer_close_dtls (Peer *self);

/** A new socket, on another port: the client has moved. Nothing is sent. */
void peer_move (Peer *self);
