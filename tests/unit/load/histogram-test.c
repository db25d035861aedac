/* The load client's histogram: whatever goes in comes out again within 1.6 %. */

#include "histogram.h"

static void
test_empty (void)
{
  g_autofree LoadHistogram *histogram = g_new0 (LoadHistogram, 1);

  g_assert_cmpint (load_histogram_quantile (histogram, 0.5), ==, 0);
}

static void
assert_kept (gint64 value)
{
  g_autofree LoadHistogram *histogram = g_new0 (LoadHistogram, 1);
  gint64 kept;

  load_histogram_add (histogram, value);
  kept = load_histogram_quantile (histogram, 0.99);
  g_assert_cmpint (kept, <=, value);
  g_assert_cmpint (value - kept, <=, value / 64);
}

static void
test_one_value (void)
{
  for (gint64 value = 0; value <= 4096; value++)
    assert_kept (value);
  for (guint bit = 12; bit < 32; bit++)
    for (gint64 near = -2; near <= 2; near++)
      assert_kept ((G_GINT64_CONSTANT (1) << bit) + near);
  assert_kept (G_MAXUINT32);
}

static void
test_beyond (void)
{
  g_autofree LoadHistogram *histogram = g_new0 (LoadHistogram, 1);

  load_histogram_add (histogram, -5);
  g_assert_cmpint (load_histogram_quantile (histogram, 1), ==, 0);
  load_histogram_add (histogram, G_MAXINT64);
  g_assert_cmpint (load_histogram_quantile (histogram, 1), >, G_MAXUINT32 / 65 * 64);
}

static void
test_quantiles (void)
{
  g_autofree LoadHistogram *histogram = g_new0 (LoadHistogram, 1);

  for (gint64 value = 1; value <= 100; value++)
    load_histogram_add (histogram, value);
  g_assert_cmpint (load_histogram_quantile (histogram, 0.01), ==, 1);
  g_assert_cmpint (load_histogram_quantile (histogram, 0.5), ==, 50);
  g_assert_cmpint (load_histogram_quantile (histogram, 0.99), ==, 99);
  g_assert_cmpint (load_histogram_quantile (histogram, 1), ==, 100);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/load/histogram/empty", test_empty);
  g_test_add_func ("/load/histogram/one-value", test_one_value);
  g_test_add_func ("/load/histogram/beyond", test_beyond);
  g_test_add_func ("/load/histogram/quantiles", test_quantiles);
  return g_test_run ();
}
