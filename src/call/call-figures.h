#pragma once

#include "metric.h"
#include "reason.h"

/**
 * OtCallFigures:
 *
 * What the registry and its calls count and measure, since the start of this server. Written by
 * call/ alone. Thread: main loop.
 */
typedef struct {
  OtCounter requests;                /* calls that came into being here */
  OtCounter ends[OT_REASON_N];       /* calls whose end the database has */
  OtCounter units, points, earnings; /* charged; points of users, and of them the otomos' share */
  OtHistogram setup_us;     /* from call_accept until ICE and DTLS of both sides are complete */
  OtHistogram first_rtp_us; /* from call_accept to the first RTP, which begins the bill */
  OtHistogram charge_us;    /* from when a unit is charged until the database has committed it */
  OtHistogram mos_percent;  /* of each side of each call that is over, as it heard the other */
} OtCallFigures;

/** ot_call_figures_init: all zero. */
void ot_call_figures_init (OtCallFigures *self);
