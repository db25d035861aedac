/* systemd's protocol, by its own library. Decides nothing. */

#include "supervisor.h"

#include <systemd/sd-daemon.h>

#define STOP_PATIENCE_US (60 * G_USEC_PER_SEC) /* the unit's TimeoutStopSec */

static void
show_life (gpointer user_data)
{
  OtSupervisor *self = user_data;

  sd_notify (0, "WATCHDOG=1");
  ot_timer_arm (&self->life, ot_clock_mono_us (self->clock) + self->interval_us, show_life, self);
}

void
ot_supervisor_ready (OtSupervisor *self, const OtClock *clock, const char *status)
{
  guint64 patience_us = 0;

  self->clock = clock;
  sd_notifyf (0, "READY=1\nSTATUS=%s", status);
  if (sd_watchdog_enabled (0, &patience_us) <= 0)
    return;
  self->interval_us = (gint64)(patience_us / 2);
  show_life (self);
}

void
ot_supervisor_draining (OtSupervisor *self, const char *status, gint64 patience_us)
{
  sd_notifyf (0, "STATUS=%s\nEXTEND_TIMEOUT_USEC=%" G_GINT64_FORMAT, status,
              patience_us + STOP_PATIENCE_US);
}

void
ot_supervisor_stopping (OtSupervisor *self)
{
  sd_notify (0, "STOPPING=1");
}

void
ot_supervisor_end (OtSupervisor *self)
{
  ot_timer_cancel (&self->life);
}
