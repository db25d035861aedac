/* Descriptions: what is read of a client's, what is refused with which word, and what ours say. */

#include <glib.h>
#include <string.h>

#include "media-error.h"
#include "sdp.h"

#define FINGERPRINT                                                                                \
  "sha-256 "                                                                                       \
  "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:"  \
  "FF"

/* A browser's, shortened; the section's fingerprint replaces the session's. */
static const char browser[] =
    "v=0\r\no=- 46117317 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "a=fingerprint:sha-256 "
    "AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:"
    "AA\r\n"
    "a=extmap-allow-mixed\r\na=msid-semantic: WMS 5f2a\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 63 109 111 0 8\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
    "a=ice-ufrag:ez5G\r\na=ice-pwd:qgRTu7W4N5yT6x4PpXyFqFqp\r\na=ice-options:trickle\r\n"
    "a=fingerprint:sha-1 00:11:22\r\n"
    "a=fingerprint:" FINGERPRINT "\r\na=setup:actpass\r\na=mid:0\r\n"
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=sendrecv\r\na=rtcp-mux\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:109 "
    "OPUS/48000/2\r\n"
    "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:0 PCMU/8000\r\na=ssrc:1001 "
    "cname:x\r\n";

static char *
replaced (const char *what, const char *with)
{
  g_auto (GStrv) parts = g_strsplit (browser, what, 2);

  g_assert_cmpuint (g_strv_length (parts), ==, 2);
  return g_strconcat (parts[0], with, parts[1], NULL);
}

