/* The media server against real peers over real sockets, in one process: descriptions both ways
 * round, ICE, DTLS, SRTP, and every event of the port. */

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "clock.h"
#include "media-log.h"
#include "media-server.h"
#include "peer.h"

#define CALL "call-1"
#define PATIENCE_S 10

static const char *graphs; /* a folder of this run */

/* One call and its two peers; what the server told, in order. */
typedef struct {
  OtMediaServer *server;
  OtMediaPort port;
  Peer *peers[OT_N_SIDES];
  GPtrArray *events; /* of Seen */
} Fixture;

typedef struct {
  OtMediaEventType type;
  OtSide side;
  gint64 at_us;
  char *text; /* sdp, candidate or message */
  char *mid;
  OtRtpEvidence evidence[OT_N_SIDES];
} Seen;

static void
seen_free (gpointer data)
{
  Seen *self = data;

  g_free (self->text);
  g_free (self->mid);
  g_free (self);
}

static void
on_event (const OtMediaEvent *event, gpointer user_data)
{
  Fixture *f = user_data;
  Seen *seen = g_new0 (Seen, 1);
  const char *text = event->sdp != NULL ? event->sdp : event->message;

  g_assert_cmpstr (event->call_id, ==, CALL);
  seen->type = event->type;
  seen->side = event->side;
  seen->at_us = event->at_us;
  seen->text = g_strdup (event->type == OT_MEDIA_CANDIDATE ? event->candidate.candidate : text);
  seen->mid = g_strdup (event->candidate.sdp_mid);
  memcpy (seen->evidence, event->evidence, sizeof seen->evidence);
  g_ptr_array_add (f->events, seen);
}

static gboolean
on_out_of_patience (gpointer user_data)
{
  g_error ("nothing came within %d s: %s", PATIENCE_S, (const char *)user_data);
  return G_SOURCE_REMOVE;
}

/* Runs the loop until @condition holds; an event or a datagram wakes it, the deadline ends the
 * test. */
