#pragma once

#include "clock.h"
#include "lane.h"

/**
 * OtTidying:
 *
 * Setting a call up takes ten times the memory that a call keeps, in pieces; the C library holds on
 * to what is freed of it. While legs come and go, and once afterwards, free pages are given back,
 * by a worker, at most every OT_TIDYING_US.
 *
 * Thread: main loop.
 */
typedef struct _OtTidying OtTidying;

#define OT_TIDYING_US (2 * G_USEC_PER_SEC)

/** ot_tidying_new: @workers, @clock: outlive it. */
OtTidying *ot_tidying_new (OtWorkers *workers, const OtClock *clock);
void ot_tidying_free (OtTidying *self);

/** ot_tidying_note: A leg came up or a call was closed: there will be something to give back. */
void ot_tidying_note (OtTidying *self);