static void
test_browser (void)
{
  g_autoptr (GError) error = NULL;
  OtSdp sdp;

  ot_sdp_read (&sdp, browser, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (sdp.mid, ==, "0");
  g_assert_cmpstr (sdp.ufrag, ==, "ez5G");
  g_assert_cmpstr (sdp.pwd, ==, "qgRTu7W4N5yT6x4PpXyFqFqp");
  g_assert_cmpstr (sdp.setup, ==, "actpass");
  g_assert_cmpstr (sdp.direction, ==, "sendrecv");
  g_assert_true (sdp.bundled);
  g_assert_cmpint (sdp.opus_payload_type, ==,
                   109); /* the first of the m= line, not of the rtpmaps */
  g_assert_cmpstr (sdp.fingerprint_text, ==, FINGERPRINT);
  g_assert_cmpuint (sdp.fingerprint.bytes[31], ==, 0xff);
}

static void
test_refused (void)
{
  static const struct {
    const char *what, *with, *named;
  } cases[] = {
    { "v=0", "v=1", "v=0" },
    { "m=audio 9", "m=video 9", "not audio" },
    { "m=audio 9", "m=audio 0", "port 0" },
    { "UDP/TLS/RTP/SAVPF", "RTP/AVP", "protocol" },
    { "a=mid:0\r\n", "", "a=mid" },
    { "a=mid:0\r\n", "a=mid:a b\r\n", "a=mid" },
    { "a=mid:0\r\n", "a=mid:012345678901234567890123456789012\r\n", "a=mid" },
    { "a=rtcp-mux\r\n", "", "rtcp-mux" },
    { "a=ice-ufrag:ez5G\r\n", "", "ice-ufrag" },
    { "a=ice-ufrag:ez5G\r\n", "a=ice-ufrag:ez5\r\n", "ice-ufrag" },
    { "a=ice-pwd:qgRTu7W4N5yT6x4PpXyFqFqp\r\n", "a=ice-pwd:short\r\n", "ice-pwd" },
    { "a=setup:actpass", "a=setup:holdconn", "a=setup" },
    { "a=setup:actpass", "a=nothing", "a=setup" },
    { "a=sendrecv", "a=inactive", "inactive" },
    { "opus/48000/2", "speex/48000/2", NULL }, /* there is another */
    { "a=rtpmap:0 PCMU/8000\r\n", "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", "more than one" },
    { "a=sendrecv\r\n", "x\r\n", "letter" },
    { "0 8\r\n", "70\r\na=rtpmap:70 opus/48000/2\r\n", NULL },
    { "63 109 111 0 8\r\n", "70\r\na=rtpmap:70 opus/48000/2\r\n", "64 to 95" },
    { "63 109 111 0 8", "8", "opus" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = replaced (cases[i].what, cases[i].with);
    g_autoptr (GError) error = NULL;
    OtSdp sdp;

    g_assert_true (ot_sdp_read (&sdp, text, TRUE, &error) == (cases[i].named == NULL));
    if (cases[i].named == NULL)
      continue;
    g_assert_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_DESCRIPTION);
    g_assert_nonnull (strstr (error->message, cases[i].named));
  }
}

static void
test_fingerprints (void)
{
  g_autofree char *none = replaced ("a=fingerprint:" FINGERPRINT "\r\n", "");
  g_autofree char *session =
      replaced ("a=fingerprint:sha-1 00:11:22\r\na=fingerprint:" FINGERPRINT "\r\n", "");
  g_autofree char *cut = replaced (":1E:FF", ":1E");
  OtSdp sdp;

  g_assert_true (ot_sdp_read (&sdp, none, TRUE, NULL)); /* the session's holds */
  g_assert_cmpuint (sdp.fingerprint.bytes[0], ==, 0xaa);
  g_assert_true (ot_sdp_read (&sdp, session, TRUE, NULL));
  g_assert_cmpuint (sdp.fingerprint.bytes[0], ==, 0xaa);
  g_assert_true (ot_sdp_read (&sdp, cut, TRUE, NULL));
  g_assert_cmpuint (sdp.fingerprint.bytes[0], ==, 0xaa);
}

static void
test_limits (void)
{
  g_autofree char *filler = g_strnfill (OT_SDP_MAX, 'x');
  g_autofree char *lines = g_strnfill (1200, '\n');
  g_autofree char *too_long = g_strconcat (browser, "a=", filler, NULL);
  g_autofree char *too_many = g_strconcat (browser, lines, NULL);
  g_autoptr (GError) error = NULL;
  OtSdp sdp;

  g_assert_false (ot_sdp_read (&sdp, too_long, TRUE, &error));
  g_assert_nonnull (strstr (error->message, "16384"));
  g_clear_error (&error);
  g_assert_false (ot_sdp_read (&sdp, too_many, TRUE, &error));
  g_assert_nonnull (strstr (error->message, "512 lines"));
}

static void
test_answer_needs_role (void)
{
  g_autofree char *active = replaced ("a=setup:actpass", "a=setup:active");
  OtSdp sdp;

  g_assert_false (ot_sdp_read (&sdp, browser, FALSE, NULL));
  g_assert_true (ot_sdp_read (&sdp, active, FALSE, NULL));
}

/* Any cut of a good description, and any damage to it, is read or refused, never worse. */
static void
test_damaged (void)
{
  for (gsize size = 0; size < sizeof browser - 1; size++) {
    g_autofree char *cut = g_strndup (browser, size);
    OtSdp sdp;

    ot_sdp_read (&sdp, cut, TRUE, NULL);
  }
  for (guint round = 0; round < 5000; round++) {
    g_autofree char *text = g_strdup (browser);
    OtSdp sdp;

    for (guint i = 0; i < 8; i++)
      text[g_test_rand_int_range (0, sizeof browser - 1)] = (char)g_test_rand_int_range (1, 255);
    if (ot_sdp_read (&sdp, text, TRUE, NULL)) {
      g_autofree char *again = ot_sdp_write_for_engine (&sdp);

      g_assert_true (
          ot_sdp_read (&sdp, again, TRUE, NULL)); /* nothing of it can break out of what we write */
    }
  }
}

static void
test_ours (void)
{
  OtIceCredentials credentials;
  OtAddressList addresses;
  const OtSdpLocal local = { &credentials, FINGERPRINT, &addresses };
  g_autofree char *offer = NULL;
  g_autofree char *answer = NULL;
  OtSdp sdp;

  ot_ice_credentials_make (&credentials);
  g_assert_cmpuint (strlen (credentials.ufrag), ==, 8);
  g_assert_cmpuint (strlen (credentials.pwd), ==, 24);
  g_assert_null (ot_address_list_parse (&addresses, " 2001:db8::1  203.0.113.7"));
  for (guint i = 0; i < addresses.n; i++)
    ot_address_set_port (&addresses.list[i], 4000);
  offer = ot_sdp_write_offer (&local, 96);
  g_assert_true (ot_sdp_read (&sdp, offer, TRUE, NULL));
  g_assert_cmpint (sdp.opus_payload_type, ==, 96);
  g_assert_cmpstr (sdp.ufrag, ==, credentials.ufrag);
  g_assert_nonnull (strstr (
      offer,
      "a=candidate:1 1 udp 2130706431 2001:db8::1 4000 typ host\r\n"
      "a=candidate:2 1 udp 2130706175 203.0.113.7 4000 typ host\r\na=end-of-candidates\r\n"));

  answer = ot_sdp_finish_answer (browser, &local);
  g_assert_true (ot_sdp_read (&sdp, answer, TRUE, NULL));
  g_assert_cmpstr (sdp.ufrag, ==, credentials.ufrag);
  g_assert_cmpstr (sdp.pwd, ==, credentials.pwd);
  g_assert_null (strstr (answer, "ez5G"));
  g_assert_null (strstr (answer, "a=ssrc"));
  g_assert_nonnull (strstr (answer, "a=ice-lite\r\nm=audio"));
}

static void
test_candidates (void)
{
  g_autofree char *endless = g_strnfill (OT_CANDIDATE_MAX, 'x');
  g_autofree char *too_long =
      g_strconcat ("candidate:1 1 udp 1 192.0.2.1 9 typ host ", endless, NULL);

  g_assert_true (ot_candidate_is_valid (NULL, NULL));
  g_assert_true (ot_candidate_is_valid ("", NULL));
  g_assert_true (ot_candidate_is_valid (
      "candidate:842163049 1 udp 1677729535 192.0.2.1 9 typ srflx raddr 0.0.0.0 rport 0", NULL));
  g_assert_true (
      ot_candidate_is_valid ("a=candidate:1 1 tcp 1 abc.local 9 typ host tcptype active", NULL));
  g_assert_false (ot_candidate_is_valid ("candidate:1 1 udp 1 192.0.2.1 9 host", NULL));
  g_assert_false (ot_candidate_is_valid ("hello", NULL));
  g_assert_false (ot_candidate_is_valid (too_long, NULL));
}

static void
test_certificate (void)
{
  g_autoptr (GError) error = NULL;
  OtCertificate *certificate = ot_certificate_new (30, &error);
  OtFingerprint own;
  OtFingerprint other;

  g_assert_no_error (error);
  g_assert_true (ot_fingerprint_parse (&own, certificate->fingerprint));
  g_assert_true (ot_fingerprint_parse (&other, FINGERPRINT));
  g_assert_true (ot_fingerprint_matches_pem (&own, certificate->pem));
  g_assert_false (ot_fingerprint_matches_pem (&other, certificate->pem));
  g_assert_false (ot_fingerprint_matches_pem (&own, "no certificate"));
  ot_certificate_free (certificate);
}

static void
test_address_lists (void)
{
  static const struct {
    const char *text;
    const char *wrong;
  } cases[] = {
    { "", "no address" },
    { "  ", "no address" },
    { "192.0.2.1 example.org", "\"example.org\" is not an IPv4 or IPv6 address" },
    { "192.0.2.1,192.0.2.2", "\"192.0.2.1,192.0.2.2\" is not an IPv4 or IPv6 address" },
    { "::1 ::2 ::3 ::4 ::5 ::6 ::7 ::8 ::9", "more than 8 addresses" },
  };
  OtAddressList list;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *wrong = ot_address_list_parse (&list, cases[i].text);

    g_assert_cmpstr (wrong, ==, cases[i].wrong);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdp/browser", test_browser);
  g_test_add_func ("/sdp/refused", test_refused);
  g_test_add_func ("/sdp/fingerprints", test_fingerprints);
  g_test_add_func ("/sdp/limits", test_limits);
  g_test_add_func ("/sdp/answer-needs-role", test_answer_needs_role);
  g_test_add_func ("/sdp/damaged", test_damaged);
  g_test_add_func ("/sdp/ours", test_ours);
  g_test_add_func ("/sdp/candidates", test_candidates);
  g_test_add_func ("/sdp/certificate", test_certificate);
  g_test_add_func ("/address/lists", test_address_lists);
  return g_test_run ();
}