#define wait_for(condition)                                                                        \
  G_STMT_START                                                                                     \
  {                                                                                                \
    guint deadline =                                                                               \
        g_timeout_add_seconds (PATIENCE_S, on_out_of_patience, (gpointer) #condition);             \
    while (!(condition))                                                                           \
      g_main_context_iteration (NULL, TRUE);                                                       \
    g_source_remove (deadline);                                                                    \
  }                                                                                                \
  G_STMT_END

static guint
count_events (Fixture *f, OtMediaEventType type)
{
  guint n = 0;

  for (guint i = 0; i < f->events->len; i++)
    n += ((Seen *)g_ptr_array_index (f->events, i))->type == type;
  return n;
}

/* The last event of a kind; waits for the @nth. */
static Seen *
wait_for_event (Fixture *f, OtMediaEventType type, guint nth)
{
  wait_for (count_events (f, type) >= nth);
  for (guint i = f->events->len; i > 0; i--) {
    Seen *seen = g_ptr_array_index (f->events, i - 1);

    if (seen->type == type)
      return seen;
  }
  g_assert_not_reached ();
}

static void
set_up_at (Fixture *f, const char *host)
{
  const OtMediaOptions options = { .address = host };
  g_autoptr (GError) error = NULL;

  f->events = g_ptr_array_new_with_free_func (seen_free);
  f->server = ot_media_server_new (&options, on_event, f, &error);
  g_assert_no_error (error);
  f->port = ot_media_server_port (f->server);
  for (guint side = 0; side < OT_N_SIDES; side++)
    f->peers[side] = peer_new (host);
  f->port.open (f->port.self, CALL);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  set_up_at (f, "127.0.0.1");
}

static void
set_up_v6 (Fixture *f, gconstpointer data)
{
  set_up_at (f, "::1");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  if (f->server != NULL)
    ot_media_server_free (f->server);
  for (guint side = 0; side < OT_N_SIDES; side++)
    peer_free (f->peers[side]);
  g_ptr_array_unref (f->events);
}

/* ---- steps ---- */

static void
offer (Fixture *f, OtSide side, Peer *peer, const char *setup)
{
  g_autofree char *sdp = peer_write_description (peer, setup);
  guint n = count_events (f, OT_MEDIA_ANSWER);

  f->port.offer (f->port.self, CALL, side, sdp);
  g_assert_cmpuint (count_events (f, OT_MEDIA_ANSWER), ==, n); /* never from inside a request */
  peer_read_description (peer, wait_for_event (f, OT_MEDIA_ANSWER, n + 1)->text);
}

static void
be_offered (Fixture *f, OtSide side, Peer *peer, const char *setup)
{
  guint n = count_events (f, OT_MEDIA_OFFER);
  g_autofree char *answer = NULL;

  f->port.make_offer (f->port.self, CALL, side);
  peer_read_description (peer, wait_for_event (f, OT_MEDIA_OFFER, n + 1)->text);
  peer->is_dtls_client = strcmp (setup, "active") == 0;
  if (peer->is_dtls_client)
    SSL_set_connect_state (peer->tls);
  else
    SSL_set_accept_state (peer->tls);
  answer = peer_write_description (peer, setup);
  f->port.answer (f->port.self, CALL, side, answer);
}

static void
connect_peer (Fixture *f, Peer *peer)
{
  guint n = count_events (f, OT_MEDIA_LEG_UP);

  peer_check (peer, TRUE);
  wait_for (peer_is_connected (peer));
  wait_for_event (f, OT_MEDIA_LEG_UP, n + 1);
}

static void
connect_both (Fixture *f)
{
  for (guint side = 0; side < OT_N_SIDES; side++) {
    offer (f, side, f->peers[side], "actpass");
    connect_peer (f, f->peers[side]);
  }
}

static const guint8 *
rtp_at (Peer *peer, guint index, gsize *size)
{
  return g_bytes_get_data (g_ptr_array_index (peer->rtp, index), size);
}

static guint32
get32 (const guint8 *at)
{
  guint32 value;

  memcpy (&value, at, sizeof value);
  return g_ntohl (value);
}

static guint16
get16 (const guint8 *at)
{
  return (guint16)(at[0] << 8 | at[1]);
}

/* One packet from one peer to the other, and what of it arrived. */
static const guint8 *
say (Fixture *f, Peer *from, Peer *to)
{
  guint n = to->rtp->len;
  gsize size;

  peer_send_rtp (from);
  wait_for (to->rtp->len > n);
  return rtp_at (to, n, &size);
}

/* Something that the server handles after all that was sent before it on the same socket. */
static void
wait_until_handled (Peer *peer)
{
  guint n = peer->n_checks_answered;

  peer_check (peer, FALSE);
  wait_for (peer->n_checks_answered > n);
}

/* ---- tests ---- */

static void
test_both_offer (Fixture *f, gconstpointer data)
{
  Peer *user = f->peers[OT_SIDE_CALLER];
  Peer *otomo = f->peers[OT_SIDE_CALLEE];
  guint32 ssrc = user->ssrc;
  guint16 sequence = user->sequence;
  OtRtpEvidence evidence[OT_N_SIDES];
  const guint8 *packet;
  Seen *first;
  Seen *candidate;

  otomo->payload_type = 96;
  connect_both (f);
  candidate = wait_for_event (f, OT_MEDIA_CANDIDATE, 2);
  g_assert_true (g_str_has_prefix (candidate->text, "candidate:1 1 udp "));
  g_assert_cmpstr (candidate->mid, ==, "voice");

  packet = say (f, user, otomo);
  g_assert_cmpuint (packet[1] & 0x7f, ==, 96);
  g_assert_cmpuint (get16 (packet + 2), ==, sequence);
  g_assert_cmpuint (get32 (packet + 8), ==, ssrc);
  packet = say (f, otomo, user);
  g_assert_cmpuint (packet[1] & 0x7f, ==, 111);

  first = wait_for_event (f, OT_MEDIA_FIRST_RTP, 1);
  g_assert_cmpint (first->side, ==, OT_SIDE_CALLER);
  g_assert_cmpuint (first->evidence[OT_SIDE_CALLER].ssrc, ==, ssrc);
  g_assert_cmpuint (first->evidence[OT_SIDE_CALLER].first_sequence, ==, sequence);
  g_assert_cmpint (first->evidence[OT_SIDE_CALLER].first_us, ==, first->at_us);

  g_assert_true (f->port.read_rtp (f->port.self, CALL, evidence));
  g_assert_cmpuint (evidence[OT_SIDE_CALLER].packet_count, ==, 1);
  g_assert_cmpuint (evidence[OT_SIDE_CALLEE].packet_count, ==, 1);
  g_assert_false (f->port.read_rtp (f->port.self, "another", evidence));
  f->port.close (f->port.self, CALL);
  g_assert_false (f->port.read_rtp (f->port.self, CALL, evidence));
}

/* @data: the client's role. */
static void
test_server_offers (Fixture *f, gconstpointer data)
{
  Peer *user = f->peers[OT_SIDE_CALLER];
  Peer *otomo = f->peers[OT_SIDE_CALLEE];

  offer (f, OT_SIDE_CALLER, user, "actpass");
  connect_peer (f, user);
  be_offered (f, OT_SIDE_CALLEE, otomo, data);
  connect_peer (f, otomo);
  say (f, otomo, user);
  say (f, user, otomo);
  g_assert_cmpint (wait_for_event (f, OT_MEDIA_FIRST_RTP, 1)->side, ==, OT_SIDE_CALLEE);
}

/* The client's own checks and ClientHello may be there before its answer. */
static void
test_early_client (Fixture *f, gconstpointer data)
{
  Peer *otomo = f->peers[OT_SIDE_CALLEE];
  g_autofree char *answer = NULL;

  f->port.make_offer (f->port.self, CALL, OT_SIDE_CALLEE);
  peer_read_description (otomo, wait_for_event (f, OT_MEDIA_OFFER, 1)->text);
  peer_check (otomo, TRUE);
  wait_for (otomo->n_checks_answered == 1); /* its ClientHello is out now */
  wait_until_handled (otomo);
  answer = peer_write_description (otomo, "active");
  f->port.answer (f->port.self, CALL, OT_SIDE_CALLEE, answer);
  wait_for_event (f, OT_MEDIA_LEG_UP, 1);
}

static void
test_crossing_offers (Fixture *f, gconstpointer data)
{
  Peer *user = f->peers[OT_SIDE_CALLER];
  Peer *otomo = f->peers[OT_SIDE_CALLEE];
  g_autofree char *answer = NULL;
  Seen *seen;

  offer (f, OT_SIDE_CALLER, user, "actpass");
  connect_peer (f, user);
  f->port.make_offer (f->port.self, CALL, OT_SIDE_CALLEE);
  wait_for_event (f, OT_MEDIA_OFFER, 1);
  offer (f, OT_SIDE_CALLEE, otomo, "actpass");
  connect_peer (f, otomo);
  say (f, otomo, user);

  answer = peer_write_description (otomo, "active");
  f->port.answer (f->port.self, CALL, OT_SIDE_CALLEE, answer);
  seen = wait_for_event (f, OT_MEDIA_REFUSED, 1);
  g_assert_cmpint (seen->side, ==, OT_SIDE_CALLEE);
  say (f, user, otomo);
}

/* One leg up, its RTP, its RTCP, STUN of both, forged RTP of both: no first RTP. Then the second
 * leg is up: still none, until a packet comes. The evidence tells of the packets before. */
static void
test_what_starts_nothing (Fixture *f, gconstpointer data)
{
  Peer *user = f->peers[OT_SIDE_CALLER];
  Peer *otomo = f->peers[OT_SIDE_CALLEE];
  guint8 forged[92] = { 0x80, 111, 0, 1 };
  OtRtpEvidence evidence[OT_N_SIDES];
  Seen *first;

  offer (f, OT_SIDE_CALLER, user, "actpass");
  connect_peer (f, user);
  offer (f, OT_SIDE_CALLEE, otomo, "actpass");
  peer_check (otomo, FALSE);
  for (guint i = 0; i < 20; i++) {
    peer_send_rtp (user);
    peer_send_rtcp (user, 0, 0);
    peer_send_raw (user, forged, sizeof forged);
    peer_send_raw (otomo, forged, sizeof forged);
  }
  wait_until_handled (user);
  g_assert_true (f->port.read_rtp (f->port.self, CALL, evidence));
  g_assert_cmpuint (evidence[OT_SIDE_CALLER].packet_count, ==, 20);
  g_assert_cmpuint (evidence[OT_SIDE_CALLEE].packet_count, ==, 0);

  connect_peer (f, otomo);
  for (guint i = 0; i < 20; i++) {
    peer_send_rtcp (user, 0, 0);
    peer_send_rtcp (otomo, 0, 0);
    peer_send_raw (user, forged, sizeof forged);
    peer_send_raw (otomo, forged, sizeof forged);
  }
  wait_for (user->rtcp->len >= 20 && otomo->rtcp->len >= 20);
  g_assert_cmpuint (count_events (f, OT_MEDIA_FIRST_RTP), ==, 0);
  g_assert_cmpuint (otomo->rtp->len, ==, 0);

  peer_send_rtp (otomo);
  first = wait_for_event (f, OT_MEDIA_FIRST_RTP, 1);
  g_assert_cmpint (first->side, ==, OT_SIDE_CALLEE);
  g_assert_cmpuint (first->evidence[OT_SIDE_CALLER].packet_count, ==, 20);
  g_assert_cmpuint (first->evidence[OT_SIDE_CALLEE].packet_count, ==, 1);
}

static void
test_wrong_fingerprint (Fixture *f, gconstpointer data)
{
  Peer *user = f->peers[OT_SIDE_CALLER];
  Peer *otomo = f->peers[OT_SIDE_CALLEE];
  Seen *seen;

  user->claimed_fingerprint = otomo->certificate->fingerprint;
  offer (f, OT_SIDE_CALLER, user, "actpass");
  peer_check (user, TRUE);
  seen = wait_for_event (f, OT_MEDIA_LEG_DOWN, 1);
  g_assert_nonnull (strstr (seen->text, "a=fingerprint"));
  offer (f, OT_SIDE_CALLEE, otomo, "actpass");
  connect_peer (f, otomo);
  g_assert_cmpuint (count_events (f, OT_MEDIA_LEG_UP), ==, 1);
}

static void
test_refused_descriptions (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *line; /* taken out of a good description */
    const char *named;
  } cases[] = {
    { "a=mid:voice\r\n", "a=mid" },
    { "a=rtcp-mux\r\n", "rtcp-mux" },
    { "a=setup:actpass\r\n", "a=setup" },
    { "a=rtpmap:111 opus/48000/2\r\n", "opus" },
    { "v=0\r\n", "v=0" },
  };
  g_autofree char *good = peer_write_description (f->peers[0], "actpass");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GStrv) halves = g_strsplit (good, cases[i].line, 2);
    g_autofree char *bad = g_strconcat (halves[0], halves[1], NULL);
    Seen *seen;

    f->port.offer (f->port.self, CALL, OT_SIDE_CALLER, bad);
    seen = wait_for_event (f, OT_MEDIA_REFUSED, i + 1);
    g_assert_cmpint (seen->side, ==, OT_SIDE_CALLER);
    g_assert_nonnull (strstr (seen->text, cases[i].named));
  }
  connect_both (f); /* it was no harm */
}

