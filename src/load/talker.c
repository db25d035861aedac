/* One person's media. What is sent to the server is what a browser would send, but for the voice,
 * which is one silent Opus frame and padding. */

#include "talker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "media-error.h"
#include "sdp.h"
#include "stun.h"

#define RTP_HEADER 12
#define STAMP_SIZE 24
#define STAMP_MAGIC 0x6f746f6du
#define OPUS_SAMPLES 960 /* 20 ms at 48 kHz */
#define CHECK_AGAIN_US (2 * LOAD_PACKET_US)
#define CONSENT_US (5 * G_USEC_PER_SEC)
#define SEEN_BITS 64

struct _LoadTalker {
  const LoadIdentity *identity; /* borrowed */
  guint32 run;
  guint32 number;
  guint payload_size;
  OtIceCredentials credentials;

  int socket; /* owned; -1: none yet */
  OtAddress server;
  OtSdp remote;
  LoadDtls *dtls; /* owned (nullable) */
  OtSrtp *srtp;   /* owned (nullable) */
  gint64 next_check_us;

  LoadHeard heard;
  guint32 newest_heard;
  guint64 seen; /* bit n: newest_heard − n was heard */
};

LoadTalker *
load_talker_new (const LoadIdentity *identity, guint32 run, guint32 number, guint payload_size)
{
  LoadTalker *self = g_new0 (LoadTalker, 1);

  self->identity = identity;
  self->run = run;
  self->number = number;
  self->payload_size = payload_size;
  self->socket = -1;
  ot_ice_credentials_make (&self->credentials);
  return self;
}

void
load_talker_free (LoadTalker *self)
{
  if (self->dtls != NULL) {
    load_dtls_close (self->dtls);
    load_dtls_free (self->dtls);
  }
  g_clear_pointer (&self->srtp, ot_srtp_free);
  if (self->socket >= 0)
    close (self->socket);
  g_free (self);
}

int
load_talker_get_socket (const LoadTalker *self)
{
  return self->socket;
}

void
load_talker_look (const LoadTalker *self, LoadHeard *out)
{
  *out = self->heard;
}

/* ---- the descriptions ---- */

/* Without a candidate: a lite server checks nobody. */
char *
load_talker_write_offer (const LoadTalker *self)
{
  return g_strdup_printf (
      "v=0\r\no=- %u 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF %d\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
      "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=ice-options:trickle\r\na=fingerprint:%s\r\n"
      "a=setup:actpass\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\n"
      "a=rtpmap:%d opus/48000/2\r\na=fmtp:%d minptime=10;useinbandfec=1\r\n"
      "a=ssrc:%u cname:load\r\n",
      self->number + 1, OT_OPUS_PAYLOAD_TYPE, self->credentials.ufrag, self->credentials.pwd,
      load_identity_get_fingerprint (self->identity), OT_OPUS_PAYLOAD_TYPE, OT_OPUS_PAYLOAD_TYPE,
      self->number + 1);
}

static gboolean
find_candidate (const char *sdp, OtAddress *out)
{
  const char *line = strstr (sdp, "a=candidate:");
  char host[64];
  guint port;

  return line != NULL && sscanf (line, "a=candidate:%*s %*u %*3s %*u %63s %u", host, &port) == 2
         && port > 0 && port <= G_MAXUINT16 && ot_address_parse (out, host, (guint16)port);
}

static gboolean
open_socket (LoadTalker *self, GError **error)
{
  const OtAddress *server = &self->server;
  const int on = 1;

  self->socket = socket (server->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (self->socket >= 0
      && setsockopt (self->socket, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0
      && connect (self->socket, &server->any, ot_address_get_size (server)) == 0)
    return TRUE;
  g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START, "no socket: %s", g_strerror (errno));
  return FALSE;
}

gboolean
load_talker_answer (LoadTalker *self, const char *sdp, GError **error)
{
  if (!ot_sdp_read (&self->remote, sdp, FALSE, error))
    return FALSE;
  if (!find_candidate (sdp, &self->server)) {
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_DESCRIPTION, "no candidate in the answer");
    return FALSE;
  }
  if (!open_socket (self, error))
    return FALSE;
  self->heard.state = LOAD_TALKER_CHECKING;
  return TRUE;
}

/* ---- sending ---- */

/* What can't be sent now is lost, as on the wire. */
static void
send_datagram (const guint8 *data, gsize size, gpointer user_data)
{
  LoadTalker *self = user_data;

  if (send (self->socket, data, size, MSG_DONTWAIT) < 0 && errno != EAGAIN && errno != ENOBUFS
      && errno != ECONNREFUSED)
    self->heard.state = LOAD_TALKER_FAILED;
}

