/* GST_DEBUG's syntax: which lines are written. */

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static void
test_levels (void)
{
  g_assert_true (ot_log_enabled ("otomo-call", OT_LOG_INFO)); /* the default */
  g_assert_false (ot_log_enabled ("otomo-call", OT_LOG_DEBUG));
  ot_log_set_levels ("otomo-call:5,otomo-media:LOG");
  g_assert_true (ot_log_enabled ("otomo-call", OT_LOG_DEBUG));
  g_assert_false (ot_log_enabled ("otomo-call", OT_LOG_TRACE));
  g_assert_true (ot_log_enabled ("otomo-media", OT_LOG_TRACE));
  g_assert_false (ot_log_enabled ("otomo-net", OT_LOG_DEBUG));
  ot_log_set_levels ("otomo*:2");
  g_assert_false (ot_log_enabled ("otomo-call", OT_LOG_INFO)); /* the last that matches counts */
  g_assert_true (ot_log_enabled ("otomo-call", OT_LOG_WARNING));
  ot_log_set_levels ("4,otomo-net:none");
  g_assert_true (ot_log_enabled ("otomo-call", OT_LOG_INFO));
  g_assert_false (ot_log_enabled ("otomo-net", OT_LOG_ERROR));
}

static void
test_text (void)
{
  g_autofree char *plain = ot_log_text ("call_abc");
  g_autofree char *nasty = ot_log_text ("a\nb\x1b[31m\xff\\");
  g_autofree char *none = ot_log_text (NULL);
  g_autofree char *huge = g_strnfill (5000, 'x');
  g_autofree char *cut = ot_log_text (huge);

  g_assert_cmpstr (plain, ==, "call_abc");
  g_assert_cmpstr (nasty, ==, "a\\x0ab\\x1b[31m\\xff\\");
  g_assert_cmpstr (none, ==, "(null)");
  g_assert_cmpuint (strlen (cut), <, 210);
}

/* Whatever a client sends, a line stays a line. */
static void
test_line (void)
{
  g_autofree char *huge = g_strnfill (5000, 'x');

  if (g_test_subprocess ()) {
    ot_log_write ("otomo-net", OT_LOG_INFO, "file.c", 1, "says %s",
                  "a\nERROR forged \x1b[31m \u202e 純子 \xff");
    ot_log_write ("otomo-net", OT_LOG_INFO, "file.c", 1, "%s", huge);
    exit (0);
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr (
      "*says a\\x0aERROR forged \\x1b[31m \\xe2\\x80\\xae 純子 \\xff\n*xxx…\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/log/levels", test_levels);
  g_test_add_func ("/log/text", test_text);
  g_test_add_func ("/log/line", test_line);
  return g_test_run ();
}