static void
test_candidates (Fixture *f, gconstpointer data)
{
  const OtCandidate good = { "candidate:1 1 udp 2122260223 192.0.2.1 54321 typ host", "voice", 0 };
  const OtCandidate end = { NULL, NULL, -1 };
  const OtCandidate bad = { "candidate:", NULL, -1 };

  f->port.candidate (f->port.self, CALL, OT_SIDE_CALLER, &good);
  f->port.candidate (f->port.self, CALL, OT_SIDE_CALLER, &end);
  f->port.candidate (f->port.self, CALL, OT_SIDE_CALLER, &bad);
  wait_for_event (f, OT_MEDIA_REFUSED, 1);
  connect_both (f);
  g_assert_cmpuint (count_events (f, OT_MEDIA_REFUSED), ==, 1);
}

/* The new leg is set up beside the old one, which is heard until the new one is up. For the
 * listener it stays one voice. */
static void
test_replaced_leg (Fixture *f, gconstpointer data)
{
  Peer *user = f->peers[OT_SIDE_CALLER];
  Peer *otomo = f->peers[OT_SIDE_CALLEE];
  Peer *again = peer_new ("127.0.0.1");
  const guint8 *packet;
  const guint8 *report;
  guint32 ssrc = user->ssrc;
  guint16 sequence;
  guint32 timestamp;
  gsize size;

  connect_both (f);
  say (f, user, otomo);
  say (f, otomo, user);
  again->payload_type = 109;
  offer (f, OT_SIDE_CALLER, again, "actpass");
  packet = say (f, user, otomo);
  sequence = get16 (packet + 2);
  timestamp = get32 (packet + 4);
  connect_peer (f, again);

  packet = say (f, again, otomo);
  g_assert_cmpuint (packet[1] & 0x7f, ==, 111);
  g_assert_cmpuint (get32 (packet + 8), ==, ssrc);
  g_assert_cmpuint (get16 (packet + 2), ==, (guint16)(sequence + 1));
  g_assert_cmpuint (get32 (packet + 4) - timestamp, <, 48000u * PATIENCE_S);
  packet = say (f, again, otomo);
  g_assert_cmpuint (get16 (packet + 2), ==, (guint16)(sequence + 2));
  packet = say (f, otomo, again);
  g_assert_cmpuint (packet[1] & 0x7f, ==, 109);

  /* What the listener reports about the one voice is for the one who speaks now. */
  peer_send_rtcp (otomo, ssrc, 0x10000u | (guint16)(sequence + 2));
  wait_for (again->rtcp->len == 1);
  report = g_bytes_get_data (g_ptr_array_index (again->rtcp, 0), &size);
  g_assert_cmpuint (size, ==, 52);
  g_assert_cmpuint (get32 (report + 28), ==, again->ssrc);
  g_assert_cmpuint (get16 (report + 38), ==, (guint16)(again->sequence - 1));
  peer_send_rtcp (again, 0, 0);
  wait_for (otomo->rtcp->len == 1);
  report = g_bytes_get_data (g_ptr_array_index (otomo->rtcp, 0), &size);
  g_assert_cmpuint (get32 (report + 4), ==, ssrc);

  g_assert_cmpuint (count_events (f, OT_MEDIA_FIRST_RTP), ==, 1);
  peer_free (again);
}

