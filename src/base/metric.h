#pragma once

#include <glib.h>
#include <stdatomic.h>

/**
 * SECTION:metric
 *
 * What a room counts and measures of itself, in plain structs that it owns; app/metrics.c has the
 * table that gives them their names. All zero, a counter is fresh.
 *
 * Threads: never two write at once, but by ot_counter_add_shared(): the main loop does, or a media
 * thread. Anybody reads. No lock, no allocation; a reader may see a histogram in the middle of a
 * step, which the next look has complete.
 */

typedef struct {
  _Atomic guint64 count;
} OtCounter;

static inline guint64
ot_counter_get (const OtCounter *self)
{
  return atomic_load_explicit (&self->count, memory_order_relaxed);
}

static inline void
ot_counter_add (OtCounter *self, guint64 n)
{
  atomic_store_explicit (&self->count, ot_counter_get (self) + n, memory_order_relaxed);
}

/** ot_counter_add_shared: of a counter that several threads write, all by this. Thread: any. */
static inline void
ot_counter_add_shared (OtCounter *self, guint64 n)
{
  atomic_fetch_add_explicit (&self->count, n, memory_order_relaxed);
}

#define OT_HISTOGRAM_BOUNDS 14

/**
 * OtHistogramShape:
 * @unit: what a value counts, in the unit that it is shown in: 1e-6 for µs shown as seconds
 * @bounds: the upper bounds of the buckets, included, rising; 0 ends them. What is above the last
 * is in a bucket without a bound
 */
typedef struct {
  double unit;
  gint64 bounds[OT_HISTOGRAM_BOUNDS];
} OtHistogramShape;

extern const OtHistogramShape ot_shape_packet_us; /* the way of a packet: 50 µs to 100 ms */
extern const OtHistogramShape ot_shape_answer_us; /* an answer, a turn of the loop: 0.5 ms to 5 s */
extern const OtHistogramShape ot_shape_person_us; /* what a person waits for: 50 ms to 30 s */
extern const OtHistogramShape ot_shape_mos_percent; /* core/quality.h's scores */

/** OtHistogram: ot_histogram_init() first. */
typedef struct {
  const OtHistogramShape *shape; /* static */
  OtCounter buckets[OT_HISTOGRAM_BOUNDS + 1];
  _Atomic gint64 sum;
} OtHistogram;

void ot_histogram_init (OtHistogram *self, const OtHistogramShape *shape);

/** ot_histogram_add: @n times the same value; below zero counts as zero (a clock was set). */
void ot_histogram_add (OtHistogram *self, gint64 value, guint64 n);

/** ot_histogram_merge: adds all of @other, which has the same shape. */
void ot_histogram_merge (OtHistogram *self, const OtHistogram *other);
