/* Counters and histograms: which bucket a value falls into. */

#include <glib.h>

#include "metric.h"

static void
test_counter (void)
{
  OtCounter counter = { 0 };

  ot_counter_add (&counter, 2);
  ot_counter_add (&counter, 3);
  g_assert_cmpuint (ot_counter_get (&counter), ==, 5);
}

static void
test_buckets (void)
{
  static const OtHistogramShape shape = { 1e-3, { 10, 20, 50 } };
  static const struct {
    gint64 value;
    guint bucket;
  } rows[] = { { -5, 0 }, { 0, 0 },  { 10, 0 }, { 11, 1 },
               { 20, 1 }, { 50, 2 }, { 51, 3 }, { G_MAXINT32, 3 } };
  guint64 expected[4] = { 0 };
  gint64 sum = 0;
  OtHistogram histogram;

  ot_histogram_init (&histogram, &shape);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    ot_histogram_add (&histogram, rows[i].value, 2);
    expected[rows[i].bucket] += 2;
    sum += 2 * MAX (rows[i].value, 0);
    for (guint k = 0; k < G_N_ELEMENTS (expected); k++)
      g_assert_cmpuint (ot_counter_get (&histogram.buckets[k]), ==, expected[k]);
    g_assert_cmpint (histogram.sum, ==, sum);
  }
}

/* Rising, and ended within the array or by its end. */
static void
test_shapes (void)
{
  const OtHistogramShape *const shapes[] = { &ot_shape_packet_us, &ot_shape_answer_us,
                                             &ot_shape_person_us, &ot_shape_mos_percent };

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++) {
    const gint64 *bounds = shapes[i]->bounds;
    OtHistogram histogram;

    for (guint k = 1; k < OT_HISTOGRAM_BOUNDS && bounds[k] != 0; k++)
      g_assert_cmpint (bounds[k], >, bounds[k - 1]);
    ot_histogram_init (&histogram, shapes[i]);
    ot_histogram_add (&histogram, G_MAXINT32, 1);
    for (guint k = 0; k < OT_HISTOGRAM_BOUNDS && bounds[k] != 0; k++)
      g_assert_cmpuint (ot_counter_get (&histogram.buckets[k]), ==, 0);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metric/counter", test_counter);
  g_test_add_func ("/metric/buckets", test_buckets);
  g_test_add_func ("/metric/shapes", test_shapes);
  return g_test_run ();
}