static void
test_roaming (Fixture *f, gconstpointer data)
{
  Peer *user = f->peers[OT_SIDE_CALLER];
  Peer *otomo = f->peers[OT_SIDE_CALLEE];
  guint n;

  connect_both (f);
  say (f, user, otomo);
  peer_move (user);
  peer_check_forged (user); /* moves nothing, is not answered */
  peer_check_controlled (user);
  wait_for (user->last_stun_error == 487);
  g_assert_cmpuint (user->n_checks_answered, ==, 1);
  n = user->rtp->len;
  peer_send_rtp (otomo); /* still to the old place, which is closed */
  wait_until_handled (otomo);
  g_assert_cmpuint (user->rtp->len, ==, n);

  peer_check (user, TRUE);
  wait_for (user->n_checks_answered == 2);
  say (f, user, otomo);
  say (f, otomo, user);
}

static void
test_header_extension (Fixture *f, gconstpointer data)
{
  Peer *user = f->peers[OT_SIDE_CALLER];
  Peer *otomo = f->peers[OT_SIDE_CALLEE];
  guint8 packet[12 + 8 + 4] = { 0x90, 0x80 | 111, 0, 7, 0,    0,    0, 1, 0,   0,   0,   9,
                                0xbe, 0xde,       0, 1, 0x10, 0xff, 0, 0, 'o', 'p', 'u', 's' };
  const guint8 *got;
  gsize size;

  connect_both (f);
  peer_send_packet (user, packet, sizeof packet);
  wait_for (otomo->rtp->len == 1);
  got = rtp_at (otomo, 0, &size);
  g_assert_cmpuint (size, ==, 12 + 4);
  g_assert_cmpuint (got[0], ==, 0x80);
  g_assert_cmpuint (got[1], ==, 0x80 | 111);
  g_assert_cmpmem (got + 12, 4, "opus", 4);

  packet[1] = 0; /* PCMU was not agreed on */
  packet[3] = 8;
  peer_send_packet (user, packet, sizeof packet);
  say (f, user, otomo);
  g_assert_cmpuint (otomo->rtp->len, ==, 2);
}

