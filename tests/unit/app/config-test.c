/* Settings: where they come from, which wins, and what a mistake is answered with. */

#include <glib.h>
#include <glib/gstdio.h>

#include "config.h"

static OtConfig *
read_text (const char *text, const char *const *sets, GError **error)
{
  g_autofree char *path = NULL;
  OtConfig *config;
  int fd = g_file_open_tmp ("otomod-XXXXXX.conf", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  config = ot_config_new (path, sets, error);
  g_unlink (path);
  return config;
}

static void
test_which_wins (void)
{
  static const char *const sets[] = { "call.rtp_pause=0.5", "billing.unit_seconds=2", NULL };
  g_autoptr (OtConfig) config = NULL;
  g_autoptr (GError) error = NULL;

  g_setenv ("OTOMO_CALL_RTP_PAUSE", "7", TRUE);
  g_setenv ("OTOMO_CALL_RTP_TIMEOUT", "20", TRUE);
  g_setenv ("OTOMO_DATABASE", "postgresql:///x", TRUE);
  config = read_text ("[call]\nrtp_pause=4\nrtp_timeout=5\nlost_timeout=6\n", sets, &error);
  g_assert_no_error (error);
  g_assert_cmpint (config->call_rtp_pause_us, ==, 500000);
  g_assert_cmpint (config->call_rtp_timeout_us, ==, 20000000);
  g_assert_cmpint (config->call_lost_timeout_us, ==, 6000000);
  g_assert_cmpint (config->call_ring_timeout_us, ==, 45000000);
  g_assert_cmpint (config->billing_unit_seconds, ==, 2);
  g_assert_cmpstr (config->database_url, ==, "postgresql:///x");
  g_unsetenv ("OTOMO_CALL_RTP_PAUSE");
  g_unsetenv ("OTOMO_CALL_RTP_TIMEOUT");
  g_unsetenv ("OTOMO_DATABASE");
}

static void
test_mistakes (void)
{
  /* clang-format off */
  static const struct {
    const char *file;
    const char *set;
    const char *says;
  } rows[] = {
    { "[call]\nring_timeout=soon\n", NULL, "*call.ring_timeout: \"soon\" is not a number of seconds*" },
    { "[call]\nring_timeout=nan\n", NULL, "*is not a number of seconds*" },
    { "[call]\nring_timeuot=3\n", NULL, "*there is no setting call.ring_timeuot*" },
    { "nonsense", NULL, "*can't be read: line 1 *" },
    { "[call]\n# ring\n\nring_timeout\n", NULL, "*can't be read: line 4 *" },
    { "[server]\nnode=a\n[call]\n#ring_timeout=1\nring_timeout = soon\n", NULL, "*.conf:5: call.ring_timeout:*" },
    { "[call]\nrtp_pause=1\nrtp_pouse=1\n", NULL, "*.conf:3: there is no setting call.rtp_pouse*" },
    { "", "billing.unit_seconds=0", "*billing.unit_seconds: \"0\" is not a whole number from 1*" },
    { "", "billing.unit_seconds=1.5", "*is not a whole number*" },
    { "", "billing.charge=later", "*is not one of*" },
    { "", "billing", "*GROUP.KEY=VALUE*" },
    { "", "media.port=70000", "*media.port*65535*" },
  };
  /* clang-format on */

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    const char *sets[] = { rows[i].set, NULL };
    g_autoptr (GError) error = NULL;
    g_assert_null (read_text (rows[i].file, sets, &error));
    g_assert_nonnull (error);
    if (!g_pattern_match_simple (rows[i].says, error->message))
      g_error ("%s: does not match %s", error->message, rows[i].says);
  }
}

static gboolean
has (GPtrArray *names, const char *name)
{
  return g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL);
}

static void
test_reload (void)
{
  static const char *const sets[] = { "limit.person_calls=7", NULL };
  g_autofree char *path = NULL;
  g_autoptr (OtConfig) running = NULL;
  g_autoptr (OtConfig) fresh = NULL;
  g_autoptr (GPtrArray) changed = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp ("otomod-XXXXXX.conf", &path, NULL);

  g_close (fd, NULL);
  g_file_set_contents (path, "[limit]\ncalls=5\n[media]\nport=1000\n[server]\nnode=a\n", -1, NULL);
  running = ot_config_new (path, sets, NULL);
  g_file_set_contents (path, "[limit]\ncalls=6\nperson_calls=9\n[media]\nport=2000\n", -1, NULL);
  fresh = ot_config_reload (running, changed, kept, &error);
  g_assert_no_error (error);
  g_assert_cmpint (fresh->limit_calls, ==, 6);
  g_assert_cmpint (fresh->limit_person_calls, ==, 7);
  g_assert_cmpint (fresh->media_port, ==, 1000);
  g_assert_cmpstr (fresh->server_node, ==, "a");
  g_assert_true (changed->len == 1 && has (changed, "limit.calls"));
  g_assert_true (kept->len == 2 && has (kept, "media.port") && has (kept, "server.node"));

  g_file_set_contents (path, "[limit]\ncalls=0\n", -1, NULL);
  g_assert_null (ot_config_reload (running, changed, kept, &error));
  g_assert_error (error, OT_CONFIG_ERROR, OT_CONFIG_ERROR_VALUE);
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/which-wins", test_which_wins);
  g_test_add_func ("/config/mistakes", test_mistakes);
  g_test_add_func ("/config/reload", test_reload);
  return g_test_run ();
}
