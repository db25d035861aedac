/* What a packet costs: ours and libsrtp2 in turn, in rounds, so that a busy machine is busy for
 * both; the median round of each, in ns. A voice packet of 100 bytes, as it is forwarded:
 * unprotected with one leg's keys, protected with the other's. */

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bytes.h"
#include "reference.h"
#include "srtp.h"

#define PACKET 100
#define ROUND 5000 /* packets */
#define ROUNDS 21
#define LEGS 200 /* that are made */

typedef struct {
  guint8 data[ROUND][PACKET + REFERENCE_TRAILER];
  gsize size[ROUND];
} Packets;

typedef struct {
  const char *name;
  double protect[ROUNDS];
  double unprotect[ROUNDS];
  double make[ROUNDS];
} Figures;

static Packets packets;
static const guint8 key[OT_SRTP_KEY_SIZE] = "thirty bytes, as DTLS exports";

static double
now_ns (void)
{
  struct timespec at;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &at);
  return 1e9 * (double)at.tv_sec + (double)at.tv_nsec;
}

static void
fill (guint round)
{
  for (guint i = 0; i < ROUND; i++) {
    guint8 *packet = packets.data[i];

    memset (packet, 'v', PACKET);
    packet[0] = 0x80;
    ot_set16 (packet + 2, (guint16)(round * ROUND + i));
    ot_set32 (packet + 8, 7);
    packets.size[i] = PACKET;
  }
}

#define MEASURE(figure, count, statement)                                                          \
  do {                                                                                             \
    double before = now_ns ();                                                                     \
    for (guint i = 0; i < (count); i++)                                                            \
      statement;                                                                                   \
    figure = (now_ns () - before) / (count);                                                       \
  } while (0)

static void
run_ours (OtSrtp *a, OtSrtp *b, Figures *figures, guint round)
{
  gboolean done = TRUE;

  fill (round);
  MEASURE (figures->protect[round], ROUND,
           done &= ot_srtp_protect (a, packets.data[i], &packets.size[i]));
  MEASURE (figures->unprotect[round], ROUND,
           done &= ot_srtp_unprotect (b, packets.data[i], &packets.size[i]));
  MEASURE (figures->make[round], LEGS, ot_srtp_free (ot_srtp_new (key, key, NULL)));
  g_assert (done);
}

static void
run_reference (Reference *a, Reference *b, Figures *figures, guint round)
{
  gboolean done = TRUE;

  fill (round);
  MEASURE (figures->protect[round], ROUND,
           done &= reference_protect (a, packets.data[i], &packets.size[i]));
  MEASURE (figures->unprotect[round], ROUND,
           done &= reference_unprotect (b, packets.data[i], &packets.size[i]));
  MEASURE (figures->make[round], LEGS / 10, reference_free (reference_new (key, key)));
  g_assert (done);
}

static int
compare (const void *a, const void *b)
{
  double difference = *(const double *)a - *(const double *)b;

  return difference < 0 ? -1 : difference > 0;
}

static double
median (double *figures)
{
  qsort (figures, ROUNDS, sizeof *figures, compare);
  return figures[ROUNDS / 2];
}

static void
print (Figures *figures)
{
  g_print ("%-9s protect %6.0f ns   unprotect %6.0f ns   a leg's contexts %6.0f ns\n",
           figures->name, median (figures->protect), median (figures->unprotect),
           median (figures->make));
}

int
main (void)
{
  Figures ours = { "ours" };
  Figures reference = { "libsrtp2" };
  g_autoptr (OtSrtp) a = ot_srtp_new (key, key, NULL);
  g_autoptr (OtSrtp) b = ot_srtp_new (key, key, NULL);
  g_autoptr (Reference) c = reference_new (key, key);
  g_autoptr (Reference) d = reference_new (key, key);

  for (guint round = 0; round < ROUNDS; round++) {
    run_ours (a, b, &ours, round);
    run_reference (c, d, &reference, round);
  }
  print (&ours);
  print (&reference);
  return 0;
}
