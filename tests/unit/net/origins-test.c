/* Which pages may connect, and what an operator may write. */

#include "origins.h"

static void
test_allow (void)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) origins =
      ot_origins_parse ("https://example.org  http://[2001:db8::1]:8080", &error);

  g_assert_no_error (error);
  g_assert_true (ot_origins_allow (origins, NULL));
  g_assert_true (ot_origins_allow (origins, "https://example.org"));
  g_assert_true (ot_origins_allow (origins, "http://[2001:db8::1]:8080"));
  g_assert_false (ot_origins_allow (origins, ""));
  g_assert_false (ot_origins_allow (origins, "null"));
  g_assert_false (ot_origins_allow (origins, "http://example.org"));
  g_assert_false (ot_origins_allow (origins, "https://example.org:8443"));
  g_assert_false (ot_origins_allow (origins, "https://example.org.example"));
  g_assert_false (ot_origins_allow (origins, "https://example.org https://example.org"));
}

static void
test_none (void)
{
  static const char *const texts[] = { NULL, "", "  " };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;
    char **origins = ot_origins_parse (texts[i], &error);

    g_assert_no_error (error);
    g_assert_null (origins);
    g_assert_true (ot_origins_allow (origins, "https://anybody.example"));
  }
}

static void
test_mistakes (void)
{
  static const char *const texts[] = {
    "example.org",
    "https://",
    "https://example.org/",
    "https://example.org/page",
    "https://Example.org",
    "HTTPS://example.org",
    "https://a.b,https://c.d",
    "https://example.org:443",
    "http://example.org:80",
    "https://user@example.org",
    "https://example.org?a",
    "*",
    "null",
    "https://example.org:70000",
    "https://good.example http:/bad.example",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", texts[i]);
    g_assert_null (ot_origins_parse (texts[i], &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/origins/allow", test_allow);
  g_test_add_func ("/origins/none", test_none);
  g_test_add_func ("/origins/mistakes", test_mistakes);
  return g_test_run ();
}
