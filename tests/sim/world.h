#pragma once

#include <glib.h>

#include "clock.h"
#include "timer.h"

/**
 * World:
 *
 * A time of its own: nothing happens but what was planned, one thing after the other, and all
 * chance comes of one seed. The clock and the scheduler of the code under test.
 */
typedef struct _World World;
typedef void (*WorldFunc) (gpointer user_data);

/** world_new: takes over the thread's timers until world_free(). */
World *world_new (guint64 seed);
void world_free (World *self);

const OtClock *world_clock (const World *self);
gint64 world_now_us (const World *self);
gint64 world_wall_us (const World *self);

/** world_step_wall: the wall clock is set; the monotonic one doesn't know. */
void world_step_wall (World *self, gint64 by_us);

/** world_plan: @func is called so much later. @group: which plans world_forget() ends; 0: none of
 * them. @destroy: (nullable): of
 * @user_data, afterwards or when it doesn't come. */
void world_plan (World *self,
                 gint64 delay_us,
                 guint group,
                 WorldFunc func,
                 gpointer user_data,
                 GDestroyNotify destroy);

/** world_forget: what is planned in this group does not come. */
void world_forget (World *self, guint group);

/** world_stall: the process under test stands still for so long: its timers, and the plans of this
 * group, come afterwards, in their order. */
void world_stall (World *self, guint group, gint64 for_us);
gboolean world_is_stalled (const World *self);

/** world_run_one: the next thing happens. Returns: FALSE: there is none before @until_us; the time
 * is then that. */
gboolean world_run_one (World *self, gint64 until_us);

/** Chance: evenly from @from to @to, both included; one in so many per cent; how long until
 * something that comes once in @mean_us. */
gint64 world_between (World *self, gint64 from, gint64 to);
gboolean world_percent (World *self, int percent);
gint64 world_until (World *self, gint64 mean_us);

/** world_trace: adds to the hash that says whether two runs were the same. */
void world_trace (World *self, gint64 a, gint64 b);
guint64 world_hash (const World *self);
