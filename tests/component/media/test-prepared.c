/* A leg whose engine was made ahead, or served another before, is as one whose engine was not: it
 * gives the same answers, and nothing of the other is left in it. */

#include "media-plugins.h"
#include "pair.h"
#include "stage.h"
#include "timer.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

static void
set_up (Stage *stage, gconstpointer data)
{
  stage_set_up (stage);
}

static void
tear_down (Stage *stage, gconstpointer data)
{
  stage_tear_down (stage);
}

static void
on_up (OtLeg *leg, gint64 at_us, gpointer user_data)
{
}

static void
on_down (OtLeg *leg, gint64 at_us, const char *message, gpointer user_data)
{
}

static void
on_rtp (OtLeg *leg, gint64 arrival_us, gpointer user_data)
{
}

/* Without what is random in it. */
static char *
without_random (const char *answer)
{
  g_autoptr (GRegex) random = g_regex_new ("^(o=|a=ice-ufrag:|a=ice-pwd:).*$",
                                           G_REGEX_MULTILINE | G_REGEX_NEWLINE_CRLF, 0, NULL);

  return g_regex_replace (random, answer, -1, 0, "\\1", 0, NULL);
}

static char *
answer_of_leg (Stage *stage, const OtSdp *remote)
{
  static const OtLegListener listener = { on_up, on_down, on_rtp };
  OtLeg *leg = g_object_new (OT_TYPE_LEG, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = NULL;

  gst_bin_add (GST_BIN (stage->pipeline), GST_ELEMENT (leg));
  gst_element_sync_state_with_parent (GST_ELEMENT (leg));
  ot_leg_open (leg, &stage->context, stage->forwarder, stage->relay, OT_SIDE_CALLER, &listener,
               NULL);
  answer = ot_leg_describe (leg, remote, &error);
  g_assert_no_error (error);
  g_assert_cmpint (GST_BIN_NUMCHILDREN (leg), ==, 1);
  ot_leg_close (leg);
  g_assert_cmpint (GST_BIN_NUMCHILDREN (leg), ==, 0);
  gst_element_set_state (GST_ELEMENT (leg), GST_STATE_NULL);
  gst_bin_remove (GST_BIN (stage->pipeline), GST_ELEMENT (leg));
  return without_random (answer);
}

static char *
answer_of_webrtcbin (Stage *stage, const OtSdp *remote)
{
  OtIceCredentials credentials;
  OtSdpLocal local = { &credentials, stage->context.certificate->fingerprint,
                       ot_forwarder_get_announced (stage->forwarder) };
  g_autoptr (GError) error = NULL;
  g_autofree char *offer = ot_sdp_write_for_engine (remote);
  g_autofree char *answer = NULL;
  OtEngine *engine = ot_engine_new (GST_BIN (stage->pipeline), stage->context.certificate->pem,
                                    stage->context.clock, offer, &error);

  g_assert_no_error (error);
  ot_ice_credentials_make (&credentials);
  answer = ot_sdp_finish_answer (ot_engine_get_answer (engine), &local);
  ot_engine_stop (engine);
  g_object_unref (engine);
  return without_random (answer);
}

static void
test_the_same_answer (Stage *stage, gconstpointer data)
{
  static const struct {
    const char *mid, *setup, *direction;
    gboolean bundled;
    int payload_type;
  } rows[] = {
    { "0", "actpass", "sendrecv", TRUE, 111 },     { "audio", "actpass", "sendrecv", TRUE, 109 },
    { "0audio0", "active", "sendrecv", TRUE, 96 }, { "voice", "passive", "sendrecv", TRUE, 0 },
    { "0", "actpass", "sendrecv", FALSE, 111 },    { "1", "actpass", "recvonly", TRUE, 111 },
    { "1", "active", "sendonly", FALSE, 100 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *fresh = NULL;
    g_autofree char *ahead = NULL;
    OtSdp remote;

    ot_sdp_make_ordinary (&remote, stage->context.certificate->fingerprint);
    g_strlcpy (remote.mid, rows[i].mid, sizeof remote.mid);
    g_strlcpy (remote.setup, rows[i].setup, sizeof remote.setup);
    remote.direction = rows[i].direction;
    remote.bundled = rows[i].bundled;
    remote.opus_payload_type = rows[i].payload_type;
    fresh = answer_of_webrtcbin (stage, &remote);
    ahead = answer_of_leg (stage, &remote);
    g_assert_cmpstr (ahead, ==, fresh);
  }
}

/* ---- the stock ---- */

static void
on_looked (gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
}

/* Engines that serve come back: while they do, the stock, which looks after itself meanwhile, makes
 * none in their place. */
static void
test_who_serves_comes_back (Stage *stage, gconstpointer data)
{
  OtEngine *served[2];
  OtEngine *again[2];
  OtTimer timer = { 0 };
  gboolean has_looked = FALSE;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    served[i] = ot_stock_take (stage->context.stock, &error);
  ot_stock_note_call (stage->context.stock);
  ot_timer_arm (&timer, ot_clock_mono_us (stage->context.clock) + 3 * OT_STOCK_US, on_looked,
                &has_looked);
  while (!has_looked)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < 2; i++)
    ot_stock_give (stage->context.stock, served[i]);
  for (guint i = 0; i < 2; i++)
    again[i] = ot_stock_take (stage->context.stock, &error);
  g_assert_no_error (error);
  g_assert_true (again[0] == served[1] && again[1] == served[0]);
  for (guint i = 0; i < 2; i++)
    ot_stock_give (stage->context.stock, again[i]);
}

/* ---- engines alone ---- */

static void
set_up_plugins (void)
{
  g_autoptr (GError) error = NULL;

  ot_media_check_plugins (&error);
  g_assert_no_error (error);
}

/* (transfer full): that has answered. */
static OtPair *
ready_pair (void)
{
  OtPair *pair;

  set_up_plugins ();
  pair = ot_pair_new ();
  ot_pair_make (pair);
  return pair;
}

/* (transfer full) */
static OtPair *
connected_pair (void)
{
  OtPair *pair = ready_pair ();

  ot_pair_serve (pair);
  ot_pair_connect (pair);
  ot_pair_shake_hands (pair);
  return pair;
}

/* One RTP packet of end 0 to end 1, protected as end 0 would. */
static gsize
write_packet (guint8 packet[128], OtPairEnd *sender, guint16 sequence)
{
  static const guint8 header[] = { 0x80, 111, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0x56, 0x78 };
  g_autoptr (GError) error = NULL;
  g_autoptr (OtSrtp) srtp = ot_srtp_new (sender->receive_key, sender->send_key, &error);
  gsize size = sizeof header + 40;

  g_assert_no_error (error);
  memset (packet, 0, 128);
  memcpy (packet, header, sizeof header);
  packet[2] = (guint8)(sequence >> 8);
  packet[3] = (guint8)sequence;
  g_assert_true (ot_srtp_protect (srtp, packet, &size));
  return size;
}

/* Each client has its own certificate and keys; and what the probe sees of one neither opens with
 * the keys of the one before nor is held against its sequence numbers. */
static void
test_one_after_the_other (void)
{
  OtPair *pair = ready_pair ();
  guint8 former[128];
  gsize former_size = 0;

  for (guint round = 0; round < 20; round++) {
    guint8 packet[128];
    gsize size;

    ot_pair_serve (pair);
    ot_pair_connect (pair);
    ot_pair_shake_hands (pair);
    for (guint i = 0; i < 2; i++) {
      g_assert_cmpuint (pair->ends[i].n_certificates, >, 0);
      g_assert_cmpuint (pair->ends[i].n_keys, ==, 1);
    }
    g_assert_cmpmem (pair->ends[0].send_key, OT_SRTP_KEY_SIZE, pair->ends[1].receive_key,
                     OT_SRTP_KEY_SIZE);
    if (round > 0)
      ot_engine_feed (pair->ends[1].engine, former, former_size, 1);
    g_assert_cmpuint (pair->ends[1].n_rtp, ==, 0);
    size = write_packet (packet, &pair->ends[0], 1000);
    ot_engine_feed (pair->ends[1].engine, packet, size, 1);
    ot_engine_feed (pair->ends[1].engine, packet, size, 1);
    g_assert_cmpuint (pair->ends[1].n_rtp, ==, 1);
    former_size = write_packet (former, &pair->ends[0], 1001);
    g_assert_true (ot_pair_rewind (pair));
    for (guint i = 0; i < 2; i++)
      g_assert_cmpint (atomic_load (&pair->ends[i].n_lost), ==, 0);
  }
  ot_pair_stop (pair);
  ot_pair_free (pair);
}

/* Whether an element within @place, where the engines are, holds @key in its property. */
static gboolean
is_key_held (GstElement *place, const char *factory, const char *property, const guint8 *key)
{
  GstIterator *all = gst_bin_iterate_all_by_element_factory_name (GST_BIN (place), factory);
  GValue found = G_VALUE_INIT;
  gboolean is_held = FALSE;

  while (gst_iterator_next (all, &found) == GST_ITERATOR_OK) {
    GstBuffer *held = NULL;

    g_object_get (g_value_get_object (&found), property, &held, NULL);
    is_held = is_held || (held != NULL && gst_buffer_memcmp (held, 0, key, OT_SRTP_KEY_SIZE) == 0);
    gst_clear_buffer (&held);
    g_value_unset (&found);
  }
  gst_iterator_free (all);
  return is_held;
}

static void
assert_keys_held (OtPair *pair, GstElement *place, gboolean wanted)
{
  for (guint i = 0; i < 2; i++) {
    const OtPairEnd *end = &pair->ends[i];

    g_assert_true (is_key_held (place, "dtlsdec", "decoder-key", end->receive_key) == wanted);
    g_assert_true (is_key_held (place, "dtlsenc", "encoder-key", end->send_key) == wanted);
    g_assert_true (is_key_held (place, "srtpenc", "key", end->send_key) == wanted);
  }
}

/* A call that is over can't be opened with what waits for the next one. */
static void
test_keys_are_gone (void)
{
  OtPair *pair = connected_pair ();

  assert_keys_held (pair, pair->pipeline, TRUE);
  g_assert_true (ot_pair_rewind (pair));
  assert_keys_held (pair, pair->stock, FALSE);
  ot_pair_stop (pair);
  ot_pair_free (pair);
}

/* Who was never connected is as good as new; also after it was to be the server. */
static void
test_never_connected (void)
{
  OtPair *pair = ready_pair ();

  ot_pair_serve (pair);
  ot_engine_become_server (pair->ends[0].engine);
  g_assert_true (ot_pair_rewind (pair));
  ot_pair_serve (pair);
  ot_pair_connect (pair);
  ot_pair_shake_hands (pair);
  ot_pair_stop (pair);
  ot_pair_free (pair);
}

/* A client that began and did not end: what it knows of us is unknown, so the engine goes. */
static void
test_half_a_handshake (void)
{
  OtPair *pair = ready_pair ();

  ot_pair_serve (pair);
  ot_pair_connect (pair);
  ot_pair_carry (pair, 2);
  g_assert_false (ot_pair_rewind (pair));
  ot_pair_stop (pair);
  ot_pair_free (pair);
}

/* Engines end in the midst of a time in which the timers of connections that they had run out, a
 * second after each handshake, on the system clock's thread: that once crashed in GLib (engine.c,
 * let_go()). */
static gpointer
end_as_timers_do (gpointer data)
{
  gint64 begun_us = g_get_monotonic_time ();
  OtPair *pair = ot_pair_new ();

  ot_pair_make (pair);
  while (g_get_monotonic_time () < begun_us + G_USEC_PER_SEC * 6 / 10) {
    ot_pair_serve (pair);
    ot_pair_connect (pair);
    ot_pair_shake_hands (pair);
    g_assert_true (ot_pair_rewind (pair));
  }
  while (g_get_monotonic_time () < begun_us + G_USEC_PER_SEC * 13 / 10)
    g_thread_yield ();
  ot_pair_stop (pair);
  ot_pair_free (pair);
  return NULL;
}

static void
test_timers_that_run_out (void)
{
  set_up_plugins ();
  for (guint round = 0; round < 3; round++) {
    GThread *threads[4];

    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
      threads[i] = g_thread_new ("pair", end_as_timers_do, NULL);
    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
      g_thread_join (threads[i]);
  }
}

/* (transfer none): of one of the engines. */
static GObject *
find_dtlsdec (GstElement *pipeline)
{
  GstIterator *all = gst_bin_iterate_all_by_element_factory_name (GST_BIN (pipeline), "dtlsdec");
  GValue found = G_VALUE_INIT;
  GObject *dtlsdec;

  g_assert_cmpint (gst_iterator_next (all, &found), ==, GST_ITERATOR_OK);
  dtlsdec = g_value_get_object (&found);
  g_value_unset (&found);
  gst_iterator_free (all);
  return dtlsdec;
}

static sem_t clock_stands;
static sem_t clock_may_go_on;

static gboolean
on_clock (GstClock *clock, GstClockTime time, GstClockID id, gpointer data)
{
  sem_post (&clock_stands);
  while (sem_wait (&clock_may_go_on) != 0)
    ;
  return TRUE;
}

/* The thread on which timers end stands until clock_may_go_on. */
static void
stop_clock (void)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  GstClockID id = gst_clock_new_single_shot_id (clock, gst_clock_get_time (clock));

  sem_init (&clock_stands, 0, 0);
  sem_init (&clock_may_go_on, 0, 0);
  gst_clock_id_wait_async (id, on_clock, NULL, NULL);
  gst_clock_id_unref (id);
  while (sem_wait (&clock_stands) != 0)
    ;
}

