/* Who visits, and how often they may. */

#include "doorkeeper.h"

static gint64 now_us = 1000 * G_USEC_PER_SEC;

static gint64
get_now_us (const OtClock *clock)
{
  return now_us;
}

static const OtClock test_clock = { get_now_us, get_now_us };

static OtDoorkeeper *
make (const char *proxies)
{
  OtDoorkeeperRules rules = { 3, { 2, 60 * G_USEC_PER_SEC }, proxies };
  g_autoptr (GError) error = NULL;
  OtDoorkeeper *self = ot_doorkeeper_new (&rules, &test_clock, &error);

  g_assert_no_error (error);
  return self;
}

static void
assert_visitor (const OtDoorkeeper *self,
                const char *address,
                const char *forwarded_for,
                const char *expected)
{
  g_autoptr (GInetAddress) parsed = g_inet_address_new_from_string (address);
  g_autofree char *visitor = ot_doorkeeper_visitor (self, parsed, forwarded_for);

  g_assert_cmpstr (visitor, ==, expected);
}

static void
test_names (void)
{
  g_autoptr (OtDoorkeeper) self = make ("127.0.0.0/8 10.1.0.0/16  2001:db8::1");

  assert_visitor (self, "192.0.2.7", NULL, "192.0.2.7");
  assert_visitor (self, "::ffff:192.0.2.7", NULL, "192.0.2.7");
  assert_visitor (self, "2001:db8:1:2:3:4:5:6", NULL, "2001:db8:1:2::/64");
  assert_visitor (self, "192.0.2.7", "198.51.100.1",
                  "192.0.2.7"); /* it is no proxy: not believed */
  assert_visitor (self, "127.0.0.1", NULL, NULL);
  assert_visitor (self, "127.0.0.1", "198.51.100.1", "198.51.100.1");
  assert_visitor (self, "::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1");
  assert_visitor (self, "127.0.0.1", "203.0.113.9, 198.51.100.1 ,10.1.2.3",
                  "198.51.100.1"); /* the rest it made up */
  assert_visitor (self, "127.0.0.1", "10.1.2.3", NULL);
  assert_visitor (self, "127.0.0.1", "198.51.100.1, nonsense", NULL);
  assert_visitor (self, "127.0.0.1", "192.0.2.7:1, 198.51.100.1:5678", "198.51.100.1");
  assert_visitor (self, "127.0.0.1", "[2001:db8:9::1]:443", "2001:db8:9::/64");
  assert_visitor (self, "127.0.0.1", "[2001:db8:9::1]", "2001:db8:9::/64");
  assert_visitor (self, "127.0.0.1", "198.51.100.1, 10.1.2.3:80", "198.51.100.1");
  assert_visitor (self, "127.0.0.1", "[2001:db8:9::1", NULL);
  assert_visitor (self, "127.0.0.1", "[2001:db8:9::1]x", NULL);
  assert_visitor (self, "127.0.0.1", ":443", NULL);
  assert_visitor (self, "127.0.0.1", "[]:443", NULL);
  assert_visitor (self, "2001:db8::1", "2001:db8:9::1", "2001:db8:9::/64");
}

static void
test_connections (void)
{
  g_autoptr (OtDoorkeeper) self = make (NULL);

  for (int i = 0; i < 3; i++)
    g_assert_true (ot_doorkeeper_enter (self, "a"));
  g_assert_false (ot_doorkeeper_enter (self, "a"));
  g_assert_true (ot_doorkeeper_enter (self, "b"));
  ot_doorkeeper_leave (self, "a");
  g_assert_true (ot_doorkeeper_enter (self, "a"));
}

static void
test_wrong_tokens (void)
{
  g_autoptr (OtDoorkeeper) self = make (NULL);

  g_assert_true (ot_doorkeeper_listens (self, "a"));
  ot_doorkeeper_wrong_token (self, "a");
  ot_doorkeeper_wrong_token (self, "a");
  g_assert_false (ot_doorkeeper_listens (self, "a"));
  g_assert_true (ot_doorkeeper_listens (self, "b"));
  g_assert_true (ot_doorkeeper_enter (self, "a")); /* going and coming does not help */
  ot_doorkeeper_leave (self, "a");
  g_assert_false (ot_doorkeeper_listens (self, "a"));
  now_us += 30 * G_USEC_PER_SEC;
  g_assert_true (ot_doorkeeper_listens (self, "a"));
}

/* All of them were on their way before the first answer was known. */
static void
test_wrong_tokens_at_once (void)
{
  g_autoptr (OtDoorkeeper) self = make (NULL);

  for (int i = 0; i < 200; i++)
    ot_doorkeeper_wrong_token (self, "a");
  now_us += 60 * G_USEC_PER_SEC;
  g_assert_false (ot_doorkeeper_listens (self, "a"));
  now_us += 30 * G_USEC_PER_SEC; /* and whoever lives at the same address is not out for long */
  g_assert_true (ot_doorkeeper_listens (self, "a"));
}

/* An attacker with a million addresses does not take a million entries. */
static void
test_bounded (void)
{
  g_autoptr (OtDoorkeeper) self = make (NULL);

  g_assert_true (ot_doorkeeper_enter (self, "keeps its connection"));
  for (int i = 0; i < 200000; i++) {
    g_autofree char *name = g_strdup_printf ("%d", i);
    ot_doorkeeper_wrong_token (self, name);
  }
  ot_doorkeeper_leave (self,
                       "keeps its connection"); /* would stop the process had it been forgotten */
}

static void
test_bad_proxies (void)
{
  OtDoorkeeperRules rules = { .proxies = "10.0.0.0/8 somewhere" };
  g_autoptr (GError) error = NULL;

  g_assert_null (ot_doorkeeper_new (&rules, &test_clock, &error));
  g_assert_nonnull (error);
}

static void
test_other_rules (void)
{
  g_autoptr (OtDoorkeeper) self = make ("127.0.0.1");
  OtDoorkeeperRules one = { 1, { 2, 60 * G_USEC_PER_SEC }, "192.0.2.1" };
  OtDoorkeeperRules bad = { 3, { 2, 60 * G_USEC_PER_SEC }, "somewhere" };
  g_autoptr (GError) error = NULL;

  g_assert_true (ot_doorkeeper_enter (self, "guest") && ot_doorkeeper_enter (self, "guest"));
  g_assert_true (ot_doorkeeper_set_rules (self, &one, NULL));
  assert_visitor (self, "127.0.0.1", "203.0.113.9", "127.0.0.1");
  assert_visitor (self, "192.0.2.1", "203.0.113.9", "203.0.113.9");
  g_assert_false (ot_doorkeeper_set_rules (self, &bad, &error));
  assert_visitor (self, "192.0.2.1", "203.0.113.9", "203.0.113.9");
  ot_doorkeeper_leave (self, "guest");
  g_assert_false (ot_doorkeeper_enter (self, "guest"));
  ot_doorkeeper_leave (self, "guest");
  g_assert_true (ot_doorkeeper_enter (self, "guest"));
  ot_doorkeeper_leave (self, "guest");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/doorkeeper/names", test_names);
  g_test_add_func ("/doorkeeper/connections", test_connections);
  g_test_add_func ("/doorkeeper/wrong-tokens", test_wrong_tokens);
  g_test_add_func ("/doorkeeper/wrong-tokens-at-once", test_wrong_tokens_at_once);
  g_test_add_func ("/doorkeeper/bounded", test_bounded);
  g_test_add_func ("/doorkeeper/bad-proxies", test_bad_proxies);
  g_test_add_func ("/doorkeeper/other-rules", test_other_rules);
  return g_test_run ();
}
