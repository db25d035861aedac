/* Sixty-four steps to each doubling. Pure. */

#include "histogram.h"

#define STEPS_BITS 6
#define STEPS (1 << STEPS_BITS)

static guint
bucket_of (guint32 value)
{
  guint bits = g_bit_storage (value);
  guint shift = bits > STEPS_BITS + 1 ? bits - STEPS_BITS - 1 : 0;

  return shift * STEPS + (value >> shift);
}

static gint64
least_of (guint bucket)
{
  guint shift = bucket < 2 * STEPS ? 0 : bucket / STEPS - 1;

  return (gint64)(bucket - shift * STEPS) << shift;
}

void
load_histogram_add (LoadHistogram *self, gint64 duration_us)
{
  guint bucket = bucket_of ((guint32)CLAMP (duration_us, 0, G_MAXUINT32));

  g_assert (bucket < LOAD_HISTOGRAM_BUCKETS);
  self->counts[bucket]++;
  self->total++;
}

gint64
load_histogram_quantile (const LoadHistogram *self, double share)
{
  double wanted = share * (double)self->total;
  guint64 seen = 0;

  for (guint bucket = 0; bucket < LOAD_HISTOGRAM_BUCKETS; bucket++) {
    seen += self->counts[bucket];
    if (self->counts[bucket] > 0 && (double)seen >= wanted)
      return least_of (bucket);
  }
  return 0;
}
