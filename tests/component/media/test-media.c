/* The media server against real peers over real sockets, in one process: descriptions both ways
 * round, ICE, DTLS, SRTP, what proves a call, and a leg that is replaced. */

#include <string.h>

#include "fixture.h"
#include "media-log.h"

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

  packet = say (user, otomo);
  g_assert_cmpuint (packet[1] & 0x7f, ==, 96);
  g_assert_cmpuint (get16 (packet + 2), ==, sequence);
  g_assert_cmpuint (get32 (packet + 8), ==, ssrc);
  packet = say (otomo, user);
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
  say (otomo, user);
  say (user, otomo);
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
  f->port.answer (f->port.self, CALL, OT_SIDE_CALLEE, answer, &no_cause);
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
  say (otomo, user);

  answer = peer_write_description (otomo, "active");
  f->port.answer (f->port.self, CALL, OT_SIDE_CALLEE, answer, &no_cause);
  seen = wait_for_event (f, OT_MEDIA_REFUSED, 1);
  g_assert_cmpint (seen->side, ==, OT_SIDE_CALLEE);
  say (user, otomo);
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

static int
compare_instants (gconstpointer a, gconstpointer b)
{
  gint64 difference = *(const gint64 *)a - *(const gint64 *)b;

  return difference < 0 ? -1 : difference > 0;
}

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define CLOCKS_AGREE_US 20000 /* everything takes some ten times as long */
#else
#define CLOCKS_AGREE_US 2000
#endif

/* The bill begins at the instant that the media thread took the packet in, by whatever side and
 * however long the pad probe took to see it; that takes less than 2 ms in most calls. (In most: one
 * call may have been there when the machine was busy elsewhere.) */
static void
test_clocks_agree (Fixture *f, gconstpointer data)
{
  enum { CALLS = 31 };
  gint64 behind_us[CALLS];

  for (guint i = 0; i < CALLS; i++) {
    Seen *first;

    if (i > 0) {
      for (guint side = 0; side < OT_N_SIDES; side++) {
        peer_free (f->peers[side]);
        f->peers[side] = peer_new ("127.0.0.1");
      }
      f->port.open (f->port.self, CALL);
    }
    connect_both (f);
    peer_send_rtp (f->peers[i % OT_N_SIDES]);
    first = wait_for_event (f, OT_MEDIA_FIRST_RTP, i + 1);
    g_assert_cmpint (first->side, ==, i % OT_N_SIDES);
    g_assert_cmpint (first->at_us, ==, first->evidence[first->side].first_us);
    behind_us[i] = first->probed_us - first->at_us;
    g_assert_cmpint (behind_us[i], >=, 0);
    f->port.close (f->port.self, CALL);
  }
  qsort (behind_us, CALLS, sizeof *behind_us, compare_instants);
  g_test_message ("the probe is behind by %" G_GINT64_FORMAT " µs, %" G_GINT64_FORMAT " at most",
                  behind_us[CALLS / 2], behind_us[CALLS - 1]);
  g_assert_cmpint (behind_us[CALLS / 2], <, CLOCKS_AGREE_US);
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
  say (user, otomo);
  say (otomo, user);
  again->payload_type = 109;
  offer (f, OT_SIDE_CALLER, again, "actpass");
  packet = say (user, otomo);
  sequence = get16 (packet + 2);
  timestamp = get32 (packet + 4);
  connect_peer (f, again);

  packet = say (again, otomo);
  g_assert_cmpuint (packet[1] & 0x7f, ==, 111);
  g_assert_cmpuint (get32 (packet + 8), ==, ssrc);
  g_assert_cmpuint (get16 (packet + 2), ==, (guint16)(sequence + 1));
  g_assert_cmpuint (get32 (packet + 4) - timestamp, <, 48000u * PATIENCE_S);
  packet = say (again, otomo);
  g_assert_cmpuint (get16 (packet + 2), ==, (guint16)(sequence + 2));
  packet = say (otomo, again);
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
  say (user, otomo);
  peer_move (user);
  peer_check_forged (user); /* moves nothing */
  wait_for (user->last_stun_error == 401);
  peer_check_controlled (user);
  wait_for (user->last_stun_error == 487);
  g_assert_cmpuint (user->n_checks_answered, ==, 1);
  n = user->rtp->len;
  peer_send_rtp (otomo); /* still to the old place, which is closed */
  wait_until_handled (otomo);
  g_assert_cmpuint (user->rtp->len, ==, n);

  peer_check (user, TRUE);
  wait_for (user->n_checks_answered == 2);
  say (user, otomo);
  say (otomo, user);
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
  got = g_bytes_get_data (g_ptr_array_index (otomo->rtp, 0), &size);
  g_assert_cmpuint (size, ==, 12 + 4);
  g_assert_cmpuint (got[0], ==, 0x80);
  g_assert_cmpuint (got[1], ==, 0x80 | 111);
  g_assert_cmpmem (got + 12, 4, "opus", 4);

  packet[1] = 0; /* PCMU was not agreed on */
  packet[3] = 8;
  peer_send_packet (user, packet, sizeof packet);
  say (user, otomo);
  g_assert_cmpuint (otomo->rtp->len, ==, 2);
}

static void
test_ipv6 (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (f->peers[OT_SIDE_CALLER]->address.any.sa_family, ==, AF_INET6);
  connect_both (f);
  say (f->peers[OT_SIDE_CALLER], f->peers[OT_SIDE_CALLEE]);
  say (f->peers[OT_SIDE_CALLEE], f->peers[OT_SIDE_CALLER]);
  wait_for_event (f, OT_MEDIA_FIRST_RTP, 1);
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer), gconstpointer data)
{
  g_test_add (path, Fixture, data, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ot_media_install_log ();
  add ("/media/both-offer", test_both_offer, NULL);
  add ("/media/server-offers/active", test_server_offers, "active");
  add ("/media/server-offers/passive", test_server_offers, "passive");
  add ("/media/early-client", test_early_client, NULL);
  add ("/media/crossing-offers", test_crossing_offers, NULL);
  add ("/media/what-starts-nothing", test_what_starts_nothing, NULL);
  add ("/media/clocks-agree", test_clocks_agree, NULL);
  add ("/media/wrong-fingerprint", test_wrong_fingerprint, NULL);
  add ("/media/replaced-leg", test_replaced_leg, NULL);
  add ("/media/roaming", test_roaming, NULL);
  add ("/media/header-extension", test_header_extension, NULL);
  g_test_add ("/media/ipv6", Fixture, NULL, set_up_v6, test_ipv6, tear_down);
  return g_test_run ();
}
