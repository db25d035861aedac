#pragma once

#include <glib.h>

/**
 * LoadHistogram:
 *
 * Counts of durations, 0 µs to 71 minutes, each within 1.6 % of what it was; longer ones count as
 * the longest. Zero-initialised it is empty. Thread: one at a time.
 */
#define LOAD_HISTOGRAM_BUCKETS 1728

typedef struct {
  guint64 counts[LOAD_HISTOGRAM_BUCKETS];
  guint64 total;
} LoadHistogram;

/** load_histogram_add: Negative durations count as 0. */
void load_histogram_add (LoadHistogram *self, gint64 duration_us);

/** load_histogram_quantile: what @share of all, 0 to 1, stayed below, µs; 0 when it is empty. */
gint64 load_histogram_quantile (const LoadHistogram *self, double share);
