/* Legs with real peers, without a call: beside each other on one side, and one after the other with
 * the same engine. */

#include "fixture.h"
#include "media-plugins.h"
#include "side-legs.h"
#include "warm-up.h"

typedef struct {
  OtLegContext context;
  OtWorkers *workers;
  OtForwarder *forwarder;
  OtRelay *relay;
  GstElement *pipeline;
  OtSideLegs legs;
  atomic_uint n_down; /* the feeder's, as the next */
  atomic_uint n_rtp;
} Stage;

static void
stage_set_up (Stage *s, gconstpointer data)
{
  OtAddressList here;
  OtForwarderOptions options = { .listen = &here,
                                 .announced = &here,
                                 .consent_us = PATIENCE_S * G_USEC_PER_SEC,
                                 .clock = ot_clock_real () };
  g_autoptr (GError) error = NULL;

  g_assert_null (ot_address_list_parse (&here, "127.0.0.1"));
  ot_media_check_plugins (&error);
  g_assert_no_error (error);
  ot_leg_register ();
  s->workers = ot_workers_new (1);
  s->context = (OtLegContext){ .feeder = ot_feeder_new (ot_leg_take_input),
                               .certificate = ot_certificate_new (1, &error),
                               .clock = ot_clock_real () };
  g_assert_no_error (error);
  s->context.stock = ot_stock_new (s->context.certificate, s->context.clock, s->workers, 1);
  s->forwarder = ot_forwarder_new (&options, &error);
  g_assert_no_error (error);
  s->relay = ot_relay_new ();
  ot_warm_up (&s->context, s->forwarder, &error);
  g_assert_no_error (error);
  s->pipeline = gst_object_ref_sink (gst_parse_launch ("otleg name=user otleg name=otomo", &error));
  g_assert_no_error (error);
  gst_element_set_bus (s->pipeline, NULL);
  gst_element_set_state (s->pipeline, GST_STATE_PLAYING);
  ot_side_legs_init (&s->legs, s->pipeline, OT_SIDE_CALLER);
}

static void
stage_tear_down (Stage *s, gconstpointer data)
{
  ot_side_legs_clear (&s->legs);
  gst_element_set_state (s->pipeline, GST_STATE_NULL);
  gst_object_unref (s->pipeline);
  ot_workers_free (s->workers);
  ot_stock_free (s->context.stock);
  ot_feeder_free (s->context.feeder);
  ot_forwarder_free (s->forwarder);
  ot_relay_free (s->relay);
  ot_certificate_free (s->context.certificate);
}

static void
on_up (OtLeg *leg, gint64 at_us, gpointer user_data)
{
  g_main_context_wakeup (NULL);
}

static void
on_down (OtLeg *leg, gint64 at_us, const char *message, gpointer user_data)
{
  atomic_fetch_add (&((Stage *)user_data)->n_down, 1);
  g_main_context_wakeup (NULL);
}

static void
on_rtp (OtLeg *leg, gint64 arrival_us, gpointer user_data)
{
  atomic_fetch_add (&((Stage *)user_data)->n_rtp, 1);
  g_main_context_wakeup (NULL);
}

/* The side's next leg, as an offer makes it. @setup: the peer's */
static OtLeg *
take_offer (Stage *s, Peer *peer, const char *setup)
{
  static const OtLegListener listener = { on_up, on_down, on_rtp };
  OtLeg *leg = ot_side_legs_make (&s->legs);
  g_autofree char *offer = peer_write_description (peer, setup);
  g_autofree char *answer = NULL;
  g_autoptr (GError) error = NULL;
  OtSdp remote;

  ot_leg_open (leg, &s->context, s->forwarder, s->relay, OT_SIDE_CALLER, &listener, s);
  g_assert_true (ot_sdp_read (&remote, offer, TRUE, &error));
  answer = ot_leg_describe (leg, &remote, &error);
  g_assert_no_error (error);
  peer_read_description (peer, answer);
  ot_side_legs_take (&s->legs, leg);
  return leg;
}

