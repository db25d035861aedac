/* What must not harm a call, or the server: bad descriptions, noise, too much of everything, an end
 * at any time; and that nothing is left afterwards. */

#include <glib/gstdio.h>
#include <string.h>

#include "fixture.h"
#include "media-log.h"

static const char *graphs; /* a folder of this run */

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

    f->port.offer (f->port.self, CALL, OT_SIDE_CALLER, bad, &no_cause);
    seen = wait_for_event (f, OT_MEDIA_REFUSED, i + 1);
    g_assert_cmpint (seen->side, ==, OT_SIDE_CALLER);
    g_assert_nonnull (strstr (seen->text, cases[i].named));
  }
  connect_both (f); /* it was no harm */
}

static void
test_candidates (Fixture *f, gconstpointer data)
{
  const OtIceCandidate good = { "candidate:1 1 udp 2122260223 192.0.2.1 54321 typ host", "voice",
                                0 };
  const OtIceCandidate end = { NULL, NULL, -1 };
  const OtIceCandidate bad = { "candidate:", NULL, -1 };

  f->port.candidate (f->port.self, CALL, OT_SIDE_CALLER, &good, &no_cause);
  f->port.candidate (f->port.self, CALL, OT_SIDE_CALLER, &end, &no_cause);
  f->port.candidate (f->port.self, CALL, OT_SIDE_CALLER, &bad, &no_cause);
  wait_for_event (f, OT_MEDIA_REFUSED, 1);
  connect_both (f);
  g_assert_cmpuint (count_events (f, OT_MEDIA_REFUSED), ==, 1);
}

static void
test_client_closes (Fixture *f, gconstpointer data)
{
  connect_both (f);
  peer_close_dtls (f->peers[OT_SIDE_CALLEE]);
  g_assert_cmpint (wait_for_event (f, OT_MEDIA_LEG_DOWN, 1)->side, ==, OT_SIDE_CALLEE);
}

static void
set_up_short_consent (Fixture *f, gconstpointer data)
{
  f->consent_us = G_USEC_PER_SEC;
  set_up (f, data);
}

/* Whoever checked at our offer and then was gone for too long can't answer it any more, and is
 * told so. */
static void
test_offer_expires (Fixture *f, gconstpointer data)
{
  Peer *otomo = f->peers[OT_SIDE_CALLEE];
  g_autofree char *answer = peer_write_description (otomo, "active");

  f->port.make_offer (f->port.self, CALL, OT_SIDE_CALLEE);
  peer_read_description (otomo, wait_for_event (f, OT_MEDIA_OFFER, 1)->text);
  peer_check (otomo, FALSE);
  g_assert_cmpint (wait_for_event (f, OT_MEDIA_LEG_DOWN, 1)->side, ==, OT_SIDE_CALLEE);
  f->port.answer (f->port.self, CALL, OT_SIDE_CALLEE, answer, &no_cause);
  g_assert_nonnull (strstr (wait_for_event (f, OT_MEDIA_REFUSED, 1)->text, "no offer"));
  f->port.make_offer (f->port.self, CALL, OT_SIDE_CALLEE);
  wait_for_event (f, OT_MEDIA_OFFER, 2);
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
      f->port.offer (f->port.self, CALL, OT_SIDE_CALLER, sdp, &no_cause);
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
  say (user, otomo);
  say (otomo, user);
  g_assert_cmpuint (otomo->rtp->len + user->rtp->len, ==, 2);
}

/* More requests than the call's lane holds: the rest is refused, and the call goes on. */
static void
test_too_many_requests (Fixture *f, gconstpointer data)
{
  const OtIceCandidate good = { "candidate:1 1 udp 1 192.0.2.1 9 typ host", NULL, -1 };
  g_autofree char *sdp = peer_write_description (f->peers[OT_SIDE_CALLER], "actpass");

  f->port.offer (f->port.self, CALL, OT_SIDE_CALLER, sdp, &no_cause);
  for (guint i = 0; i < 1000; i++)
    f->port.candidate (f->port.self, CALL, OT_SIDE_CALLER, &good, &no_cause);
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
  say (f->peers[OT_SIDE_CALLER], f->peers[OT_SIDE_CALLEE]);
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
  say (f->peers[OT_SIDE_CALLER], f->peers[OT_SIDE_CALLEE]);
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
  add ("/media/refused-descriptions", test_refused_descriptions, NULL);
  add ("/media/candidates", test_candidates, NULL);
  add ("/media/client-closes", test_client_closes, NULL);
  g_test_add ("/media/offer-expires", Fixture, NULL, set_up_short_consent, test_offer_expires,
              tear_down);
  add ("/media/close-at-any-time", test_close_at_any_time, NULL);
  add ("/media/noise", test_noise, NULL);
  add ("/media/too-many-requests", test_too_many_requests, NULL);
  add ("/media/leaves-nothing", test_leaves_nothing, NULL);
  add ("/media/graphs", test_graphs, NULL);
  g_test_add_func ("/media/bad-start", test_bad_start);
  status = g_test_run ();
  remove_graphs ();
  return status;
}
