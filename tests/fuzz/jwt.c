/* The token path, HS256. An input with a NUL is a header and claims, signed here with the right
 * key, so that what comes after the signature is reached; any other is a token as it came. */

#include "target.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "ids.h"
#include "jwt-key.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define NOW_SECONDS 1750000000

static OtJwtKey *
load_key (void)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  OtJwtKey *key;
  int file = g_file_open_tmp ("otomo-fuzz-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_assert_cmpint (write (file, SECRET, strlen (SECRET)), ==, strlen (SECRET));
  close (file);
  key = ot_jwt_key_load ("HS256", path, &error);
  g_assert_no_error (error);
  g_unlink (path);
  return key;
}

/* RFC 7515: the alphabet of file names, without padding. */
static char *
encode (gconstpointer data, gsize size)
{
  char *text = g_base64_encode (data, size);

  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  text[strcspn (text, "=")] = '\0';
  return text;
}

static char *
sign (const guint8 *header, gsize header_size, const guint8 *claims, gsize claims_size)
{
  g_autofree char *first = encode (header, header_size);
  g_autofree char *second = encode (claims, claims_size);
  g_autofree char *text = g_strconcat (first, ".", second, NULL);
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, (const guint8 *)SECRET, strlen (SECRET));
  guint8 digest[32];
  gsize size = sizeof digest;
  g_autofree char *third = NULL;

  g_hmac_update (hmac, (const guint8 *)text, strlen (text));
  g_hmac_get_digest (hmac, digest, &size);
  third = encode (digest, size);
  return g_strconcat (text, ".", third, NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static OtJwtKey *key;
  const guint8 *nul = size > 0 ? memchr (data, 0, size) : NULL;
  g_autofree char *token = NULL;
  g_autofree char *subject = NULL;
  const char *reason = NULL;

  if (key == NULL)
    key = load_key ();
  token = nul != NULL ? sign (data, nul - data, nul + 1, size - (nul + 1 - data))
                      : g_strndup ((const char *)data, size);
  subject = ot_jwt_key_verify (key, token, NOW_SECONDS, &reason);
  g_assert (subject == NULL || ot_id_valid (subject));
  g_assert (subject != NULL || reason != NULL);
  return 0;
}