static void
shake_hands (OtLeg *leg, Peer *peer)
{
  peer_check (peer, TRUE);
  wait_for (peer_is_connected (peer) && ot_leg_is_up (leg));
}

/* ---- beside each other ---- */

static gboolean
has_voice (Stage *s)
{
  return atomic_load (&s->relay->up_us[OT_SIDE_CALLER]) != 0;
}

/* A client that offers twice in a row: the second leg came up while the third was described, so its
 * report comes after that. It has the voice already, and keeps it until the third is up. */
static void
test_up_before_its_report (Stage *s, gconstpointer data)
{
  Peer *peers[3];
  OtLeg *first;
  OtLeg *second;
  OtLeg *third;

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    peers[i] = peer_new ("127.0.0.1");
  first = take_offer (s, peers[0], "actpass");
  shake_hands (first, peers[0]);
  ot_side_legs_came_up (&s->legs, first);
  second = take_offer (s, peers[1], "actpass");
  shake_hands (second, peers[1]);
  third = take_offer (s, peers[2], "actpass");
  g_assert_true (has_voice (s));
  g_assert_true (s->legs.leg == second && s->legs.next == third);

  ot_side_legs_came_up (&s->legs, second);
  g_assert_true (s->legs.leg == second && s->legs.next == third);
  shake_hands (third, peers[2]);
  ot_side_legs_came_up (&s->legs, third);
  g_assert_true (has_voice (s));
  g_assert_true (s->legs.leg == third && s->legs.next == NULL);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    peer_free (peers[i]);
}

/* ---- one after the other ---- */

typedef enum { STAYS, CLOSES_DTLS, SENDS_NOISE, IS_SETTLED, NEVER_CONNECTS, N_ENDS } End;

static void
send_noise (Peer *peer)
{
  for (guint i = 0; i < 200; i++) {
    guint8 noise[64];

    for (guint k = 0; k < sizeof noise; k++)
      noise[k] = (guint8)g_test_rand_int ();
    noise[0] = (guint8)(20 + i % 44);
    peer_send_raw (peer, noise, sizeof noise);
  }
  wait_until_handled (peer);
}

static void
have_one (Stage *s, const char *setup, End end)
{
  Peer *peer = peer_new ("127.0.0.1");
  OtLeg *leg = take_offer (s, peer, setup);
  guint n_down = atomic_load (&s->n_down);
  guint n_rtp = atomic_load (&s->n_rtp);

  if (end != NEVER_CONNECTS) {
    shake_hands (leg, peer);
    peer_send_rtp (peer);
    wait_for (atomic_load (&s->n_rtp) == n_rtp + 1);
  }
  if (end == CLOSES_DTLS) {
    peer_close_dtls (peer);
    wait_for (atomic_load (&s->n_down) == n_down + 1);
  } else if (end == SENDS_NOISE) {
    send_noise (peer);
  } else if (end == IS_SETTLED) {
    ot_leg_settle (leg);
  }
  ot_side_legs_went_down (&s->legs, leg);
  g_assert_cmpuint (atomic_load (&s->n_down), ==, n_down + (end == CLOSES_DTLS));
  peer_free (peer);
}

/* However a client went, its engine serves the next, in either role of DTLS. */
static void
test_every_end (Stage *s, gconstpointer data)
{
  static const char *const setups[] = { "actpass", "active", "passive" };
  g_autoptr (GError) error = NULL;
  OtEngine *engine = ot_stock_take (s->context.stock, &error);
  OtEngine *again;

  ot_stock_give (s->context.stock, engine);
  for (guint i = 0; i < 2 * N_ENDS * G_N_ELEMENTS (setups); i++)
    have_one (s, setups[i % G_N_ELEMENTS (setups)], i % N_ENDS);
  again = ot_stock_take (s->context.stock, &error);
  g_assert_true (again == engine);
  ot_stock_give (s->context.stock, again);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/legs/up-before-its-report", Stage, NULL, stage_set_up, test_up_before_its_report,
              stage_tear_down);
  g_test_add ("/legs/every-end", Stage, NULL, stage_set_up, test_every_end, stage_tear_down);
  return g_test_run ();
}
