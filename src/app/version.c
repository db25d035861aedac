/* The versions of everything that runs here; what a bug report needs. */

#include "version.h"

#include <glib.h>
#include <json-glib/json-glib.h>
#include <libpq-fe.h>
#include <libsoup/soup.h>
#include <stdio.h>

#include "media-plugins.h"

void
ot_version_print (void)
{
  g_autofree char *media = ot_media_version_text ();
  int pq = PQlibVersion ();

  printf ("otomod %s\n", OT_VERSION);
  printf ("GLib %u.%u.%u\n", glib_major_version, glib_minor_version, glib_micro_version);
  printf ("%s\n", media);
  printf ("libsoup %u.%u.%u\n", soup_get_major_version (), soup_get_minor_version (),
          soup_get_micro_version ());
  printf ("json-glib %s (built with)\n", JSON_VERSION_S);
  printf ("libpq %d.%d\n", pq / 10000, pq % 10000);
}
