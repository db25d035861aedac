/* What media/ needs to find on the machine. webrtcbin makes most of these itself, and says nothing
 * when it can't. */

#include "media-plugins.h"

#include <openssl/crypto.h>

#include "media-error.h"
#include "media-log.h"

static const struct {
  const char *element;
  const char *package;
} needed[] = {
  { "webrtcbin", "gstreamer1.0-plugins-bad" },
  { "dtlsdec", "gstreamer1.0-plugins-bad" },
  { "dtlsenc", "gstreamer1.0-plugins-bad" },
  { "dtlssrtpdec", "gstreamer1.0-plugins-bad" },
  { "dtlssrtpenc", "gstreamer1.0-plugins-bad" },
  { "srtpdec", "gstreamer1.0-plugins-bad" },
  { "srtpenc", "gstreamer1.0-plugins-bad" },
  { "rtpbin", "gstreamer1.0-plugins-good" },
  { "rtpfunnel", "gstreamer1.0-plugins-good" },
  { "nicesrc", "gstreamer1.0-nice" }, /* webrtcbin does not start without, though we use none */
  { "nicesink", "gstreamer1.0-nice" },
  { "appsrc", "gstreamer1.0-plugins-base" },
  { "opusparse", "gstreamer1.0-plugins-bad" },
  { "matroskamux", "gstreamer1.0-plugins-good" },
  { "matroskademux", "gstreamer1.0-plugins-good" },
  { "filesrc", "libgstreamer1.0-0" },
  { "filesink", "libgstreamer1.0-0" },
  { "fakesink", "libgstreamer1.0-0" },
  { "funnel", "libgstreamer1.0-0" },
  { "queue", "libgstreamer1.0-0" },
  { "capsfilter", "libgstreamer1.0-0" },
  { "clocksync", "libgstreamer1.0-0" },
};

gboolean
ot_media_check_plugins (GError **error)
{
  ot_media_install_log ();
  for (guint i = 0; i < G_N_ELEMENTS (needed); i++) {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (needed[i].element);

    if (factory != NULL)
      continue;
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START,
                 "GStreamer element \"%s\" is missing; install Debian package %s",
                 needed[i].element, needed[i].package);
    return FALSE;
  }
  return TRUE;
}

char *
ot_media_version_text (void)
{
  g_autofree char *gstreamer = gst_version_string ();

  return g_strdup_printf ("%s, OpenSSL %s", gstreamer, OpenSSL_version (OPENSSL_VERSION_STRING));
}
