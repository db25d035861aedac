/* A list, compared letter by letter, as browsers write origins in one way only. */

#include "origins.h"

/* With letters in lower case, and nothing but scheme, host and port. */
static gboolean
is_origin (const char *word)
{
  g_autofree char *lower = g_ascii_strdown (word, -1);
  g_autofree char *scheme = NULL;
  g_autofree char *host = NULL;
  g_autofree char *written = NULL;
  int port;

  if (!g_uri_split_network (word, G_URI_FLAGS_NONE, &scheme, &host, &port, NULL) || host[0] == '\0')
    return FALSE;
  if ((g_str_equal (scheme, "https") && port == 443)
      || (g_str_equal (scheme, "http") && port == 80))
    return FALSE;
  written = g_uri_join (G_URI_FLAGS_NONE, scheme, NULL, host, port, "", NULL, NULL);
  return g_str_equal (word, lower) && g_str_equal (word, written);
}

char **
ot_origins_parse (const char *text, GError **error)
{
  g_auto (GStrv) words = g_strsplit (text != NULL ? text : "", " ", -1);
  g_autoptr (GStrvBuilder) origins = g_strv_builder_new ();
  guint n_origins = 0;

  for (guint i = 0; words[i] != NULL; i++) {
    if (words[i][0] == '\0')
      continue;
    if (!is_origin (words[i])) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "\"%s\" is not an origin as browsers write it, like https://example.org or "
                   "http://example.org:8080",
                   words[i]);
      return NULL;
    }
    g_strv_builder_add (origins, words[i]);
    n_origins++;
  }
  return n_origins > 0 ? g_strv_builder_end (origins) : NULL;
}

gboolean
ot_origins_allow (char **origins, const char *origin)
{
  return origins == NULL || origin == NULL
         || g_strv_contains ((const char *const *)origins, origin);
}
