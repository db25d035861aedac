/* The end of a server, in order: new calls are refused, calls end, the database has it, people are
 * told and go, the database is left, the loop quits. Waits are bounded, and are looks at what is
 * still open; frees nothing. */

#include "app-private.h"
#include "log.h"

#define QUIET_INTERVAL_US (20 * G_TIME_SPAN_MILLISECOND)
#define QUIET_DEADLINE_US (10 * G_TIME_SPAN_SECOND)

/* ---- stopping ---- */

static void
on_store_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtApp *self = user_data;

  ot_store_close_finish (self->store, result);
  g_main_loop_quit (self->loop);
}

static void
close_store (OtApp *self)
{
  g_clear_pointer (&self->librarian, ot_librarian_free);
  ot_courier_stop (self->courier);
  ot_store_close_async (self->store, on_store_closed, self);
}

static void
on_hub_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtApp *self = user_data;

  ot_hub_close_finish (self->hub, result);
  close_store (self);
}

/* Calls are over when the database has their ends; then people may go. */
static void
on_quiet (gpointer user_data)
{
  OtApp *self = user_data;
  gint64 now_us = ot_clock_mono_us (self->clock);

  if (!(ot_registry_is_quiet (self->registry) && ot_media_server_is_quiet (self->media))
      && now_us < self->quiet_deadline_us) {
    ot_timer_arm (&self->quiet_timer, now_us + QUIET_INTERVAL_US, on_quiet, self);
    return;
  }
  if (!ot_registry_is_quiet (self->registry))
    ot_warning (
        "the database did not take the end of every call in time; the next start closes them");
  ot_hub_close_async (self->hub, on_hub_closed, self);
}

void
ot_app_stop (OtApp *self)
{
  if (self->stopping)
    return;
  self->stopping = TRUE;
  ot_info ("stopping");
  ot_supervisor_stopping (&self->supervisor);
  ot_timer_cancel (&self->alive_timer);
  if (self->registry == NULL) {
    close_store (self);
    return;
  }
  if (self->server != NULL)
    ot_server_stop (self->server);
  ot_listener_stop (self->admin_listener);
  if (self->console != NULL)
    ot_console_stop (self->console);
  ot_registry_shut_down (self->registry, FALSE);
  self->quiet_deadline_us = ot_clock_mono_us (self->clock) + QUIET_DEADLINE_US;
  on_quiet (self);
}

void
ot_app_give_up (OtApp *self, GError *error)
{
  if (self->error == NULL)
    self->error = error;
  else
    g_error_free (error);
  ot_app_stop (self);
}

/* Its calls are closed in the database, by somebody else; here they end with system_error. Whoever
 * starts it again gets a new epoch, or hears that its name is taken. */
void
ot_app_on_lease_lost (gpointer user_data)
{
  OtApp *self = user_data;

  if (self->registry != NULL)
    ot_registry_shut_down (self->registry, TRUE);
  ot_app_give_up (
      self,
      g_error_new (OT_APP_ERROR, OT_APP_ERROR_LEASE_LOST,
                   "another server has taken over the calls of \"%s\"; start it again to serve on",
                   self->config->server_node));
}

/* ---- draining ---- */

static void
on_drained (gpointer user_data)
{
  OtApp *self = user_data;
  gint64 now_us = ot_clock_mono_us (self->clock);
  guint n_live = ot_registry_n_live (self->registry);

  if (n_live > 0 && now_us < self->quiet_deadline_us) {
    ot_timer_arm (&self->quiet_timer, now_us + QUIET_INTERVAL_US, on_drained, self);
    return;
  }
  if (n_live > 0)
    ot_warning ("%u calls still go on after server.drain_timeout: they end now", n_live);
  ot_app_stop (self);
}

void
ot_app_drain (OtApp *self)
{
  guint n_live = self->registry != NULL ? ot_registry_n_live (self->registry) : 0;
  g_autofree char *status =
      g_strdup_printf ("draining: %u calls may go on for %g s; a second signal ends them", n_live,
                       (double)self->config->server_drain_timeout_us / G_USEC_PER_SEC);

  if (self->stopping || n_live == 0 || self->config->server_drain_timeout_us == 0) {
    ot_app_stop (self);
    return;
  }
  self->draining = TRUE;
  ot_registry_drain (self->registry);
  ot_supervisor_draining (&self->supervisor, status, self->config->server_drain_timeout_us);
  ot_info ("%s", status);
  self->quiet_deadline_us = ot_clock_mono_us (self->clock) + self->config->server_drain_timeout_us;
  on_drained (self);
}
