/* RFC 3550's arithmetic on packets and instants that the test makes up: loss, reordering, wraps,
 * sources that follow each other, jitter, and what a client reports. */

#include <glib.h>
#include <string.h>

#include "bytes.h"
#include "meter.h"

#define MS ((gint64)1000)
#define START (1000 * 1000 * MS)
#define FRAME 960 /* ticks in 20 ms */
#define SSRC 0x1234abcdu
#define LEG 7
#define NTP_MIDDLE 0xb705aaaau

static void
receive_as (OtMeter *meter, guint32 ssrc, guint32 leg, guint sequence, guint32 timestamp, gint64 at)
{
  guint8 packet[12] = { 0x80, 111 };

  ot_set16 (packet + 2, (guint16)sequence);
  ot_set32 (packet + 4, timestamp);
  ot_set32 (packet + 8, ssrc);
  ot_meter_received (meter, packet, leg, at);
}

/* A packet that comes when it should. */
static void
receive (OtMeter *meter, guint sequence)
{
  receive_as (meter, SSRC, LEG, sequence, sequence * FRAME, START + sequence * 20 * MS);
}

static void
forward (OtMeter *meter, guint32 leg, guint sequence)
{
  guint8 packet[12] = { 0x80, 111 };

  ot_set16 (packet + 2, (guint16)sequence);
  ot_meter_forwarded (meter, packet, leg);
}

static void
assert_counts (const OtMeter *meter, gint64 packets, gint64 lost)
{
  OtQuality seen = ot_meter_read (meter);

  g_assert_cmpint (seen.packet_count, ==, packets);
  g_assert_cmpint (seen.lost_count, ==, lost);
}

/* ---- from a side ---- */

static void
test_loss (void)
{
  OtMeter meter = { 0 };

  for (guint i = 0; i < 1000; i++)
    if (i % 10 != 3)
      receive (&meter, 100 + i);
  assert_counts (&meter, 900, 100);
  g_assert_cmpint (ot_meter_read (&meter).jitter_max_us, ==, 0);
}

static void
test_late_is_not_lost (void)
{
  OtMeter meter = { 0 };
  static const guint order[] = { 10, 11, 14, 12, 15, 13, 16 };

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    receive (&meter, order[i]);
  assert_counts (&meter, 7, 0);
  receive (&meter, 15);
  assert_counts (&meter, 8, -1); /* RFC 3550, A.3: twice is less than nothing lost */
}

static void
test_wrap (void)
{
  OtMeter meter = { 0 };

  for (guint i = 65530; i < 65536 + 65536 + 10; i += 2)
    receive (&meter, i);
  assert_counts (&meter, (65536 + 6 + 10) / 2, (65536 + 6 + 10) / 2 - 1);
}

static void
test_restart (void)
{
  OtMeter meter = { 0 };

  for (guint i = 0; i < 5; i++)
    receive (&meter, i * 2); /* 4 lost */
  receive (&meter, 30000);   /* alone it could be anything */
  assert_counts (&meter, 5, 4);
  receive (&meter, 30001);
  receive (&meter, 30003); /* 1 lost */
  assert_counts (&meter, 7, 5);
}

static void
test_sources_follow (void)
{
  OtMeter meter = { 0 };

  receive_as (&meter, SSRC, LEG, 10, 0, START);
  receive_as (&meter, SSRC, LEG, 12, 2 * FRAME, START + 40 * MS);
  receive_as (&meter, SSRC, LEG + 1, 60000, 77, START + 3000 * MS); /* the leg was replaced */
  receive_as (&meter, SSRC, LEG + 1, 60003, 77 + 3 * FRAME, START + 3060 * MS);
  receive_as (&meter, SSRC + 1, LEG + 1, 4, 0, START + 5000 * MS);
  assert_counts (&meter, 5, 3);
  g_assert_cmpint (ot_meter_read (&meter).jitter_max_us, ==, 0);
}

