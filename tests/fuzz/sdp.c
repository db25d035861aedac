/* The intake of descriptions and candidates. What we write from a description that was taken is a
 * description that says the same. */

#include "target.h"

#include "media-error.h"
#include "sdp.h"

static void
read_description (const char *text, gboolean is_offer)
{
  OtSdp sdp, again;
  g_autoptr (GError) error = NULL;
  g_autofree char *ours = NULL;

  if (!ot_sdp_read (&sdp, text, is_offer, &error)) {
    g_assert_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_DESCRIPTION);
    g_assert (g_utf8_validate (error->message, -1, NULL));
    return;
  }
  ours = ot_sdp_write_for_engine (&sdp);
  g_assert_true (ot_sdp_read (&again, ours, TRUE, &error));
  g_assert_cmpstr (again.mid, ==, sdp.mid);
  g_assert_cmpstr (again.ufrag, ==, sdp.ufrag);
  g_assert_cmpstr (again.pwd, ==, sdp.pwd);
  g_assert_cmpint (again.opus_payload_type, ==, sdp.opus_payload_type);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  g_autoptr (GError) error = NULL;

  if (!g_utf8_validate (text, -1, NULL)) /* the message parser lets nothing else through */
    return 0;
  read_description (text, TRUE);
  read_description (text, FALSE);
  if (!ot_candidate_is_valid (text, &error))
    g_assert_nonnull (error);
  return 0;
}