static void
send_check (LoadTalker *self, gint64 now_us)
{
  static const guint8 priority[4] = { 0x6e, 0x7f, 0x1e, 0xff };
  g_autofree char *user = g_strdup_printf ("%s:%s", self->remote.ufrag, self->credentials.ufrag);
  guint8 transaction[OT_STUN_TRANSACTION];
  guint8 tie_breaker[8];
  OtStunWriter check;

  for (guint i = 0; i < sizeof transaction; i++)
    transaction[i] = (guint8)g_random_int ();
  memset (tie_breaker, (int)self->number, sizeof tie_breaker);
  ot_stun_begin (&check, OT_STUN_BINDING_REQUEST, transaction);
  ot_stun_put (&check, OT_STUN_USERNAME, user, strlen (user));
  ot_stun_put (&check, OT_STUN_PRIORITY, priority, sizeof priority);
  ot_stun_put (&check, OT_STUN_CONTROLLING, tie_breaker, sizeof tie_breaker);
  ot_stun_put (&check, OT_STUN_USE_CANDIDATE, NULL, 0);
  ot_stun_finish (&check, self->remote.pwd);
  send_datagram (check.data, check.size, self);
  self->next_check_us =
      now_us + (self->heard.state == LOAD_TALKER_CHECKING ? CHECK_AGAIN_US : CONSENT_US);
}

static void
set32 (guint8 *at, guint32 value)
{
  value = g_htonl (value);
  memcpy (at, &value, sizeof value);
}

static guint32
get32 (const guint8 *at)
{
  guint32 value;

  memcpy (&value, at, sizeof value);
  return g_ntohl (value);
}

/* An Opus packet of code 3 (RFC 6716, 3.2.5): one silent frame, then padding, whose end is the
 * stamp. */
static void
write_payload (LoadTalker *self, guint8 *at, gint64 now_us)
{
  guint8 *stamp = at + self->payload_size - STAMP_SIZE;

  memset (at, 0, self->payload_size);
  at[0] = 0xfb;
  at[1] = 0x41;
  at[2] = (guint8)(self->payload_size - 5);
  at[3] = 0xff;
  at[4] = 0xfe;
  set32 (stamp, STAMP_MAGIC);
  set32 (stamp + 4, self->run);
  set32 (stamp + 8, self->number);
  set32 (stamp + 12, self->heard.n_sent);
  set32 (stamp + 16, (guint32)((guint64)now_us >> 32));
  set32 (stamp + 20, (guint32)now_us);
}

static void
send_voice (LoadTalker *self, gint64 now_us, LoadTally *tally)
{
  guint8 packet[RTP_HEADER + LOAD_PAYLOAD_MAX + OT_SRTP_TRAILER] = { 0x80, OT_OPUS_PAYLOAD_TYPE };
  gsize size = RTP_HEADER + self->payload_size;

  packet[2] = (guint8)(self->heard.n_sent >> 8);
  packet[3] = (guint8)self->heard.n_sent;
  set32 (packet + 4, self->heard.n_sent * OPUS_SAMPLES);
  set32 (packet + 8, self->number + 1);
  write_payload (self, packet + RTP_HEADER, now_us);
  if (!ot_srtp_protect (self->srtp, packet, &size)) {
    self->heard.state = LOAD_TALKER_FAILED;
    return;
  }
  send_datagram (packet, size, self);
  if (self->heard.n_sent++ == 0)
    self->heard.first_sent_us = now_us;
  tally->n_sent += tally->is_open ? 1 : 0;
}

/* ---- the handshake ---- */

static void
shake (LoadTalker *self, const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  LoadDtlsState state = load_dtls_feed (self->dtls, data, size);

  if (state == LOAD_DTLS_FAILED)
    self->heard.state = LOAD_TALKER_FAILED;
  if (state != LOAD_DTLS_DONE || self->srtp != NULL)
    return;
  self->srtp = load_dtls_finish (self->dtls, &self->remote.fingerprint, &error);
  self->heard.state = self->srtp != NULL ? LOAD_TALKER_TALKING : LOAD_TALKER_FAILED;
}

static void
begin_shaking (LoadTalker *self, gint64 now_us)
{
  gboolean is_client = strcmp (self->remote.setup, "passive") == 0;

  self->heard.state = LOAD_TALKER_SHAKING;
  self->next_check_us = now_us + CONSENT_US;
  self->dtls = load_dtls_new (self->identity, is_client, send_datagram, self);
  shake (self, NULL, 0);
}

void
load_talker_tick (LoadTalker *self, gint64 now_us, gboolean silent, LoadTally *tally)
{
  if (self->heard.state == LOAD_TALKER_FAILED)
    return;
  if (now_us >= self->next_check_us)
    send_check (self, now_us);
  if (self->heard.state == LOAD_TALKER_SHAKING)
    shake (self, NULL, 0);
  if (self->heard.state == LOAD_TALKER_TALKING && !silent)
    send_voice (self, now_us, tally);
}

/* ---- receiving ---- */