/* A.8: J += (|D| − J) / 16, with D of 10 ms each time: J tends to 10 ms. */
static void
test_jitter (void)
{
  OtMeter meter = { 0 };
  double expected_us = 0;

  for (guint i = 0; i < 200; i++) {
    receive_as (&meter, SSRC, LEG, i, i * FRAME, START + i * 20 * MS + (i % 2) * 10 * MS);
    expected_us += i == 0 ? 0 : (10000 - expected_us) / 16;
    g_assert_cmpfloat_with_epsilon (ot_meter_read (&meter).jitter_us, expected_us, 40);
  }
  g_assert_cmpint (ot_meter_read (&meter).jitter_us, >, 9950);
  for (guint i = 200; i < 500; i++)
    receive (&meter, i);
  g_assert_cmpint (ot_meter_read (&meter).jitter_us, <, 30);
  g_assert_cmpint (ot_meter_read (&meter).jitter_max_us, >, 9950);
}

/* ---- to a side ---- */

static void
send_report (OtMeter *meter, guint32 middle, gint64 at)
{
  guint8 report[28] = { 0x80, 200, 0, 6 };

  ot_set32 (report + 4, SSRC);
  ot_set32 (report + 10, middle);
  ot_meter_sent_rtcp (meter, report, sizeof report, at);
}

typedef struct {
  guint32 ssrc;
  gint32 lost;
  guint32 highest;
  guint32 jitter; /* ticks */
  guint32 middle;
  guint32 delay; /* 1/65536 s */
} Block;

/* An RR with a block about somebody else before ours, and an SDES behind it. */
static void
report (OtMeter *meter, Block block, gint64 at)
{
  guint8 packet[8 + 2 * 24 + 8] = { 0x82, 201, 0, 13, [8 + 2 * 24] = 0x81, 202, 0, 1 };
  guint8 *ours = packet + 8 + 24;

  ot_set32 (packet + 8, SSRC + 99);
  ot_set32 (ours, block.ssrc);
  ot_set32 (ours + 4, (guint32)block.lost & 0xffffff);
  ours[4] = 128; /* fraction lost: half, of which nothing here depends */
  ot_set32 (ours + 8, block.highest);
  ot_set32 (ours + 12, block.jitter);
  ot_set32 (ours + 16, block.middle);
  ot_set32 (ours + 20, block.delay);
  ot_meter_received_rtcp (meter, packet, sizeof packet, SSRC, at);
}

static void
test_reports (void)
{
  OtMeter meter = { 0 };
  OtQuality seen;

  report (&meter, (Block){ SSRC, 3, 100 }, START); /* of what? nothing was sent */
  for (guint i = 0; i < 100; i++)
    forward (&meter, LEG, 65500 + i);
  report (&meter, (Block){ SSRC + 1, 50, 65599 }, START); /* not ours */
  g_assert_cmpint (ot_meter_read (&meter).report_count, ==, 0);

  report (&meter, (Block){ SSRC, 3, 65549, 96 }, START);
  report (&meter, (Block){ SSRC, 7, 65599, 480 }, START);
  report (&meter, (Block){ SSRC, 9, 0x7fffffff, 480 }, START); /* that can't be */
  seen = ot_meter_read (&meter);
  g_assert_cmpint (seen.forwarded_count, ==, 100);
  g_assert_cmpint (seen.report_count, ==, 2);
  g_assert_cmpint (seen.heard_expected_count, ==, 100);
  g_assert_cmpint (seen.heard_lost_count, ==, 7);
  g_assert_cmpint (seen.heard_jitter_us, ==, 10000);
  g_assert_cmpint (seen.round_trip_count, ==, 0);

  report (&meter, (Block){ SSRC, -2, 65599 }, START); /* 24 bits with a sign */
  g_assert_cmpint (ot_meter_read (&meter).heard_lost_count, ==, -2);
}