static void
test_client_closes (Fixture *f, gconstpointer data)
{
  connect_both (f);
  peer_close_dtls (f->peers[OT_SIDE_CALLEE]);
  g_assert_cmpint (wait_for_event (f, OT_MEDIA_LEG_DOWN, 1)->side, ==, OT_SIDE_CALLEE);
}

/* Every stage of a call may be its end; nothing is told afterwards. */
static void
test_close_at_any_time (Fixture *f, gconstpointer data)
{
  for (guint stage = 0; stage < 6; stage++) {
    Peer *user = peer_new ("127.0.0.1");
    g_autofree char *sdp = peer_write_description (user, "actpass");
    guint n;

    f->port.open (f->port.self, CALL);
    if (stage >= 1)
      f->port.make_offer (f->port.self, CALL, OT_SIDE_CALLEE);
    if (stage >= 2)
      f->port.offer (f->port.self, CALL, OT_SIDE_CALLER, sdp);
    if (stage >= 3)
      peer_read_description (user, wait_for_event (f, OT_MEDIA_ANSWER, stage - 2)->text);
    if (stage >= 4)
      peer_check (user, TRUE);
    if (stage >= 5)
      wait_for_event (f, OT_MEDIA_LEG_UP, 1);
    f->port.close (f->port.self, CALL);
    n = f->events->len;
    while (g_main_context_iteration (NULL, FALSE))
      ;
    g_assert_cmpuint (f->events->len, ==, n);
    peer_free (user);
  }
}

