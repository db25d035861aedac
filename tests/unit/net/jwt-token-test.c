/* A JWT taken apart and judged, without keys and at an instant of our choice: the edges that no
 * test over a socket can hit. */

#include "jwt-token.h"

#include <string.h>

#define NOW_SECONDS 1750000000
#define LEEWAY_SECONDS 5

static char *
encode (const char *text)
{
  char *part = g_base64_encode ((const guchar *)text, strlen (text));

  g_strdelimit (part, "+", '-');
  g_strdelimit (part, "/", '_');
  part[strcspn (part, "=")] = '\0';
  return part;
}

static char *
write_token (const char *header, const char *claims)
{
  g_autofree char *first = encode (header);
  g_autofree char *second = encode (claims);

  return g_strconcat (first, ".", second, ".AAAA", NULL);
}

static const char *
judge (const char *claims, const OtJwtRules *rules, gint64 *expires_us)
{
  g_autofree char *text = write_token ("{\"alg\":\"ES256\"}", claims);
  g_auto (OtJwtToken) token = { 0 };
  OtJwtGrant grant;
  const char *reason;

  g_assert_cmpstr (ot_jwt_token_read (&token, text), ==, NULL);
  reason = ot_jwt_token_judge (&token, rules, NOW_SECONDS * (gint64)G_USEC_PER_SEC, &grant);
  if (reason == NULL)
    *expires_us = grant.expires_us;
  return reason;
}

static void
test_dates (void)
{
  static const OtJwtRules rules = { .leeway_us = LEEWAY_SECONDS * G_USEC_PER_SEC };
  static const char *const over = "the token has expired";
  static const char *const early = "the token is not valid yet";
  static const struct {
    const char *claims;
    const char *reason;
    double expires_seconds; /* from 1970, leeway included; 0: never */
  } rows[] = {
    { "\"x\":1", NULL, 0 },
    { "\"exp\":1750000000", NULL, 1750000005 },
    { "\"exp\":1749999996", NULL, 1750000001 },
    { "\"exp\":1749999995", over, 0 },
    { "\"exp\":1749999995.5", NULL, 1750000000.5 },
    { "\"exp\":0", over, 0 },
    { "\"exp\":-1e308", over, 0 },
    { "\"exp\":1e308", NULL, 0 },
    { "\"exp\":9007199254740992", NULL, 0 },
    { "\"nbf\":1750000005", NULL, 0 },
    { "\"nbf\":1750000005.001", early, 0 },
    { "\"nbf\":1e308", early, 0 },
    { "\"nbf\":-1e308", NULL, 0 },
    { "\"nbf\":1750000004,\"exp\":1749999996", NULL, 1750000001 },
    { "\"iat\":1760000000", NULL, 0 }, /* says when, not whether (RFC 7519 section 4.1.6) */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *claims = g_strdup_printf ("{\"sub\":\"u\",%s}", rows[i].claims);
    gint64 expires_us = 0;
    gint64 wanted_us = rows[i].expires_seconds * G_USEC_PER_SEC;

    g_test_message ("%s", claims);
    g_assert_cmpstr (judge (claims, &rules, &expires_us), ==, rows[i].reason);
    if (rows[i].reason == NULL)
      g_assert_cmpint (expires_us, ==, wanted_us != 0 ? wanted_us : G_MAXINT64);
  }
}

static void
test_issuer_and_audience (void)
{
  static const OtJwtRules rules = { .issuer = "i", .audience = "a" };
  static const OtJwtRules no_rules = { 0 };
  static const struct {
    const char *claims;
    gboolean accepted;
  } rows[] = {
    { "\"iss\":\"i\",\"aud\":\"a\"", TRUE },
    { "\"iss\":\"i\",\"aud\":[\"b\",\"a\"]", TRUE },
    { "\"iss\":\"i\",\"aud\":[\"a\",\"a\"]", TRUE },
    { "\"iss\":\"i\",\"aud\":[\"a\",null]", FALSE },
    { "\"iss\":\"i\",\"aud\":[\"ab\"]", FALSE },
    { "\"iss\":\"i\",\"aud\":[]", FALSE },
    { "\"iss\":\"i\"", FALSE },
    { "\"aud\":\"a\"", FALSE },
    { "\"iss\":[\"i\"],\"aud\":\"a\"", FALSE },
    { "\"iss\":\"i\\u0061\",\"aud\":\"a\"", FALSE },
    { "\"iss\":\"\\u0069\",\"aud\":\"\\u0061\"", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *claims = g_strdup_printf ("{\"sub\":\"u\",%s}", rows[i].claims);
    gint64 expires_us;

    g_test_message ("%s", claims);
    g_assert_cmpint (judge (claims, &rules, &expires_us) == NULL, ==, rows[i].accepted);
    g_assert_cmpstr (judge (claims, &no_rules, &expires_us), ==, NULL);
  }
}

static void
test_form (void)
{
  static const char good[] = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1In0.AAAA";
  static const char *const bad[] = {
    "",
    ".",
    "..",
    "...",
    "a.b",
    "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1In0",
    "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1In0.AAAA.AAAA", /* a JWE has five parts */
    "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1In0=.AAAA",
    "eyJhbGciOiJFUzI1NiJ9 .eyJzdWIiOiJ1In0.AAAA",
    "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1In1.AAAA", /* bits left over */
    "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1In0\n.AAAA",
  };
  g_autofree char *padding = g_strnfill (OT_JWT_MAX_CHARS, 'A');
  g_autofree char *longest = g_strndup (padding, OT_JWT_MAX_CHARS - strlen (good));
  g_autofree char *fits = g_strconcat (good, longest, NULL);
  g_autofree char *too_long = g_strconcat (fits, "A", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_auto (OtJwtToken) token = { 0 };
    g_test_message ("%s", bad[i]);
    g_assert_cmpstr (ot_jwt_token_read (&token, bad[i]), ==, "the token is not a JWT");
  }
  for (int i = 0; i < 3; i++) {
    g_auto (OtJwtToken) token = { 0 };
    const char *text = i == 0 ? good : i == 1 ? fits : too_long;
    g_assert_cmpint (ot_jwt_token_read (&token, text) == NULL, ==, i < 2);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/jwt-token/dates", test_dates);
  g_test_add_func ("/jwt-token/issuer-and-audience", test_issuer_and_audience);
  g_test_add_func ("/jwt-token/form", test_form);
  return g_test_run ();
}
