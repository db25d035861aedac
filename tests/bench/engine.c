/* What the engines of a call cost: two webrtcbins are made and answer, do DTLS with each other,
 * and go. Prints the process's CPU time of each phase a call, threads of GStreamer included;
 * docs/performance.md. */

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "call-pipeline.h"
#include "certificate.h"
#include "engine.h"
#include "media-log.h"
#include "media-plugins.h"
#include "sdp.h"

#define US ((gint64)G_USEC_PER_SEC)
#define PATIENCE_US (15 * US)

enum { MAKE, CONNECT, HANDSHAKE, STOP, N_PHASES };

static const char *const phase_names[N_PHASES] = { "make and answer", "ICE connected", "handshake",
                                                   "stop" };

typedef struct {
  guint to;
  gsize size;
  guint8 data[];
} Datagram;

/* The owner of an engine is an object: this one's name says which it is. */
static OtEngine *engines[2];
static GAsyncQueue *wire; /* of Datagram */
static guint n_keys;

static guint
index_of (gpointer owner)
{
  return GPOINTER_TO_UINT (g_object_get_data (owner, "index"));
}

static void
on_send (const guint8 *data, gsize size, gpointer owner)
{
  Datagram *datagram = g_malloc (sizeof *datagram + size);

  datagram->to = 1 - index_of (owner);
  datagram->size = size;
  memcpy (datagram->data, data, size);
  g_async_queue_push (wire, datagram);
}

static void
on_certificate (const char *pem, gpointer owner)
{
}

static void
on_keys (const guint8 *receive_key, const guint8 *send_key, gpointer owner)
{
  n_keys++;
}

static void
on_rtp (gint64 arrival_us, gpointer owner)
{
}

static void
on_lost (gpointer owner)
{
}

static const OtEngineListener listener = { on_send, on_certificate, on_keys, on_rtp, on_lost };

static gint64
cpu_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * US + now.tv_nsec / 1000;
}

static void
make (GstBin *bin, const OtCertificate *certificate)
{
  g_autofree char *offer = NULL;
  OtSdp ordinary;

  ot_sdp_make_ordinary (&ordinary, certificate->fingerprint);
  offer = ot_sdp_write_for_engine (&ordinary);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GObject) owner = g_object_new (G_TYPE_OBJECT, NULL);
    g_autofree char *answer = NULL;

    g_object_set_data (owner, "index", GUINT_TO_POINTER (i));
    engines[i] = ot_engine_new (bin, certificate->pem, &listener, owner, &error);
    answer = ot_engine_answer (engines[i], offer, &error);
    g_assert_no_error (error);
  }
}

static void
shake_hands (void)
{
  while (n_keys < 2) {
    g_autofree Datagram *datagram = g_async_queue_timeout_pop (wire, PATIENCE_US);

    g_assert_nonnull (datagram);
    ot_engine_feed (engines[datagram->to], datagram->data, datagram->size, 0);
  }
}

static void
drain (void)
{
  for (gpointer datagram; (datagram = g_async_queue_try_pop (wire)) != NULL;)
    g_free (datagram);
}

static void
run_call (GstBin *bin, const OtCertificate *certificate, gint64 phases[N_PHASES])
{
  gint64 at[N_PHASES + 1];

  n_keys = 0;
  at[MAKE] = cpu_us ();
  make (bin, certificate);
  at[CONNECT] = cpu_us ();
  ot_engine_become_server (engines[1]);
  ot_engine_connect (engines[1]);
  ot_engine_connect (engines[0]);
  at[HANDSHAKE] = cpu_us ();
  shake_hands ();
  at[STOP] = cpu_us ();
  for (guint i = 0; i < 2; i++) {
    ot_engine_stop (engines[i]);
    g_object_unref (engines[i]);
  }
  at[N_PHASES] = cpu_us ();
  drain ();
  for (guint i = 0; i < N_PHASES; i++)
    phases[i] = at[i + 1] - at[i];
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

int
main (int argc, char **argv)
{
  const int n_calls = argc > 1 ? atoi (argv[1]) : 300;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstElement) keeper = NULL; /* of the DTLS agent that all of a server's share */
  OtCertificate *certificate;
  GArray *phases[N_PHASES + 1];

  if (n_calls < 1 || n_calls > 100000) {
    g_printerr ("usage: bench-engine [CALLS]\n");
    return EXIT_FAILURE;
  }
  ot_media_install_log ();
  certificate = ot_certificate_new (1, &error);
  g_assert_no_error (error);
  wire = g_async_queue_new_full (g_free);
  keeper = gst_object_ref_sink (gst_element_factory_make ("dtlsdec", NULL));
  g_object_set (keeper, "pem", certificate->pem, NULL);
  pipeline = gst_object_ref_sink (gst_pipeline_new ("bench"));
  gst_element_set_bus (pipeline, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i <= N_PHASES; i++)
    phases[i] = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (int n = -3; n < n_calls; n++) { /* the first few are dearer */
    gint64 took[N_PHASES], sum = 0;

    run_call (GST_BIN (pipeline), certificate, took);
    for (guint i = 0; n >= 0 && i < N_PHASES; i++) {
      sum += took[i];
      g_array_append_val (phases[i], took[i]);
    }
    if (n >= 0)
      g_array_append_val (phases[N_PHASES], sum);
  }
  g_print ("ms of CPU a call, two legs    quarter   half\n");
  for (guint i = 0; i <= N_PHASES; i++)
    g_print ("%-28s %8.2f %6.2f\n", i < N_PHASES ? phase_names[i] : "together",
             quantile_ms (phases[i], 25), quantile_ms (phases[i], 50));
  gst_element_set_state (pipeline, GST_STATE_NULL);
  for (guint i = 0; i <= N_PHASES; i++)
    g_array_unref (phases[i]);
  g_async_queue_unref (wire);
  ot_certificate_free (certificate);
  return EXIT_SUCCESS;
}
