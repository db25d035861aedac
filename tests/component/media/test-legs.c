/* Legs with real peers, without a call: beside each other on one side, and one after the other with
 * the same engine. */

#include "fixture.h"
#include "side-legs.h"
#include "stage.h"
#include "warm-up.h"

/* The caller's side of a call that never was. */
typedef struct {
  Stage stage;
  OtSideLegs legs;
  atomic_uint n_down; /* the feeder's, as the next */
  atomic_uint n_rtp;
} Caller;

/* The one that a call's pipeline has from the beginning. */
static void
add_first_leg (Stage *stage)
{
  OtLeg *leg = g_object_new (OT_TYPE_LEG, "name", ot_leg_name (OT_SIDE_CALLER), NULL);

  gst_bin_add (GST_BIN (stage->pipeline), GST_ELEMENT (leg));
  gst_element_sync_state_with_parent (GST_ELEMENT (leg));
}

static void
set_up_caller (Caller *caller, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  stage_set_up (&caller->stage);
  ot_warm_up (&caller->stage.context, caller->stage.forwarder, &error);
  g_assert_no_error (error);
  add_first_leg (&caller->stage);
  ot_side_legs_init (&caller->legs, caller->stage.pipeline, OT_SIDE_CALLER);
}

static void
tear_down_caller (Caller *caller, gconstpointer data)
{
  ot_side_legs_clear (&caller->legs);
  stage_tear_down (&caller->stage);
}

static void
on_up (OtLeg *leg, gint64 at_us, gpointer user_data)
{
  g_main_context_wakeup (NULL);
}

static void
on_down (OtLeg *leg, gint64 at_us, const char *message, gpointer user_data)
{
  atomic_fetch_add (&((Caller *)user_data)->n_down, 1);
  g_main_context_wakeup (NULL);
}

static void
on_rtp (OtLeg *leg, gint64 arrival_us, gpointer user_data)
{
  atomic_fetch_add (&((Caller *)user_data)->n_rtp, 1);
  g_main_context_wakeup (NULL);
}

/* The side's next leg, as an offer makes it. @setup: the peer's */
static OtLeg *
take_offer (Caller *caller, Peer *peer, const char *setup)
{
  static const OtLegListener listener = { on_up, on_down, on_rtp };
  OtLeg *leg = ot_side_legs_make (&caller->legs);
  g_autofree char *offer = peer_write_description (peer, setup);
  g_autofree char *answer = NULL;
  g_autoptr (GError) error = NULL;
  OtSdp remote;

  ot_leg_open (leg, &caller->stage.context, caller->stage.forwarder, caller->stage.relay,
               OT_SIDE_CALLER, &listener, caller);
  g_assert_true (ot_sdp_read (&remote, offer, TRUE, &error));
  answer = ot_leg_describe (leg, &remote, &error);
  g_assert_no_error (error);
  peer_read_description (peer, answer);
  ot_side_legs_take (&caller->legs, leg);
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
has_voice (Caller *caller)
{
  return atomic_load (&caller->stage.relay->up_us[OT_SIDE_CALLER]) != 0;
}

/* A client that offers twice in a row: the second leg came up while the third was described, so its
 * report comes after that. It has the voice already, and keeps it until the third is up. */
static void
test_up_before_its_report (Caller *caller, gconstpointer data)
{
  Peer *peers[3];
  OtLeg *first;
  OtLeg *second;
  OtLeg *third;

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    peers[i] = peer_new ("127.0.0.1");
  first = take_offer (caller, peers[0], "actpass");
  shake_hands (first, peers[0]);
  ot_side_legs_came_up (&caller->legs, first);
  second = take_offer (caller, peers[1], "actpass");
  shake_hands (second, peers[1]);
  third = take_offer (caller, peers[2], "actpass");
  g_assert_true (has_voice (caller));
  g_assert_true (caller->legs.leg == second && caller->legs.next == third);

  ot_side_legs_came_up (&caller->legs, second);
  g_assert_true (caller->legs.leg == second && caller->legs.next == third);
  shake_hands (third, peers[2]);
  ot_side_legs_came_up (&caller->legs, third);
  g_assert_true (has_voice (caller));
  g_assert_true (caller->legs.leg == third && caller->legs.next == NULL);
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
have_one (Caller *caller, const char *setup, End end)
{
  Peer *peer = peer_new ("127.0.0.1");
  OtLeg *leg = take_offer (caller, peer, setup);
  guint n_down = atomic_load (&caller->n_down);
  guint n_rtp = atomic_load (&caller->n_rtp);

  if (end != NEVER_CONNECTS) {
    shake_hands (leg, peer);
    peer_send_rtp (peer);
    wait_for (atomic_load (&caller->n_rtp) == n_rtp + 1);
  }
  if (end == CLOSES_DTLS) {
    peer_close_dtls (peer);
    wait_for (atomic_load (&caller->n_down) == n_down + 1);
  } else if (end == SENDS_NOISE) {
    send_noise (peer);
  } else if (end == IS_SETTLED) {
    ot_leg_settle (leg);
  }
  ot_side_legs_went_down (&caller->legs, leg);
  g_assert_cmpuint (atomic_load (&caller->n_down), ==, n_down + (end == CLOSES_DTLS));
  peer_free (peer);
}

/* However a client went, its engine serves the next, in either role of DTLS. */
static void
test_every_end (Caller *caller, gconstpointer data)
{
  static const char *const setups[] = { "actpass", "active", "passive" };
  g_autoptr (GError) error = NULL;
  OtEngine *engine = ot_stock_take (caller->stage.context.stock, &error);
  OtEngine *again;

  ot_stock_give (caller->stage.context.stock, engine);
  for (guint i = 0; i < 2 * N_ENDS * G_N_ELEMENTS (setups); i++)
    have_one (caller, setups[i % G_N_ELEMENTS (setups)], i % N_ENDS);
  again = ot_stock_take (caller->stage.context.stock, &error);
  g_assert_true (again == engine);
  ot_stock_give (caller->stage.context.stock, again);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/legs/up-before-its-report", Caller, NULL, set_up_caller, test_up_before_its_report,
              tear_down_caller);
  g_test_add ("/legs/every-end", Caller, NULL, set_up_caller, test_every_end, tear_down_caller);
  return g_test_run ();
}
