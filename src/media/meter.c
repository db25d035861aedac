/* The arithmetic of RFC 3550's appendix A and of its round trip, for one side of a call. What a
 * client reports is taken for what it is, a claim, and kept within what can be. */

#include "meter.h"

#include "bytes.h"
#include "rtcp.h"

#define TICKS_PER_MS 48 /* Opus's RTP clock, RFC 7587 */

/* RFC 3550, A.1 */
#define SEQUENCE_CYCLE 0x10000u
#define DROPOUT_MAX 3000u
#define MISORDER_MAX 100u

#define ROUND_TRIP_MAX_US (60 * G_USEC_PER_SEC)
#define CLOCK_GRAIN_US 2000 /* clients tell their delay in ms at best */
#define JITTER_MAX_TICKS (60 * 1000 * TICKS_PER_MS)

/* Readers take what they read only if the version did not move meanwhile: a figure that they saw
 * of this round was stored after the odd version, so they see that too. */
static void
publish (OtMeter *self)
{
  const gint64 *figures = (const gint64 *)&self->quality;
  guint version = atomic_load_explicit (&self->version, memory_order_relaxed);

  atomic_store_explicit (&self->version, version + 1, memory_order_relaxed);
  for (guint i = 0; i < OT_QUALITY_FIGURES; i++)
    atomic_store_explicit (&self->figures[i], figures[i], memory_order_release);
  atomic_store_explicit (&self->version, version + 2, memory_order_release);
}

static gint64
us_of_ticks (guint32 ticks)
{
  return (gint64)MIN (ticks, JITTER_MAX_TICKS) * 1000 / TICKS_PER_MS;
}

/* ---- from this side ---- */

static gint64
expected_count (const OtMeter *self)
{
  return (gint64)self->highest - self->base + 1;
}

static void
begin_source (OtMeter *self, guint64 source, guint16 sequence)
{
  if (self->started) {
    self->expected_before += expected_count (self);
    self->received_before += self->received_count;
  }
  self->started = TRUE;
  self->source = source;
  self->highest = self->base = sequence;
  self->bad_sequence = SEQUENCE_CYCLE + 1;
  self->received_count = 0;
  self->jitter_sixteenths = 0;
}

/* A.1: Returns: whether the packet belongs to the source; one far away from the others does when
 * the next one follows it. */
static gboolean
count_sequence (OtMeter *self, guint16 sequence)
{
  guint16 step = (guint16)(sequence - (guint16)self->highest);

  if (step < DROPOUT_MAX) {
    self->highest += step;
  } else if (step <= SEQUENCE_CYCLE - MISORDER_MAX) {
    if (sequence != self->bad_sequence) {
      self->bad_sequence = (guint16)(sequence + 1);
      return FALSE;
    }
    begin_source (self, self->source, sequence);
  }
  self->received_count++;
  return TRUE;
}

/* A.8, in integers. The first packet of a source has nothing to differ from. */
static void
measure_jitter (OtMeter *self, guint32 timestamp, gint64 arrival_us)
{
  guint32 arrival = (guint32)((guint64)arrival_us * TICKS_PER_MS / 1000);
  guint32 transit = arrival - timestamp;
  guint32 difference = (guint32)ABS ((gint64)(gint32)(transit - self->transit));

  self->transit = transit;
  if (self->received_count > 1)
    self->jitter_sixteenths += difference - ((self->jitter_sixteenths + 8) >> 4);
}

void
ot_meter_received (OtMeter *self, const guint8 *packet, guint32 leg, gint64 arrival_us)
{
  guint64 source = (guint64)leg << 32 | ot_get32 (packet + 8);
  guint16 sequence = ot_get16 (packet + 2);
  OtQuality *quality = &self->quality;

  if (!self->started || source != self->source)
    begin_source (self, source, sequence);
  if (count_sequence (self, sequence))
    measure_jitter (self, ot_get32 (packet + 4), arrival_us);

  quality->packet_count = self->received_before + self->received_count;
  quality->lost_count = self->expected_before + expected_count (self) - quality->packet_count;
  quality->jitter_us = us_of_ticks (self->jitter_sixteenths >> 4);
  quality->jitter_max_us = MAX (quality->jitter_max_us, quality->jitter_us);
  publish (self);
}

