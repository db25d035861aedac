#pragma once

#include <gst/gst.h>

#include "lane.h"
#include "leg.h"

/**
 * OtStock:
 *
 * Calls whose media was made ready ahead, while there was time: a pipeline that plays, with both
 * legs prepared (ot_leg_prepare()). At most as many as it is told. It is full at the start; what
 * was taken is made again by a worker, one call each OT_STOCK_US, and not while calls come faster
 * than that or the main loop is behind. A description (call.launch) that holds more than legs is
 * never made ahead: what else it does belongs to a call.
 *
 * Each takes two threads and some hundred kilobytes while it waits.
 */
typedef struct _OtStock OtStock;

#define OT_STOCK_US (200 * 1000)

/**
 * ot_stock_new:
 * @launch: of ot_call_pipeline_read(); borrowed, as all else
 * @size: how many calls; 0: none
 *
 * Takes some milliseconds for each of them. When one can't be made, a warning says why, and the
 * stock stays empty: the calls themselves will tell.
 */
OtStock *ot_stock_new (const char *launch, const OtLegContext *leg, OtWorkers *workers, guint size);

/** ot_stock_free: after the workers have ended. */
void ot_stock_free (OtStock *self);

/** ot_stock_take: (transfer full) (nullable): a pipeline in state PLAYING, nobody's yet; NULL:
 * there is none ready. Thread: any. */
GstElement *ot_stock_take (OtStock *self);

/** ot_stock_note_call: A call is opened. Thread: main loop. */
void ot_stock_note_call (OtStock *self);
