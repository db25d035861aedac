/* The list for clients, and the credentials that a TURN server with the same secret will take. */

#include "ice-servers.h"

static void
test_none (void)
{
  g_autoptr (GError) error = NULL;
  OtIceServers *servers = ot_ice_servers_new (NULL, NULL, &error);
  gsize n = 9;

  g_assert_no_error (error);
  ot_ice_servers_get (servers, "ann", 0, &n);
  g_assert_cmpuint (n, ==, 0);
  ot_ice_servers_free (servers);
}

static void
test_both (void)
{
  g_autoptr (GError) error = NULL;
  OtIceServers *servers = ot_ice_servers_new (
      " stun:a.example:3478  turn:b.example turns:c.example:5349?transport=tcp ", "north", &error);
  const OtIceServer *answer;
  gsize n;

  g_assert_no_error (error);
  answer = ot_ice_servers_get (servers, "ann", 1736942535, &n);
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpuint (answer[0].n_urls, ==, 1);
  g_assert_cmpstr (answer[0].urls[0], ==, "stun:a.example:3478");
  g_assert_null (answer[0].username);
  g_assert_cmpuint (answer[1].n_urls, ==, 2);
  g_assert_cmpstr (answer[1].urls[1], ==, "turns:c.example:5349?transport=tcp");
  g_assert_cmpstr (answer[1].username, ==, "1736985735:ann");
  /* printf %s 1736985735:ann | openssl dgst -sha1 -hmac north -binary | base64 */
  g_assert_cmpstr (answer[1].credential, ==, "O7i1lqr6Z03VIXbDH32TaBxBKEc=");
  ot_ice_servers_free (servers);
}

static void
test_refused (void)
{
  g_autoptr (GError) no_url = NULL;
  g_autoptr (GError) no_secret = NULL;

  g_assert_null (ot_ice_servers_new ("stun:a http://b", "x", &no_url));
  g_assert_error (no_url, OT_ICE_SERVERS_ERROR, OT_ICE_SERVERS_ERROR_URL);
  g_assert_null (ot_ice_servers_new ("turn:a", NULL, &no_secret));
  g_assert_error (no_secret, OT_ICE_SERVERS_ERROR, OT_ICE_SERVERS_ERROR_SECRET);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/ice-servers/none", test_none);
  g_test_add_func ("/net/ice-servers/both", test_both);
  g_test_add_func ("/net/ice-servers/refused", test_refused);
  return g_test_run ();
}