static void
test_ipv6 (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (f->peers[OT_SIDE_CALLER]->address.any.sa_family, ==, AF_INET6);
  connect_both (f);
  say (f, f->peers[OT_SIDE_CALLER], f->peers[OT_SIDE_CALLEE]);
  say (f, f->peers[OT_SIDE_CALLEE], f->peers[OT_SIDE_CALLER]);
  wait_for_event (f, OT_MEDIA_FIRST_RTP, 1);
}

/* Anything at all, from addresses that are known and such that aren't, before, during and after the
 * handshake. First bytes of every kind, lengths of every kind. */
static void
make_noise (Peer *peer, guint n_datagrams)
{
  static const guint8 kinds[] = { 0, 1, 20, 22, 23, 63, 64, 128, 144, 191, 255 };

  for (guint i = 0; i < n_datagrams; i++) {
    guint8 data[1700];
    gsize size = 1 + (gsize)g_test_rand_int_range (0, i % 8 == 0 ? sizeof data : 80);

    for (gsize at = 0; at < size; at++)
      data[at] = (guint8)g_test_rand_int ();
    data[0] = kinds[i % G_N_ELEMENTS (kinds)];
    if (i % 3 == 0 && size > 1)
      data[1] = (guint8)(192 + i % 32);
    peer_send_raw (peer, data, size);
    if (i % 32 == 0)
      wait_until_handled (peer);
  }
}

