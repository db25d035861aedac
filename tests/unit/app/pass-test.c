/* The console's passes: how long one is good, and that nothing else is one. */

#include "pass.h"

#include <string.h>

#define KEY "ot_0123456789abcdef0123456789abcdef"
#define NOW (G_GINT64_CONSTANT (1780000000) * G_USEC_PER_SEC)

static void
test_life (void)
{
  g_autofree char *pass = ot_pass_new (KEY, NOW);

  g_assert_true (ot_pass_is_good (KEY, pass, NOW));
  g_assert_true (ot_pass_is_good (KEY, pass, NOW + OT_PASS_LIFE_US - 1));
  g_assert_false (ot_pass_is_good (KEY, pass, NOW + OT_PASS_LIFE_US));
  g_assert_false (ot_pass_is_good ("another key of the same length 012", pass, NOW));
}

/* Each single character counts, and so does the length. */
static void
test_altered (void)
{
  g_autofree char *pass = ot_pass_new (KEY, NOW);
  g_autofree char *longer = g_strconcat (pass, "0", NULL);

  for (char *c = pass; *c != '\0'; c++) {
    char right = *c;
    *c = right == '5' ? '6' : '5';
    g_assert_false (ot_pass_is_good (KEY, pass, NOW));
    *c = right;
  }
  g_assert_true (ot_pass_is_good (KEY, pass, NOW));
  g_assert_false (ot_pass_is_good (KEY, longer, NOW));
  for (gsize length = strlen (pass); length-- > 0;) {
    pass[length] = '\0';
    g_assert_false (ot_pass_is_good (KEY, pass, NOW));
  }
  g_assert_false (ot_pass_is_good (KEY, NULL, NOW));
}

/* A later end is no better without the key. */
static void
test_prolonged (void)
{
  g_autofree char *pass = ot_pass_new (KEY, NOW);
  g_autofree char *later =
      ot_pass_new ("some key of another server, 012345", NOW + OT_PASS_LIFE_US);
  g_autofree char *mixed = g_strdup (later);

  g_strlcpy (mixed + 17, pass + 17, strlen (pass) - 16);
  g_assert_false (ot_pass_is_good (KEY, later, NOW));
  g_assert_false (ot_pass_is_good (KEY, mixed, NOW));
  g_assert_false (ot_pass_is_good (KEY, "otc_ffffffffffffffffffff_0", NOW));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pass/life", test_life);
  g_test_add_func ("/pass/altered", test_altered);
  g_test_add_func ("/pass/prolonged", test_prolonged);
  return g_test_run ();
}
