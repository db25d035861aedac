/* Runs cities, a seed each. */

#include <stdlib.h>

#include "city.h"
#include "log.h"

#define HOUR_US (3600 * (gint64)G_USEC_PER_SEC)

static int from = 1, n_seeds = 100, n_hours = 24;
static char *broken;
static gboolean expects_violation, prints_hash;

static const GOptionEntry entries[] = {
  { "from", 0, 0, G_OPTION_ARG_INT, &from, "The first seed", "N" },
  { "seeds", 0, 0, G_OPTION_ARG_INT, &n_seeds, "How many", "N" },
  { "hours", 0, 0, G_OPTION_ARG_INT, &n_hours, "How long each city lives", "N" },
  { "break", 0, 0, G_OPTION_ARG_STRING, &broken, "A rule of the ledger that is broken on purpose",
    "RULE" },
  { "must-fail", 0, 0, G_OPTION_ARG_NONE, &expects_violation, "Succeeds when a violation is found",
    NULL },
  { "hash", 0, 0, G_OPTION_ARG_NONE, &prints_hash,
    "Prints what says whether two runs were the same", NULL },
  { NULL },
};

typedef struct {
  gint64 talked_us;
  guint64 n_calls, n_units, n_crashes;
} Sums;

static void
add_up (Sums *sums, const City *city)
{
  sums->talked_us += city->talked_us;
  sums->n_crashes += city->n_crashes;
  for (guint i = 0; i < city->ledger.calls->len; i++) {
    const SimCall *call = city->ledger.calls->pdata[i];
    sums->n_calls += call != NULL;
    sums->n_units += call != NULL ? (guint64)call->units : 0;
  }
}

static gboolean
live (int seed, Sums *sums)
{
  City *city = city_new ((guint64)seed, broken);
  gboolean good = city_live (city, n_hours * HOUR_US);

  if (!good)
    g_print ("seed %d: %s\n", seed, city->violation);
  if (prints_hash)
    g_print ("seed %d: %016" G_GINT64_MODIFIER "x\n", seed, world_hash (city->world));
  add_up (sums, city);
  city_free (city);
  return good;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  Sums sums = { 0 };
  int n_bad = 0;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("%s\n", error->message);
    return 64;
  }
  ot_log_set_levels ("*:0");
  for (int seed = from; seed < from + n_seeds && n_bad == 0; seed++)
    n_bad += !live (seed, &sums);
  g_print ("%.1f years of calls: %" G_GUINT64_FORMAT " calls, %" G_GUINT64_FORMAT
           " units, %" G_GUINT64_FORMAT " crashes\n",
           (double)sums.talked_us / (365.25 * 24 * HOUR_US), sums.n_calls, sums.n_units,
           sums.n_crashes);
  return (n_bad > 0) == expects_violation ? EXIT_SUCCESS : EXIT_FAILURE;
}