/* A page that was reloaded counts from where it came in; what the old one heard stays. */
static void
test_listeners_follow (void)
{
  OtMeter meter = { 0 };
  OtQuality seen;

  for (guint i = 0; i < 50; i++)
    forward (&meter, LEG, 65500 + i);
  report (&meter, (Block){ SSRC, 5, 65549 }, START);
  for (guint i = 50; i < 80; i++)
    forward (&meter, LEG + 1, 65500 + i);
  report (&meter, (Block){ SSRC, 2, 43 }, START); /* 65500 + 79 without the cycle it never saw */
  seen = ot_meter_read (&meter);
  g_assert_cmpint (seen.heard_expected_count, ==, 50 + 30);
  g_assert_cmpint (seen.heard_lost_count, ==, 7);
}

/* The client kept the report for 2 s and 5.36 s; the way was 40 ms, then 60 ms. */
static void
test_round_trip (void)
{
  OtMeter meter = { 0 };
  OtQuality seen;

  forward (&meter, LEG, 1);
  send_report (&meter, NTP_MIDDLE, START);
  report (&meter, (Block){ SSRC, 0, 1, 0, NTP_MIDDLE, 2 * 65536 }, START + 2040 * MS);
  seen = ot_meter_read (&meter);
  g_assert_cmpint (seen.round_trip_count, ==, 1);
  g_assert_cmpint (seen.round_trip_us, ==, 40 * MS);

  for (guint i = 1; i < OT_METER_REPORTS; i++)
    send_report (&meter, NTP_MIDDLE + i, START + i * 1000 * MS);
  report (&meter, (Block){ SSRC, 0, 1, 0, NTP_MIDDLE, 536 * 65536 / 100 }, START + 5420 * MS);
  seen = ot_meter_read (&meter);
  g_assert_cmpint (seen.round_trip_count, ==, 2);
  g_assert_cmpint (ABS (seen.round_trip_us - 50 * MS), <, 16); /* a DLSR tick is 15 µs */
  g_assert_cmpint (ABS (seen.round_trip_max_us - 60 * MS), <, 16);

  report (&meter, (Block){ SSRC, 0, 1, 0, 0, 0 }, START);      /* it has heard no SR yet */
  report (&meter, (Block){ SSRC, 0, 1, 0, 0xdead, 0 }, START); /* none that we sent */
  report (&meter, (Block){ SSRC, 0, 1, 0, NTP_MIDDLE, 9 << 16 },
          START + 1000 * MS);                   /* not so long */
  send_report (&meter, NTP_MIDDLE + 99, START); /* takes the first one's place */
  report (&meter, (Block){ SSRC, 0, 1, 0, NTP_MIDDLE, 0 }, START + 10 * MS);
  g_assert_cmpint (ot_meter_read (&meter).round_trip_count, ==, 2);
}

/* ---- reading while it is written ---- */

static gpointer
write_many (gpointer data)
{
  OtMeter *meter = data;

  for (guint i = 0; i < 300000; i++)
    receive (meter, i * 2);
  return NULL;
}

/* Whoever reads sees one moment: with every second packet missing, lost is one less than came. */
static void
test_one_moment (void)
{
  OtMeter meter = { 0 };
  GThread *writer = g_thread_new ("writer", write_many, &meter);
  gint64 packets = 0;

  while (packets < 300000) {
    OtQuality seen = ot_meter_read (&meter);

    g_assert_cmpint (seen.packet_count, >=, packets);
    packets = seen.packet_count;
    if (packets > 0)
      g_assert_cmpint (seen.lost_count, ==, packets - 1);
  }
  g_thread_join (writer);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/meter/loss", test_loss);
  g_test_add_func ("/meter/late-is-not-lost", test_late_is_not_lost);
  g_test_add_func ("/meter/wrap", test_wrap);
  g_test_add_func ("/meter/restart", test_restart);
  g_test_add_func ("/meter/sources-follow", test_sources_follow);
  g_test_add_func ("/meter/jitter", test_jitter);
  g_test_add_func ("/meter/reports", test_reports);
  g_test_add_func ("/meter/listeners-follow", test_listeners_follow);
  g_test_add_func ("/meter/round-trip", test_round_trip);
  g_test_add_func ("/meter/one-moment", test_one_moment);
  return g_test_run ();
}
