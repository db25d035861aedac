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

/* ---- many ---- */

#define MANY 1000

typedef struct {
  OtTimer timers[MANY];
  OtTimer busy;
  int n_fired, n_turns, last;
  GMainLoop *loop;
} Crowd;

typedef struct {
  Crowd *crowd;
  int number;
} Member;

static void
on_member (gpointer user_data)
{
  Member *member = user_data;
  Crowd *crowd = member->crowd;

  g_assert_cmpint (member->number, ==, crowd->last + 1);
  crowd->last = member->number;
  ot_timer_cancel (
      &crowd->timers[(member->number + 1) % MANY]); /* every other one, the last but one included */
  crowd->last++;
  if (++crowd->n_fired == MANY / 2)
    g_main_loop_quit (crowd->loop);
}

/* Always due again, and yet nobody waits for it to have enough. */
static void
on_busy (gpointer user_data)
{
  Crowd *crowd = user_data;

  ot_timer_arm (&crowd->busy, 0, on_busy, crowd);
}

static gboolean
on_turn (gpointer user_data)
{
  ((Crowd *)user_data)->n_turns++;
  return G_SOURCE_CONTINUE;
}

/* In order, all but those cancelled, and with turns of the loop for others in between. */
static void
test_many (void)
{
  Crowd crowd = { .last = -1, .loop = g_main_loop_new (NULL, FALSE) };
  Member members[MANY];
  guint turns = g_idle_add_full (G_PRIORITY_DEFAULT, on_turn, &crowd, NULL);

  ot_timer_arm (&crowd.busy, 0, on_busy, &crowd);
  for (int i = MANY - 1; i >= 0; i--) {
    members[i] = (Member){ &crowd, i };
    ot_timer_arm (&crowd.timers[i], 1000 + i / 10, on_member, &members[i]);
  }
  for (int i = 0; i < MANY; i++) /* ten each at one instant: as they were armed */
    ot_timer_arm (&crowd.timers[i], 1000 + i / 10, on_member, &members[i]);
  g_main_loop_run (crowd.loop);
  g_assert_cmpint (crowd.n_turns, >=, 10);
  ot_timer_cancel (&crowd.busy);
  for (int i = 0; i < MANY; i++)
    g_assert_false (ot_timer_is_armed (&crowd.timers[i]));
  g_source_remove (turns);
  g_main_loop_unref (crowd.loop);
}

/* ---- another scheduler: it keeps the last timer, and the test fires it ---- */

static void
keep (gpointer self, OtTimer *timer)
{
  *(OtTimer **)self = timer;
  timer->armed = timer;
}

static void
forget (gpointer self, OtTimer *timer)
{
  g_assert_true (*(OtTimer **)self == timer);
  *(OtTimer **)self = NULL;
}

static void
count (gpointer user_data)
{
  ++*(int *)user_data;
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
  g_test_add_func ("/timer/many", test_many);
  g_test_add_func ("/timer/scheduler", test_scheduler);
  return g_test_run ();
}
