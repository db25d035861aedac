/* The token path. An input with a NUL is a header and claims, signed here with HS256 and the right
 * key, so that what comes after the signature is reached; any other is a token as it came. Two
 * servers look at it: one that asks for no issuer and audience, and one that does. */

#include "target.h"

#include <glib/gstdio.h>
#include <string.h>

#include "ids.h"
#include "jwt-check.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define NOW_US (G_GINT64_CONSTANT (1750000000) * G_USEC_PER_SEC)
#define LEEWAY_US (5 * G_USEC_PER_SEC)

/* Two keys by HS256, so that a kid picks one of several, and one by each other algorithm. */
static const struct {
  const char *name;
  const char *text;
} key_files[] = {
  { "a.HS256", SECRET },
  { "b.b.HS256", "another-secret-of-thirty-two-bytes" },
  { "c.ES256", "-----BEGIN PUBLIC KEY-----\n"
               "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEkO6WvOqrEVbBFBHaiitszRzvZWLe\n"
               "1I4RYJvncJkXCojKmMhnCv7uQiBKVVQc/gmXDq8kRttkOHsju9NXxw0jmw==\n"
               "-----END PUBLIC KEY-----\n" },
  { "d.EdDSA", "-----BEGIN PUBLIC KEY-----\n"
               "MCowBQYDK2VwAyEADiydJXJgj30GQ7FpVUZn2GURJd+hzB79dnsXRITdzJU=\n"
               "-----END PUBLIC KEY-----\n" },
};

static OtJwtCheck *
load (const char *dir, const char *issuer, const char *audience)
{
  g_autofree char *nameless = g_build_filename (dir, key_files[0].name, NULL);
  OtJwtSettings settings = { "HS256", nameless, dir, { issuer, audience, LEEWAY_US } };
  g_autoptr (GError) error = NULL;
  OtJwtCheck *check = ot_jwt_check_new (&settings, &error);

  g_assert_no_error (error);
  return check;
}

static void
load_both (OtJwtCheck **easy, OtJwtCheck **strict)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = g_dir_make_tmp ("otomo-fuzz-XXXXXX", &error);

  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (key_files); i++) {
    g_autofree char *path = g_build_filename (dir, key_files[i].name, NULL);
    g_file_set_contents (path, key_files[i].text, -1, &error);
    g_assert_no_error (error);
  }
  *easy = load (dir, NULL, NULL);
  *strict = load (dir, "issuer", "otomo");
  for (gsize i = 0; i < G_N_ELEMENTS (key_files); i++) {
    g_autofree char *path = g_build_filename (dir, key_files[i].name, NULL);
    g_unlink (path);
  }
  g_rmdir (dir);
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
  static OtJwtCheck *easy, *strict;
  const guint8 *nul = size > 0 ? memchr (data, 0, size) : NULL;
  g_autofree char *text = NULL;
  g_auto (OtJwtToken) token = { 0 };
  OtJwtGrant grant, same;

  if (easy == NULL)
    load_both (&easy, &strict);
  text = nul != NULL ? sign (data, nul - data, nul + 1, size - (nul + 1 - data))
                     : g_strndup ((const char *)data, size);
  if (ot_jwt_token_read (&token, text) != NULL)
    return 0;
  g_assert (token.kid == NULL || ot_id_valid (token.kid));
  if (ot_jwt_check_token (easy, &token, NOW_US, &grant) == NULL)
    g_assert (ot_id_valid (grant.user_id) && grant.expires_us > NOW_US);
  else
    g_assert (ot_jwt_check_token (strict, &token, NOW_US, &same) != NULL);
  if (ot_jwt_check_token (strict, &token, NOW_US, &same) == NULL)
    g_assert (same.user_id == grant.user_id && same.expires_us == grant.expires_us);
  return 0;
}
