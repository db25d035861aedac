#pragma once

#include <glib.h>

/**
 * SECTION:lane
 *
 * Work that may block, off the main loop: a pool of worker threads, and lanes into it. Jobs of one
 * lane run one at a time, in order; lanes run beside each other, one job a turn. A lane holds at
 * most OT_LANE_MAX jobs that wait.
 *
 * Workers and the threads that GStreamer starts for them run OT_WORKERS_NICE nicer than the
 * process: where the machine has too little, a call that is set up waits, and neither one that runs
 * nor a bill.
 */
typedef struct _OtWorkers OtWorkers;
typedef struct _OtLane OtLane;

#define OT_LANE_MAX 64
#define OT_WORKERS_NICE 10

/** OtJob: Runs on a worker; afterwards its data is freed with the destroy function. */
typedef void (*OtJob) (gpointer data);

OtWorkers *ot_workers_new (guint n_threads);

/** ot_workers_free: Runs what waits, then ends and joins the threads. Nobody may push any more. */
void ot_workers_free (OtWorkers *self);

/** ot_lane_new: (transfer full): an empty lane. */
OtLane *ot_lane_new (OtWorkers *workers);

/** ot_lane_unref: Jobs that wait still run. Thread: any. */
void ot_lane_unref (OtLane *self);

/**
 * ot_lane_push:
 * @job: what to do
 * @data: for @job
 * @destroy: (nullable): frees @data, on the worker, or here when the job is refused
 *
 * Returns: FALSE when the lane is full
 * Thread: any; never waits.
 */
gboolean ot_lane_push (OtLane *self, OtJob job, gpointer data, GDestroyNotify destroy);

/** ot_lane_push_always: As ot_lane_push(), also into a full lane: for what the server itself has to
 * do, a bounded number. */
void ot_lane_push_always (OtLane *self, OtJob job, gpointer data, GDestroyNotify destroy);