/* ---- to this side ---- */

void
ot_meter_forwarded (OtMeter *self, const guint8 *packet, guint32 leg)
{
  if (self->listener != leg) { /* its reports begin anew */
    self->listener = leg;
    self->listener_base = ot_get16 (packet + 2);
    self->heard_expected_before = self->quality.heard_expected_count;
    self->heard_lost_before = self->quality.heard_lost_count;
  }
  self->quality.forwarded_count++;
  publish (self);
}

void
ot_meter_sent_rtcp (OtMeter *self, guint8 *packet, gsize size, gint64 now_us)
{
  OtRtcpPart part = { NULL };

  while (ot_rtcp_next (&part, packet, size)) {
    guint place = self->n_reports % OT_METER_REPORTS;

    if (part.data[1] != OT_RTCP_SR || part.size < OT_RTCP_SR_SIZE)
      continue;
    self->reports[place].middle = ot_get32 (part.data + 10);
    self->reports[place].at_us = now_us;
    self->n_reports++;
  }
}

/* 6.4.1: A − LSR − DLSR, where LSR's instant is that at which we forwarded the report. */
static void
measure_round_trip (OtMeter *self, guint32 middle, guint32 delay, gint64 arrival_us)
{
  gint64 delay_us = (gint64)delay * G_USEC_PER_SEC / 65536;
  OtQuality *quality = &self->quality;

  for (guint i = 0; middle != 0 && i < OT_METER_REPORTS; i++) {
    gint64 us = arrival_us - self->reports[i].at_us - delay_us;

    if (self->reports[i].at_us == 0 || self->reports[i].middle != middle || us < -CLOCK_GRAIN_US
        || us > ROUND_TRIP_MAX_US)
      continue;
    us = MAX (us, 0);
    quality->round_trip_count++;
    self->round_trip_sum_us += us;
    quality->round_trip_us = self->round_trip_sum_us / quality->round_trip_count;
    quality->round_trip_max_us = MAX (quality->round_trip_max_us, us);
    return;
  }
}

/* The cycles of the highest sequence number count from where the leg began to listen. */
static void
take_block (OtMeter *self, const guint8 *block, gint64 arrival_us)
{
  OtQuality *quality = &self->quality;
  gint32 lost = (gint32)(ot_get32 (block + 4) << 8) >> 8; /* 24 bits, signed */
  gint64 expected = (gint64)ot_get32 (block + 8) - self->listener_base + 1;

  if (expected < 0 || expected > quality->forwarded_count + G_MAXUINT16)
    return; /* no such packet was ever sent */
  quality->report_count++;
  quality->heard_expected_count = self->heard_expected_before + expected;
  quality->heard_lost_count = self->heard_lost_before + MIN (lost, expected);
  quality->heard_jitter_us = us_of_ticks (ot_get32 (block + 12));
  measure_round_trip (self, ot_get32 (block + 16), ot_get32 (block + 20), arrival_us);
}

void
ot_meter_received_rtcp (OtMeter *self, guint8 *packet, gsize size, guint32 ssrc, gint64 arrival_us)
{
  OtRtcpPart part = { NULL };
  const guint8 *block;

  while (ot_rtcp_next (&part, packet, size))
    for (guint i = 0; (block = ot_rtcp_block (&part, i)) != NULL; i++)
      if (ot_get32 (block) == ssrc && self->listener != 0)
        take_block (self, block, arrival_us);
  publish (self);
}

/* ---- reading ---- */

/* A round of the writer is some nanoseconds: two in a row are hardly ever met. */
OtQuality
ot_meter_read (const OtMeter *self)
{
  OtQuality quality;
  gint64 *figures = (gint64 *)&quality;
  guint version;

  do {
    version = atomic_load_explicit (&self->version, memory_order_acquire);
    for (guint i = 0; i < OT_QUALITY_FIGURES; i++)
      figures[i] = atomic_load_explicit (&self->figures[i], memory_order_acquire);
  } while ((version & 1) != 0
           || atomic_load_explicit (&self->version, memory_order_relaxed) != version);
  return quality;
}
