#pragma once

#include "clock.h"
#include "timer.h"

/**
 * OtSupervisor:
 *
 * What systemd is told of this process (sd_notify(3)): that it serves, that it stops, and, when the
 * unit has a watchdog (WatchdogSec), a sign of life from the loop twice in that time: a loop that
 * hangs is a service that is lost, and is started anew. Without systemd nothing happens.
 *
 * Lives inside its owner's struct. Thread: main loop.
 */
typedef struct {
  const OtClock *clock; /* borrowed */
  OtTimer life;
  gint64 interval_us;
} OtSupervisor;

/** ot_supervisor_ready: it serves; @status is for a person. */
void ot_supervisor_ready (OtSupervisor *self, const OtClock *clock, const char *status);

/** ot_supervisor_draining: it will stop, and may take @patience_us until then beyond what its unit
 * allows for a stop (TimeoutStopSec); @status is for a person. */
void ot_supervisor_draining (OtSupervisor *self, const char *status, gint64 patience_us);

/** ot_supervisor_stopping: it stops; the watchdog is fed on until ot_supervisor_end(). Before
 * ot_supervisor_ready(), too. */
void ot_supervisor_stopping (OtSupervisor *self);

/** ot_supervisor_end: no more signs of life. */
void ot_supervisor_end (OtSupervisor *self);