static void
test_noise (Fixture *f, gconstpointer data)
{
  Peer *user = f->peers[OT_SIDE_CALLER];
  Peer *otomo = f->peers[OT_SIDE_CALLEE];

  offer (f, OT_SIDE_CALLER, user, "actpass");
  make_noise (user, 500);
  connect_peer (f, user);
  make_noise (user, 500);
  be_offered (f, OT_SIDE_CALLEE, otomo, "active");
  make_noise (otomo, 500);
  g_assert_cmpuint (count_events (f, OT_MEDIA_FIRST_RTP), ==, 0);
  connect_peer (f, otomo);
  make_noise (otomo, 500);
  g_assert_cmpuint (count_events (f, OT_MEDIA_FIRST_RTP), ==, 0);
  say (f, user, otomo);
  say (f, otomo, user);
  g_assert_cmpuint (otomo->rtp->len + user->rtp->len, ==, 2);
}

/* More requests than the call's lane holds: the rest is refused, and the call goes on. */
static void
test_too_many_requests (Fixture *f, gconstpointer data)
{
  const OtCandidate good = { "candidate:1 1 udp 1 192.0.2.1 9 typ host", NULL, -1 };
  g_autofree char *sdp = peer_write_description (f->peers[OT_SIDE_CALLER], "actpass");

  f->port.offer (f->port.self, CALL, OT_SIDE_CALLER, sdp);
  for (guint i = 0; i < 1000; i++)
    f->port.candidate (f->port.self, CALL, OT_SIDE_CALLER, &good);
  wait_for_event (f, OT_MEDIA_REFUSED, 1);
  peer_read_description (f->peers[OT_SIDE_CALLER], wait_for_event (f, OT_MEDIA_ANSWER, 1)->text);
  connect_peer (f, f->peers[OT_SIDE_CALLER]);
}

/* Of calls that are over GStreamer has nothing left: no webrtcbin, no leg, no transport. The
 * process runs with GStreamer's own tracer of live objects. (A DTLS connection lives on until its
 * timer fires.) */
static void
test_leaves_nothing (Fixture *f, gconstpointer data)
{
  static const char *const ours[] = { "Ot", "GstWebRTC", "Transport" };
  GList *tracers = gst_tracing_get_active_tracers ();
  const GstStructure *live = NULL;
  const GValue *list;

  g_assert_nonnull (tracers);
  connect_both (f);
  say (f, f->peers[OT_SIDE_CALLER], f->peers[OT_SIDE_CALLEE]);
  ot_media_server_free (g_steal_pointer (&f->server));
  g_signal_emit_by_name (tracers->data, "get-live-objects", &live);
  list = gst_structure_get_value (live, "live-objects-list");
  for (guint i = 0; i < gst_value_list_get_size (list); i++) {
    const GstStructure *object = gst_value_get_structure (gst_value_list_get_value (list, i));
    const GValue *value = gst_structure_get_value (object, "object");
    const char *type = G_VALUE_TYPE_NAME (value);

    for (guint k = 0; k < G_N_ELEMENTS (ours); k++)
      if (g_str_has_prefix (type, ours[k]))
        g_error ("a %s is left", type);
  }
  /* The list is not freed: that would take references that it does not hold (GStreamer 1.22). */
  g_list_free_full (tracers, gst_object_unref);
}

