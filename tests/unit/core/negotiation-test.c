/* Who offers to whom. */

#include <glib.h>

#include "negotiation.h"

static void
test_otomo_is_offered_to (void)
{
  OtNegotiation negotiation = { 0 };

  g_assert_false (ot_negotiation_begin_offer (&negotiation));
  ot_negotiation_client_offer (&negotiation, OT_SIDE_CALLER);
  g_assert_true (ot_negotiation_begin_offer (&negotiation));
  g_assert_true (ot_negotiation_server_offer (&negotiation, OT_SIDE_CALLEE));
  g_assert_false (ot_negotiation_begin_offer (&negotiation));
  g_assert_true (ot_negotiation_take_answer (&negotiation, OT_SIDE_CALLEE));
  g_assert_false (ot_negotiation_take_answer (&negotiation, OT_SIDE_CALLEE)); /* once */

  ot_negotiation_client_offer (&negotiation, OT_SIDE_CALLER); /* the caller's page was reloaded */
  g_assert_false (ot_negotiation_begin_offer (&negotiation));
}

static void
test_otomo_offers (void)
{
  OtNegotiation negotiation = { .callee_offers = TRUE };

  ot_negotiation_client_offer (&negotiation, OT_SIDE_CALLER);
  g_assert_false (ot_negotiation_begin_offer (&negotiation));
  g_assert_false (ot_negotiation_take_answer (&negotiation, OT_SIDE_CALLEE));
}

static void
test_crossing (void)
{
  OtNegotiation negotiation = { 0 };

  ot_negotiation_client_offer (&negotiation, OT_SIDE_CALLER);
  g_assert_true (ot_negotiation_begin_offer (&negotiation));
  g_assert_true (ot_negotiation_server_offer (&negotiation, OT_SIDE_CALLEE));
  ot_negotiation_client_offer (&negotiation, OT_SIDE_CALLEE);
  g_assert_false (
      ot_negotiation_take_answer (&negotiation, OT_SIDE_CALLEE)); /* ours was withdrawn */
  g_assert_false (
      ot_negotiation_server_offer (&negotiation, OT_SIDE_CALLEE)); /* and a late one is not sent */
}

static void
test_restart (void)
{
  OtNegotiation negotiation = { 0 };

  ot_negotiation_client_offer (&negotiation, OT_SIDE_CALLER);
  g_assert_true (ot_negotiation_begin_offer (&negotiation));
  ot_negotiation_server_offer (&negotiation, OT_SIDE_CALLEE);
  ot_negotiation_take_answer (&negotiation, OT_SIDE_CALLEE);
  ot_negotiation_restart (&negotiation, OT_SIDE_CALLEE);
  g_assert_true (ot_negotiation_begin_offer (&negotiation));
}

/* One at a time: a second one would take the leg away that the first one is answered for. */
static void
test_one_offer_at_a_time (void)
{
  OtNegotiation negotiation = { 0 };

  ot_negotiation_client_offer (&negotiation, OT_SIDE_CALLER);
  g_assert_true (ot_negotiation_begin_offer (&negotiation));
  ot_negotiation_client_offer (&negotiation, OT_SIDE_CALLER);
  g_assert_false (ot_negotiation_begin_offer (&negotiation));
  ot_negotiation_restart (&negotiation, OT_SIDE_CALLEE); /* the otomo came back meanwhile */
  g_assert_false (ot_negotiation_begin_offer (&negotiation));
  g_assert_true (ot_negotiation_server_offer (&negotiation, OT_SIDE_CALLEE));
  g_assert_false (ot_negotiation_server_offer (&negotiation, OT_SIDE_CALLEE));
}

static void
test_offer_that_could_not_be_made (void)
{
  OtNegotiation negotiation = { 0 };

  ot_negotiation_client_offer (&negotiation, OT_SIDE_CALLER);
  g_assert_true (ot_negotiation_begin_offer (&negotiation));
  ot_negotiation_no_offer (&negotiation, OT_SIDE_CALLEE);
  g_assert_true (ot_negotiation_begin_offer (&negotiation));
  ot_negotiation_client_offer (&negotiation, OT_SIDE_CALLEE);
  ot_negotiation_no_offer (&negotiation, OT_SIDE_CALLEE); /* the client's own stands */
  g_assert_false (ot_negotiation_begin_offer (&negotiation));
}

/* A refusal may come late: only the newest description's counts. */
static void
test_refusal (void)
{
  OtNegotiation negotiation = { 0 };

  ot_negotiation_client_offer (&negotiation, OT_SIDE_CALLER);
  ot_negotiation_client_offer (&negotiation, OT_SIDE_CALLER);
  ot_negotiation_refused (&negotiation, OT_SIDE_CALLER, 1);
  g_assert_cmpint (negotiation.step[OT_SIDE_CALLER], ==, OT_NEGOTIATION_CLIENT_OFFERED);
  ot_negotiation_refused (&negotiation, OT_SIDE_CALLER, 2);
  g_assert_false (ot_negotiation_begin_offer (&negotiation));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/negotiation/otomo-is-offered-to", test_otomo_is_offered_to);
  g_test_add_func ("/negotiation/otomo-offers", test_otomo_offers);
  g_test_add_func ("/negotiation/crossing", test_crossing);
  g_test_add_func ("/negotiation/restart", test_restart);
  g_test_add_func ("/negotiation/one-offer-at-a-time", test_one_offer_at_a_time);
  g_test_add_func ("/negotiation/offer-that-could-not-be-made", test_offer_that_could_not_be_made);
  g_test_add_func ("/negotiation/refusal", test_refusal);
  return g_test_run ();
}
