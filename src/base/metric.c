/* Histograms of whole numbers. Owns their shapes; the figures are their rooms'. */

#include "metric.h"

const OtHistogramShape ot_shape_packet_us = {
  1e-6, { 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000 }
};

const OtHistogramShape ot_shape_answer_us = { 1e-6,
                                              { 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000,
                                                200000, 500000, 1000000, 2000000, 5000000 } };

const OtHistogramShape ot_shape_person_us = { 1e-6,
                                              { 50000, 100000, 200000, 300000, 500000, 700000,
                                                1000000, 1500000, 2000000, 3000000, 5000000,
                                                10000000, 30000000 } };

const OtHistogramShape ot_shape_mos_percent = { 1e-2,
                                                { 100, 200, 260, 310, 360, 400, 420, 430, 450 } };

void
ot_histogram_init (OtHistogram *self, const OtHistogramShape *shape)
{
  *self = (OtHistogram){ .shape = shape };
}

void
ot_histogram_add (OtHistogram *self, gint64 value, guint64 n)
{
  const gint64 *bounds = self->shape->bounds;
  guint i = 0;

  value = MAX (value, 0);
  while (i < OT_HISTOGRAM_BOUNDS && bounds[i] != 0 && value > bounds[i])
    i++;
  ot_counter_add (&self->buckets[i], n);
  atomic_store_explicit (
      &self->sum, atomic_load_explicit (&self->sum, memory_order_relaxed) + value * (gint64)n,
      memory_order_relaxed);
}

void
ot_histogram_merge (OtHistogram *self, const OtHistogram *other)
{
  for (guint i = 0; i <= OT_HISTOGRAM_BOUNDS; i++)
    ot_counter_add (&self->buckets[i], ot_counter_get (&other->buckets[i]));
  atomic_store_explicit (&self->sum,
                         atomic_load_explicit (&self->sum, memory_order_relaxed)
                             + atomic_load_explicit (&other->sum, memory_order_relaxed),
                         memory_order_relaxed);
}
