/* GST_DEBUG's syntax: which lines are written. */

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "log-line.h"

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
    ot_log_write ("otomo-net", OT_LOG_INFO, NULL, "file.c", 1, "says %s",
                  "a\nERROR forged \x1b[31m \u202e 純子 \xff");
    ot_log_write ("otomo-net", OT_LOG_INFO, NULL, "file.c", 1, "%s", huge);
    exit (0);
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr (
      "*says a\\x0aERROR forged \\x1b[31m \\xe2\\x80\\xae 純子 \\xff\n*xxx…\n");
}

/* What a line is about begins its message, and is a field where there are fields. */
static void
test_forms (void)
{
  OtLogLine line = { .wall_us = 1500,
                     .topic = "otomo-call",
                     .level = OT_LOG_WARNING,
                     .about = { .call = "c\"1", .event = "call_accept" },
                     .file = "src/call/call.c",
                     .line = 7,
                     .message = "ringing\n\xff" };
  g_autofree char *text = ot_log_line_text (&line);
  g_autofree char *json = ot_log_line_json (&line);
  g_autofree char *of_session = NULL;
  g_autofree char *of_nothing = NULL;

  g_assert_cmpstr (text, ==,
                   "1970-01-01T00:00:00.001Z WARN  otomo-call   call c\"1: ringing\\x0a\\xff\n");
  g_assert_cmpstr (json, ==,
                   "{\"time\":\"1970-01-01T00:00:00.001Z\",\"level\":\"WARN\","
                   "\"topic\":\"otomo-call\",\"call\":\"c\\\"1\",\"event\":\"call_accept\","
                   "\"message\":\"call c\\\"1: ringing\\u000a\uFFFD\"}\n");
  line.about = (OtLogSubject){ .session = "s1" };
  of_session = ot_log_line_json (&line);
  g_assert_nonnull (strstr (of_session, ",\"session\":\"s1\",\"message\":\"session s1: "));
  line.about = (OtLogSubject){ 0 };
  of_nothing = ot_log_line_json (&line);
  g_assert_nonnull (strstr (of_nothing, "\"topic\":\"otomo-call\",\"message\":\"ringing"));
}

/* Nothing is lost where there is no journal, and it is said once; where there is one, standard
 * error has nothing. */
static void
test_journal (void)
{
  if (g_test_subprocess ()) {
    ot_log_set_form (OT_LOG_FORM_JOURNAL);
    ot_log_write ("otomo-net", OT_LOG_INFO, NULL, "file.c", 1, "first");
    ot_log_write ("otomo-net", OT_LOG_INFO, NULL, "file.c", 1, "second");
    exit (0);
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  if (g_file_test ("/run/systemd/journal/socket", G_FILE_TEST_EXISTS)) {
    g_test_trap_assert_stderr ("");
    return;
  }
  g_test_trap_assert_stderr ("*first\n*the journal can't be reached*\n*second\n");
  g_test_trap_assert_stderr_unmatched ("*the journal*the journal*");
}

/* What libraries say is a line like others: a file of JSON stays one. */
static void
test_libraries (void)
{
  if (g_test_subprocess ()) {
    ot_log_take_glib ();
    ot_log_set_form (OT_LOG_FORM_JSON);
    g_log_set_always_fatal (G_LOG_FATAL_MASK);
    g_log ("libsoup", G_LOG_LEVEL_WARNING, "said\ntwice");
    g_log ("libsoup", G_LOG_LEVEL_INFO, "not by default");
    exit (0);
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr (
      "{*\"level\":\"WARN\",\"topic\":\"libsoup\",\"message\":\"said\\u000atwice\"}\n");
  g_test_trap_assert_stderr_unmatched ("*not by default*");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/log/levels", test_levels);
  g_test_add_func ("/log/text", test_text);
  g_test_add_func ("/log/line", test_line);
  g_test_add_func ("/log/forms", test_forms);
  g_test_add_func ("/log/libraries", test_libraries);
  g_test_add_func ("/log/journal", test_journal);
  return g_test_run ();
}
