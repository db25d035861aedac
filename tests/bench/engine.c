/* What the engines of a call cost: two webrtcbins do DTLS with each other, made for that call and
 * gone after it, or rewound for the next. Prints the process's CPU time of each phase a call,
 * threads of GStreamer included; docs/performance.md. */

#include <stdlib.h>
#include <time.h>

#include "media-log.h"
#include "pair.h"

#define US ((gint64)G_USEC_PER_SEC)

enum { MAKE, CONNECT, HANDSHAKE, END, TOGETHER, N_PHASES };

static const char *const phase_names[N_PHASES] = { "make and answer", "connect", "handshake",
                                                   "rewind or stop", "together" };

static gint64
cpu_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * US + now.tv_nsec / 1000;
}

static void
run_call (OtPair *pair, gboolean anew, gint64 phases[N_PHASES])
{
  gint64 at[TOGETHER + 1];

  at[MAKE] = cpu_us ();
  if (anew)
    ot_pair_make (pair);
  ot_pair_serve (pair);
  at[CONNECT] = cpu_us ();
  ot_pair_connect (pair);
  at[HANDSHAKE] = cpu_us ();
  ot_pair_shake_hands (pair);
  at[END] = cpu_us ();
  if (anew)
    ot_pair_stop (pair);
  else
    g_assert_true (ot_pair_rewind (pair));
  at[TOGETHER] = cpu_us ();
  for (guint i = 0; i < TOGETHER; i++)
    phases[i] = at[i + 1] - at[i];
  phases[TOGETHER] = at[TOGETHER] - at[MAKE];
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;

  return (x > y) - (x < y);
}

static double
quantile_ms (GArray *values, guint percent)
{
  g_array_sort (values, compare);
  return g_array_index (values, gint64, (values->len - 1) * percent / 100) / 1000.0;
}

typedef struct {
  OtPair *pair;
  GArray *phases[N_PHASES];
} Kind;

static void
run_and_note (Kind *kind, gboolean anew, gboolean counts)
{
  gint64 took[N_PHASES];

  run_call (kind->pair, anew, took);
  for (guint i = 0; counts && i < N_PHASES; i++)
    g_array_append_val (kind->phases[i], took[i]);
}

int
main (int argc, char **argv)
{
  const int n_calls = argc > 1 ? atoi (argv[1]) : 300;
  Kind kinds[2]; /* rewound, anew */

  if (n_calls < 1 || n_calls > 100000) {
    g_printerr ("usage: bench-engine [CALLS]\n");
    return EXIT_FAILURE;
  }
  gst_init (NULL, NULL);
  ot_media_install_log ();
  for (guint anew = 0; anew < 2; anew++) {
    kinds[anew].pair = ot_pair_new ();
    for (guint i = 0; i < N_PHASES; i++)
      kinds[anew].phases[i] = g_array_new (FALSE, FALSE, sizeof (gint64));
  }
  ot_pair_make (kinds[FALSE].pair);
  for (int n = -3; n < n_calls; n++) /* the first few are dearer */
    for (guint anew = 0; anew < 2; anew++)
      run_and_note (&kinds[anew], anew, n >= 0);
  g_print ("ms of CPU a call, two legs      rewound          made anew\n"
           "                             quarter   half    quarter   half\n");
  for (guint i = 0; i < N_PHASES; i++)
    g_print ("%-28s %7.2f %6.2f    %7.2f %6.2f\n", phase_names[i],
             quantile_ms (kinds[0].phases[i], 25), quantile_ms (kinds[0].phases[i], 50),
             quantile_ms (kinds[1].phases[i], 25), quantile_ms (kinds[1].phases[i], 50));
  ot_pair_stop (kinds[FALSE].pair);
  for (guint anew = 0; anew < 2; anew++) {
    ot_pair_free (kinds[anew].pair);
    for (guint i = 0; i < N_PHASES; i++)
      g_array_unref (kinds[anew].phases[i]);
  }
  return EXIT_SUCCESS;
}
