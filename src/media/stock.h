#pragma once

#include "certificate.h"
#include "clock.h"
#include "engine.h"
#include "lane.h"

/**
 * OtStock:
 *
 * Engines that have answered an ordinary offer (ot_sdp_make_ordinary()) and serve nobody: who needs
 * one takes it and gives it back, and it is rewound for the next. At most so many wait as it is
 * told; it is full at the start. When engines were lost (a handshake that did not end) a worker
 * makes new ones, two each OT_STOCK_US, and not while calls come faster than that or the main loop
 * is behind.
 *
 * Each takes a thread and some hundred kilobytes while it waits.
 */
typedef struct _OtStock OtStock;

#define OT_STOCK_US (200 * 1000)

/**
 * ot_stock_new:
 * @certificate: borrowed, as all else
 * @n_calls: for how many calls, two engines each; 0: none, each is made when it is taken
 *
 * Takes some milliseconds for each of them. When one can't be made, a warning says why, and the
 * stock stays empty: who takes one will be told.
 */
OtStock *ot_stock_new (const OtCertificate *certificate,
                       const OtClock *clock,
                       OtWorkers *workers,
                       guint n_calls);

/** ot_stock_free: after the workers have ended. */
void ot_stock_free (OtStock *self);

/**
 * ot_stock_take:
 * @error: OT_MEDIA_ERROR_ENGINE
 *
 * One that waits, or a new one: some milliseconds. Thread: a worker.
 *
 * Returns: (transfer full): serves nobody yet, ot_engine_get_answer() is of an ordinary offer; or
 * NULL with @error set
 */
OtEngine *ot_stock_take (OtStock *self, GError **error);

/** ot_stock_give: Rewinds it for the next, or stops it when enough wait or it can't be rewound.
 * Nobody may feed it any more. Some milliseconds. @engine: (transfer full): of ot_stock_take().
 * Thread: a worker. */
void ot_stock_give (OtStock *self, OtEngine *engine);

/** ot_stock_note_call: A call is opened. Thread: main loop. */
void ot_stock_note_call (OtStock *self);
