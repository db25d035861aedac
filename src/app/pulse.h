#pragma once

#include "clock.h"
#include "metric.h"
#include "timer.h"

/**
 * OtPulse:
 *
 * How long the main loop keeps what is due waiting: ten times a second, by how much the timer came
 * late. Lives inside its owner's struct.
 *
 * Thread: main loop.
 */
typedef struct {
  const OtClock *clock; /* borrowed */
  OtTimer beat;
  OtHistogram stall_us;
} OtPulse;

void ot_pulse_start (OtPulse *self, const OtClock *clock);
void ot_pulse_stop (OtPulse *self);
