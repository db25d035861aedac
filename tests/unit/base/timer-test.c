/* One-shot timers: order, moving, cancelling, and arming again from inside. */

#include <glib.h>

#include "clock.h"
#include "timer.h"

typedef struct {
  GMainLoop *loop;
  GString *order;
  OtTimer first, second, third;
} Fixture;

static void
on_first (gpointer user_data)
{
  Fixture *fixture = user_data;

  g_string_append_c (fixture->order, '1');
  g_assert_false (ot_timer_is_armed (&fixture->first));
  ot_timer_cancel (&fixture->third);
  if (fixture->order->len == 1)
    ot_timer_arm (&fixture->first, 0, on_first, fixture); /* in the past: the next turn */
}

static void
on_second (gpointer user_data)
{
  Fixture *fixture = user_data;

  g_string_append_c (fixture->order, '2');
  g_main_loop_quit (fixture->loop);
}

static void
on_third (gpointer user_data)
{
  g_assert_not_reached ();
}

static void
test_timers (void)
{
  Fixture fixture = { .loop = g_main_loop_new (NULL, FALSE), .order = g_string_new (NULL) };
  gint64 now_us = ot_clock_mono_us (ot_clock_real ());

  ot_timer_arm (&fixture.third, now_us + 20000, on_third, &fixture);
  ot_timer_arm (&fixture.second, now_us, on_third, &fixture);
  ot_timer_arm (&fixture.second, now_us + 30000, on_second, &fixture); /* moved */
  ot_timer_arm (&fixture.first, now_us + 10000, on_first, &fixture);
  g_main_loop_run (fixture.loop);
  g_assert_cmpstr (fixture.order->str, ==, "112");
  g_string_free (fixture.order, TRUE);
  g_main_loop_unref (fixture.loop);
}

/* ---- another scheduler: it keeps the last timer, and the test fires it ---- */

static void
keep (gpointer self, OtTimer *timer)
{
  *(OtTimer **) self = timer;
  timer->armed = timer;
}

static void
forget (gpointer self, OtTimer *timer)
{
  g_assert_true (*(OtTimer **) self == timer);
  *(OtTimer **) self = NULL;
}

static void
count (gpointer user_data)
{
  ++*(int *) user_data;
}

static void
test_scheduler (void)
{
  OtTimer timer = { 0 };
  OtTimer *kept = NULL;
  OtScheduler scheduler = { &kept, keep, forget };
  int fired = 0;

  ot_timer_set_scheduler (&scheduler);
  ot_timer_arm (&timer, 5, count, &fired);
  ot_timer_arm (&timer, 7, count, &fired); /* moved: forgotten first */
  g_assert_true (kept == &timer);
  g_assert_cmpint (kept->due_us, ==, 7);
  ot_timer_fire (kept);
  g_assert_false (ot_timer_is_armed (&timer));
  ot_timer_arm (&timer, 9, count, &fired);
  ot_timer_cancel (&timer);
  g_assert_null (kept);
  ot_timer_cancel (&timer);
  g_assert_cmpint (fired, ==, 1);
  ot_timer_set_scheduler (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/timer/timers", test_timers);
  g_test_add_func ("/timer/scheduler", test_scheduler);
  return g_test_run ();
}
