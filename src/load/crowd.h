#pragma once

#include "call.h"
#include "histogram.h"

/**
 * LoadCrowd:
 *
 * People who are connected and do nothing else: each sends a heartbeat as often as the server asks
 * for one, and how long its answer takes is counted. Persons u@first_id, o@first_id, u@first_id+1 …
 *
 * At most LOAD_CROWD_AT_THE_DOOR are connecting at a time. Thread: main loop.
 */
typedef struct _LoadCrowd LoadCrowd;

#define LOAD_CROWD_AT_THE_DOOR 64

/** LoadCrowdFigures: lost: could not come in, or is gone. */
typedef struct {
  guint n_in;
  guint n_lost;
  guint64 n_heartbeats;       /* answered */
  LoadHistogram heartbeat_us; /* sent → heartbeat_ack */
} LoadCrowdFigures;

/** load_crowd_new: @context: borrowed, outlives it. Returns: (transfer full) */
LoadCrowd *load_crowd_new (const LoadContext *context, guint first_id, guint n);
void load_crowd_free (LoadCrowd *self);

/** load_crowd_step: What is due now: connecting, heartbeats. To be called a few times a second. */
void load_crowd_step (LoadCrowd *self);

/** load_crowd_is_complete: everybody is in or lost. */
gboolean load_crowd_is_complete (const LoadCrowd *self);

/** load_crowd_look: (transfer none): counts up to now. */
const LoadCrowdFigures *load_crowd_look (const LoadCrowd *self);
