/* The ring of a session's newest messages: what is there after any number of puts, and what is not.
 */

#include "replay.h"

static void
put (OtReplay *replay, int from, int to)
{
  for (int i = from; i <= to; i++) {
    g_autofree char *message = g_strdup_printf ("%04d", i);
    ot_replay_put (replay, message);
  }
}

static void
assert_after (OtReplay *replay, int last, int newest)
{
  g_autoptr (GPtrArray) after = NULL;

  g_assert_true (ot_replay_reaches (replay, last));
  after = ot_replay_get_after (replay, last);
  g_assert_cmpuint (after->len, ==, newest - last);
  for (guint i = 0; i < after->len; i++)
    g_assert_cmpint (g_ascii_strtoll (after->pdata[i], NULL, 10), ==, last + 1 + (int)i);
}

static void
test_every_point (void)
{
  OtReplay *replay = ot_replay_new (1000, 1000000);

  assert_after (replay, 0, 0);
  put (replay, 1, 1000);
  for (int last = 0; last <= 1000; last++)
    assert_after (replay, last, 1000);
  g_assert_false (ot_replay_reaches (replay, 1001));
  g_assert_false (ot_replay_reaches (replay, -1));
  ot_replay_free (replay);
}

static void
test_count (void)
{
  OtReplay *replay = ot_replay_new (10, 1000000);

  put (replay, 1, 1000);
  g_assert_false (ot_replay_reaches (replay, 989));
  assert_after (replay, 990, 1000);
  g_assert_cmpuint (ot_replay_get_bytes (replay), ==, 40);
  ot_replay_free (replay);
}

static void
test_bytes (void)
{
  OtReplay *replay = ot_replay_new (1000, 22);

  put (replay, 1, 100);
  g_assert_cmpuint (ot_replay_get_bytes (replay), ==, 20);
  g_assert_false (ot_replay_reaches (replay, 94));
  assert_after (replay, 95, 100);
  ot_replay_put (replay, "more than all that may be kept");
  g_assert_cmpuint (ot_replay_get_bytes (replay), ==, 0);
  g_assert_false (ot_replay_reaches (replay, 100));
  assert_after (replay, 101, 101);
  ot_replay_free (replay);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/replay/every-point", test_every_point);
  g_test_add_func ("/replay/count", test_count);
  g_test_add_func ("/replay/bytes", test_bytes);
  return g_test_run ();
}
