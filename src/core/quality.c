/* The E-model, of ITU-T G.107 in its fullband form G.107.2: R = R0 − Ie,eff − Id, and what score
 * that is. Pure.
 *
 * Left at their defaults, and so part of R0: everything about handsets, rooms and the advantage of
 * access. Talker echo is nil, since browsers cancel it. Loss is taken as random. */

#include "quality.h"

#include <math.h>

#define R0 148.0           /* G.107.2: nothing impaired, on its scale */
#define LOSS_CEILING 132.0 /* G.107.2: what complete loss costs */
#define SCALE 1.48 /* G.107.2: its scale against that of G.107, which scores are given for */

/* Opus, super-wideband, VBR of 31 kbit/s, which is near what browsers send; from Al-Ahmadi, Počta,
 * Melvin: "An Adaptive Bitrate Switching Algorithm for Speech Applications in Context of WebRTC",
 * ACM TOMM 17 (4), 2021. */
#define OPUS_IE 16.83
#define OPUS_BPL 10.44 /* percent */

/* RFC 6716, 2: one frame of 20 ms, and 6.5 ms that the encoder looks ahead. */
#define OPUS_DELAY_MS 26.5
/* What a listener's jitter buffer waits, in jitters: a common rule of thumb. */
#define BUFFER_JITTERS 2

gboolean
ot_quality_is_empty (const OtQuality quality[OT_N_SIDES])
{
  gboolean is_empty = TRUE;

  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++)
    is_empty &= quality[side].packet_count == 0 && quality[side].forwarded_count == 0;
  return is_empty;
}

/* What the listener reported counts, and until it has reported, what reached us. */
static double
loss_percent (const OtQuality *listener, const OtQuality *speaker)
{
  gint64 lost = listener->report_count > 0 ? listener->heard_lost_count : speaker->lost_count;
  gint64 expected = listener->report_count > 0 ? listener->heard_expected_count
                                               : speaker->packet_count + speaker->lost_count;

  return expected <= 0 ? 0 : CLAMP (100.0 * (double)lost / (double)expected, 0, 100);
}

/* From mouth to ear. */
static double
delay_ms (const OtQuality *listener, const OtQuality *speaker)
{
  gint64 jitter_us = listener->report_count > 0 ? listener->heard_jitter_us : speaker->jitter_us;
  gint64 network_us = (listener->round_trip_us + speaker->round_trip_us) / 2;

  return OPUS_DELAY_MS + (double)(network_us + BUFFER_JITTERS * jitter_us) / 1000.0;
}

/* G.107, (7-27) and (7-28), on its scale: Idd. */
static double
delay_impairment (double ms)
{
  double x = ms > 100 ? log2 (ms / 100) : 0;

  return 25 * (pow (1 + pow (x, 6), 1.0 / 6) - 3 * pow (1 + pow (x / 3, 6), 1.0 / 6) + 2);
}

/* G.107, annex B. */
static double
score_of (double r)
{
  r = CLAMP (r, 0, 100);
  return MAX (1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

int
ot_quality_mos_percent (const OtQuality quality[OT_N_SIDES], OtSide listener)
{
  const OtQuality *hears = &quality[listener];
  const OtQuality *speaks = &quality[ot_side_other (listener)];
  double loss = loss_percent (hears, speaks);
  double equipment = OPUS_IE + (LOSS_CEILING - OPUS_IE) * loss / (loss + OPUS_BPL);
  double r = (R0 - equipment) / SCALE - delay_impairment (delay_ms (hears, speaks));

  return hears->forwarded_count == 0 ? 0 : (int)lround (100 * score_of (r));
}