static void
on_ended (gpointer data, GObject *where)
{
  atomic_store ((atomic_bool *)data, TRUE);
}

/* An engine ends when its timers should have run out, but they are late: its elements wait for them
 * all the same. */
static void
test_timers_that_are_late (void)
{
  static atomic_bool has_ended;
  OtPair *pair = connected_pair ();

  g_object_weak_ref (find_dtlsdec (pair->pipeline), on_ended, &has_ended);
  g_assert_true (ot_pair_rewind (pair));
  stop_clock ();
  pair->ahead_us = G_TIME_SPAN_MINUTE;
  ot_pair_stop (pair);
  ot_pair_free (pair);
  g_assert_false (atomic_load (&has_ended));
  sem_post (&clock_may_go_on);
  while (!atomic_load (&has_ended))
    g_thread_yield ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/prepared/the-same-answer", Stage, NULL, set_up, test_the_same_answer, tear_down);
  g_test_add ("/prepared/who-serves-comes-back", Stage, NULL, set_up, test_who_serves_comes_back,
              tear_down);
  g_test_add_func ("/prepared/one-after-the-other", test_one_after_the_other);
  g_test_add_func ("/prepared/keys-are-gone", test_keys_are_gone);
  g_test_add_func ("/prepared/never-connected", test_never_connected);
  g_test_add_func ("/prepared/half-a-handshake", test_half_a_handshake);
  g_test_add_func ("/prepared/timers-that-run-out", test_timers_that_run_out);
  g_test_add_func ("/prepared/timers-that-are-late", test_timers_that_are_late);
  return g_test_run ();
}