/* Returns: whether it is new. */
static gboolean
mark_seen (LoadTalker *self, guint32 number)
{
  gint64 ahead = (gint64)number - self->newest_heard;

  if (self->heard.n_heard == 0) {
    self->heard.first_heard = self->newest_heard = number;
    self->seen = 1;
    return TRUE;
  }
  if (ahead > 0) {
    self->seen = ahead < SEEN_BITS ? self->seen << ahead | 1 : 1;
    self->newest_heard = number;
    return TRUE;
  }
  if (number < self->heard.first_heard || -ahead >= SEEN_BITS || (self->seen >> -ahead & 1) != 0)
    return FALSE;
  self->seen |= G_GUINT64_CONSTANT (1) << -ahead;
  return TRUE;
}

static void
hear (LoadTalker *self, guint8 *packet, gsize size, gint64 arrival_us, LoadTally *tally)
{
  const guint8 *stamp;
  gint64 sent_us;

  if (!ot_srtp_unprotect (self->srtp, packet, &size) || size < RTP_HEADER + STAMP_SIZE)
    return;
  stamp = packet + size - STAMP_SIZE;
  if (get32 (stamp) != STAMP_MAGIC || get32 (stamp + 4) != self->run
      || get32 (stamp + 8) != (self->number ^ 1)) {
    self->heard.n_strange++;
    return;
  }
  if (!mark_seen (self, get32 (stamp + 12))) {
    self->heard.n_duplicates++;
    return;
  }
  if (self->heard.n_heard++ == 0)
    self->heard.first_heard_us = arrival_us;
  if (!tally->is_open)
    return;
  sent_us = (gint64)((guint64)get32 (stamp + 16) << 32 | get32 (stamp + 20));
  tally->n_heard++;
  load_histogram_add (&tally->latency_us, arrival_us - sent_us);
}

/* A server that isn't lite checks us too, and wants to hear (RFC 8445, 7.3). */
static void
answer_check (LoadTalker *self, const OtStun *check)
{
  OtStunWriter answer;

  if (!ot_stun_is_authentic (check, self->credentials.pwd))
    return;
  ot_stun_begin (&answer, OT_STUN_BINDING_SUCCESS, check->transaction);
  ot_stun_put_mapped (&answer, &self->server);
  ot_stun_finish (&answer, self->credentials.pwd);
  send_datagram (answer.data, answer.size, self);
}

static void
take_stun (LoadTalker *self, const guint8 *data, gsize size, gint64 now_us)
{
  OtStun message;

  if (!ot_stun_read (&message, data, size))
    return;
  if (message.type == OT_STUN_BINDING_REQUEST)
    answer_check (self, &message);
  else if (message.type == OT_STUN_BINDING_SUCCESS
           && ot_stun_is_authentic (&message, self->remote.pwd)
           && self->heard.state == LOAD_TALKER_CHECKING)
    begin_shaking (self, now_us);
}

static void
take_datagram (LoadTalker *self,
               guint8 *data,
               gsize size,
               gint64 arrival_us,
               const LoadNow *now,
               LoadTally *tally)
{
  if (size < RTP_HEADER)
    return;
  if (data[0] < 4)
    take_stun (self, data, size, now->mono_us);
  else if (data[0] >= 20 && data[0] < 64 && self->dtls != NULL)
    shake (self, data, size);
  else if (data[0] >= 128 && data[0] < 192 && self->srtp != NULL
           && (data[1] < 192 || data[1] > 223))
    hear (self, data, size, arrival_us, tally);
}

static gint64
arrival_of (struct msghdr *message, const LoadNow *now)
{
  struct timespec stamp;

  for (struct cmsghdr *control = CMSG_FIRSTHDR (message); control != NULL;
       control = CMSG_NXTHDR (message, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS)
      continue;
    memcpy (&stamp, CMSG_DATA (control), sizeof stamp);
    return (gint64)stamp.tv_sec * G_USEC_PER_SEC + stamp.tv_nsec / 1000 - now->wall_us
           + now->mono_us;
  }
  return now->mono_us;
}

void
load_talker_receive (LoadTalker *self, LoadInbox *inbox, const LoadNow *now, LoadTally *tally)
{
  int n;

  for (guint i = 0; i < LOAD_INBOX_SLOTS; i++) {
    inbox->vectors[i] = (struct iovec){ inbox->data[i], LOAD_DATAGRAM_MAX };
    inbox->messages[i].msg_hdr = (struct msghdr){ .msg_iov = &inbox->vectors[i],
                                                  .msg_iovlen = 1,
                                                  .msg_control = inbox->control[i],
                                                  .msg_controllen = sizeof inbox->control[i] };
  }
  n = recvmmsg (self->socket, inbox->messages, LOAD_INBOX_SLOTS, MSG_DONTWAIT, NULL);
  for (int i = 0; i < n; i++)
    take_datagram (self, inbox->data[i], inbox->messages[i].msg_len,
                   arrival_of (&inbox->messages[i].msg_hdr, now), now, tally);
}