/* GST_DEBUG_DUMP_DOT_DIR: each call's graph, found by the call's id. */
static void
test_graphs (Fixture *f, gconstpointer data)
{
  static const char *const occasions[] = { "user", "otomo", "first-rtp" };

  connect_both (f);
  say (f, f->peers[OT_SIDE_CALLER], f->peers[OT_SIDE_CALLEE]);
  wait_for_event (f, OT_MEDIA_FIRST_RTP, 1);
  ot_media_server_free (g_steal_pointer (&f->server)); /* waits for the workers, who draw */
  for (guint i = 0; i < G_N_ELEMENTS (occasions); i++) {
    g_autofree char *name = g_strdup_printf ("otomo-" CALL "-%s.dot", occasions[i]);
    g_autofree char *path = g_build_filename (graphs, name, NULL);
    g_autofree char *graph = NULL;

    g_assert_true (g_file_get_contents (path, &graph, NULL, NULL));
    g_assert_nonnull (strstr (graph, "OtLeg"));
    g_assert_nonnull (strstr (graph, "GstDtlsSrtpDec"));
  }
}

static void
test_bad_start (void)
{
  static const struct {
    OtMediaOptions options;
    const char *named;
  } cases[] = {
    { { .address = "example.org" }, "media.address" },
    { { .bind_address = "192.0.2.1" }, "192.0.2.1" },
    { { .pipelines_dir = "/nonexistent" }, "/nonexistent/call.launch" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (ot_media_server_new (&cases[i].options, on_event, NULL, &error));
    g_assert_nonnull (error);
    g_assert_nonnull (strstr (error->message, cases[i].named));
    g_assert_null (strchr (error->message, '\n'));
  }
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer), gconstpointer data)
{
  g_test_add (path, Fixture, data, set_up, test, tear_down);
}

static void
remove_graphs (void)
{
  g_autoptr (GDir) dir = g_dir_open (graphs, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (graphs, name, NULL);

    g_unlink (path);
  }
  g_rmdir (graphs);
}

int
main (int argc, char **argv)
{
  g_autofree char *folder = g_dir_make_tmp ("otomo-graphs-XXXXXX", NULL);
  int status;

  graphs = folder;
  g_setenv ("GST_DEBUG_DUMP_DOT_DIR", graphs, TRUE);
  g_setenv ("GST_TRACERS", "leaks", TRUE);
  g_test_init (&argc, &argv, NULL);
  ot_media_install_log ();
  add ("/media/both-offer", test_both_offer, NULL);
  add ("/media/server-offers/active", test_server_offers, "active");
  add ("/media/server-offers/passive", test_server_offers, "passive");
  add ("/media/early-client", test_early_client, NULL);
  add ("/media/crossing-offers", test_crossing_offers, NULL);
  add ("/media/what-starts-nothing", test_what_starts_nothing, NULL);
  add ("/media/wrong-fingerprint", test_wrong_fingerprint, NULL);
  add ("/media/refused-descriptions", test_refused_descriptions, NULL);
  add ("/media/candidates", test_candidates, NULL);
  add ("/media/replaced-leg", test_replaced_leg, NULL);
  add ("/media/roaming", test_roaming, NULL);
  add ("/media/header-extension", test_header_extension, NULL);
  add ("/media/client-closes", test_client_closes, NULL);
  add ("/media/close-at-any-time", test_close_at_any_time, NULL);
  g_test_add ("/media/ipv6", Fixture, NULL, set_up_v6, test_ipv6, tear_down);
  add ("/media/noise", test_noise, NULL);
  add ("/media/too-many-requests", test_too_many_requests, NULL);
  add ("/media/leaves-nothing", test_leaves_nothing, NULL);
  add ("/media/graphs", test_graphs, NULL);
  g_test_add_func ("/media/bad-start", test_bad_start);
  status = g_test_run ();
  remove_graphs ();
  return status;
}
