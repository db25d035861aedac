/* A leg that was prepared answers as one that was not: the same text, for every kind of
 * description.
 */

#include "forwarder.h"
#include "leg.h"
#include "media-plugins.h"

typedef struct {
  OtLegContext context;
  OtForwarder *forwarder;
  OtRelay *relay;
  GstElement *pipeline;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  OtAddressList here;
  OtForwarderOptions options = {
    .listen = &here, .announced = &here, .consent_us = G_USEC_PER_SEC, .clock = ot_clock_real ()
  };
  g_autoptr (GError) error = NULL;

  g_assert_null (ot_address_list_parse (&here, "127.0.0.1"));
  ot_media_check_plugins (&error);
  g_assert_no_error (error);
  ot_leg_register ();
  f->context = (OtLegContext){ ot_feeder_new (ot_leg_take_input), ot_certificate_new (1, &error),
                               ot_clock_real () };
  g_assert_no_error (error);
  f->forwarder = ot_forwarder_new (&options, &error);
  g_assert_no_error (error);
  f->relay = ot_relay_new ();
  f->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  gst_element_set_state (f->pipeline, GST_STATE_NULL);
  gst_object_unref (f->pipeline);
  ot_feeder_free (f->context.feeder);
  ot_forwarder_free (f->forwarder);
  ot_relay_free (f->relay);
  ot_certificate_free (f->context.certificate);
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
answer_of (Fixture *f, const OtSdp *remote, gboolean prepared)
{
  static const OtLegListener listener = { on_up, on_down, on_rtp };
  OtLeg *leg = g_object_new (OT_TYPE_LEG, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GRegex) random = g_regex_new ("^(o=|a=ice-ufrag:|a=ice-pwd:).*$",
                                           G_REGEX_MULTILINE | G_REGEX_NEWLINE_CRLF, 0, NULL);
  g_autofree char *answer = NULL;

  gst_bin_add (GST_BIN (f->pipeline), GST_ELEMENT (leg));
  gst_element_sync_state_with_parent (GST_ELEMENT (leg));
  if (prepared)
    g_assert_true (ot_leg_prepare (leg, &f->context, &error));
  ot_leg_open (leg, &f->context, f->forwarder, f->relay, OT_SIDE_CALLER, &listener, NULL);
  answer = ot_leg_describe (leg, remote, &error);
  g_assert_no_error (error);
  ot_leg_close (leg);
  gst_element_set_state (GST_ELEMENT (leg), GST_STATE_NULL);
  gst_bin_remove (GST_BIN (f->pipeline), GST_ELEMENT (leg));
  return g_regex_replace (random, answer, -1, 0, "\\1", 0, NULL);
}

static void
test_the_same_answer (Fixture *f, gconstpointer data)
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
    g_autofree char *prepared = NULL;
    OtSdp remote;

    ot_sdp_make_ordinary (&remote, f->context.certificate->fingerprint);
    g_strlcpy (remote.mid, rows[i].mid, sizeof remote.mid);
    g_strlcpy (remote.setup, rows[i].setup, sizeof remote.setup);
    remote.direction = rows[i].direction;
    remote.bundled = rows[i].bundled;
    remote.opus_payload_type = rows[i].payload_type;
    fresh = answer_of (f, &remote, FALSE);
    prepared = answer_of (f, &remote, TRUE);
    g_assert_cmpstr (prepared, ==, fresh);
  }
}

/* Of a call that ended before anybody described himself. */
static void
test_never_opened (Fixture *f, gconstpointer data)
{
  OtLeg *leg = g_object_new (OT_TYPE_LEG, NULL);
  g_autoptr (GError) error = NULL;

  gst_bin_add (GST_BIN (f->pipeline), GST_ELEMENT (leg));
  gst_element_sync_state_with_parent (GST_ELEMENT (leg));
  g_assert_true (ot_leg_prepare (leg, &f->context, &error));
  ot_leg_close (leg);
  g_assert_cmpint (GST_BIN_NUMCHILDREN (leg), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/prepared/the-same-answer", Fixture, NULL, set_up, test_the_same_answer, tear_down);
  g_test_add ("/prepared/never-opened", Fixture, NULL, set_up, test_never_opened, tear_down);
  return g_test_run ();
}
