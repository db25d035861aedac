/* The first leg of the process, which nobody talks on. */

#include "warm-up.h"

#include "media-error.h"
#include "srtp.h"

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

/* Our own offer, read as if it were a client's. */
static gboolean
make_up_offer (const OtLegContext *context, OtForwarder *forwarder, OtSdp *out, GError **error)
{
  OtIceCredentials credentials;
  OtSdpLocal local = { &credentials, context->certificate->fingerprint,
                       ot_forwarder_get_announced (forwarder) };
  g_autofree char *text = NULL;

  ot_ice_credentials_make (&credentials);
  text = ot_sdp_write_offer (&local, OT_OPUS_PAYLOAD_TYPE);
  return ot_sdp_read (out, text, TRUE, error);
}

static char *
describe_leg (const OtLegContext *context,
              OtForwarder *forwarder,
              GstElement *pipeline,
              GError **error)
{
  static const OtLegListener listener = { on_up, on_down, on_rtp };
  OtRelay *relay = ot_relay_new ();
  OtLeg *leg = g_object_new (OT_TYPE_LEG, "name", "warm-up", NULL);
  char *answer = NULL;
  OtSdp offer;

  gst_bin_add (GST_BIN (pipeline), GST_ELEMENT (leg));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  ot_leg_open (leg, context, forwarder, relay, OT_SIDE_CALLER, &listener, NULL);
  if (make_up_offer (context, forwarder, &offer, error))
    answer = ot_leg_describe (leg, &offer, error);
  ot_leg_close (leg);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  ot_relay_free (relay);
  return answer;
}

/* OpenSSL may be configured without what SRTP needs. */
static gboolean
srtp_works (GError **error)
{
  static const guint8 key[OT_SRTP_KEY_SIZE];
  g_autoptr (OtSrtp) srtp = ot_srtp_new (key, key, error);

  return srtp != NULL;
}

gboolean
ot_warm_up (const OtLegContext *context, OtForwarder *forwarder, GError **error)
{
  g_autoptr (GstElement) pipeline = gst_object_ref_sink (gst_pipeline_new ("warm-up"));
  g_autoptr (GError) failure = NULL;
  g_autofree char *answer = describe_leg (context, forwarder, pipeline, &failure);
  OtSdp read;

  if (answer != NULL && ot_sdp_read (&read, answer, FALSE, &failure) && srtp_works (&failure))
    return TRUE;
  g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START, "media does not work here: %s",
               failure->message);
  return FALSE;
}
