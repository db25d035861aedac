/* The pure parts of recording: the ring, the clock, the track. */

#include "opus-track.h"
#include "packet-ring.h"
#include "rtp-clock.h"

#include <string.h>

#define MS G_TIME_SPAN_MILLISECOND
#define FRAME_TICKS 960

/* ---- the ring ---- */

static void
write_rtp (guint8 *packet, guint8 first, guint32 timestamp, guint32 ssrc)
{
  guint32 words[] = { g_htonl ((guint32)first << 24 | 111 << 16), g_htonl (timestamp),
                      g_htonl (ssrc) };

  memcpy (packet, words, sizeof words);
}

static void
test_ring (void)
{
  OtPacketRing *ring = ot_packet_ring_new ();
  guint8 rtp[200] = { 0 };
  guint8 payload[OT_PACKET_PAYLOAD_MAX];
  OtVoicePacket packet;
  guint n_in = 0;
  guint n_out = 0;

  g_assert_false (ot_packet_ring_pop (ring, &packet, payload));
  for (guint round = 0; round < 50; round++) { /* many times around */
    for (;;) {
      guint8 size = (guint8)(20 + n_in % 170);
      write_rtp (rtp, 0x80, n_in, 0xfedcba98);
      memset (rtp + 12, (int)(n_in & 0xff), (gsize)size - 12);
      if (!ot_packet_ring_push_rtp (ring, OT_SIDE_CALLEE, 7, rtp, size, n_in))
        break;
      n_in++;
    }
    g_assert_cmpuint (ot_packet_ring_get_dropped (ring), ==, round + 1);
    while (ot_packet_ring_pop (ring, &packet, payload)) {
      g_assert_cmpuint (packet.timestamp, ==, n_out);
      g_assert_cmpint (packet.arrival_us, ==, n_out);
      g_assert_cmpuint (packet.size, ==, 20 + n_out % 170 - 12);
      g_assert_cmphex (packet.source, ==, G_GUINT64_CONSTANT (0x7fedcba98));
      g_assert_cmpuint (packet.side, ==, OT_SIDE_CALLEE);
      for (guint i = 0; i < packet.size; i++)
        g_assert_cmpuint (payload[i], ==, n_out & 0xff);
      n_out++;
    }
    g_assert_cmpuint (n_in, ==, n_out);
  }
  ot_packet_ring_free (ring);
}

static void
test_ring_payload (void)
{
  OtPacketRing *ring = ot_packet_ring_new ();
  guint8 rtp[40] = { 0 };
  guint8 payload[OT_PACKET_PAYLOAD_MAX];
  OtVoicePacket packet;

  write_rtp (rtp, 0xa2, 0, 1); /* two CSRCs, padding */
  rtp[20] = 0xf8;
  rtp[39] = 19;
  g_assert_true (ot_packet_ring_push_rtp (ring, OT_SIDE_CALLER, 1, rtp, sizeof rtp, 0));
  g_assert_true (ot_packet_ring_pop (ring, &packet, payload));
  g_assert_cmpuint (packet.size, ==, 1);
  g_assert_cmphex (payload[0], ==, 0xf8);
  rtp[39] = 200; /* more padding than packet: says nothing */
  g_assert_true (ot_packet_ring_push_rtp (ring, OT_SIDE_CALLER, 1, rtp, sizeof rtp, 0));
  g_assert_false (ot_packet_ring_pop (ring, &packet, payload));
  ot_packet_ring_free (ring);
}

/* ---- the clock ---- */

static void
test_clock_keeps_gaps (void)
{
  OtRtpClock clock = { 0 };

  g_assert_cmpint (ot_rtp_clock_place (&clock, 1, 0xfffffff0, 1000 * MS), ==, 1000 * MS);
  g_assert_cmpint (ot_rtp_clock_place (&clock, 1, 0xfffffff0 + FRAME_TICKS, 1051 * MS), ==,
                   1020 * MS); /* the network's delay is no gap */
  g_assert_cmpint (ot_rtp_clock_place (&clock, 1, 0xfffffff0 + 20 * FRAME_TICKS, 1400 * MS), ==,
                   1400 * MS); /* the speaker's is */
  g_assert_cmpint (ot_rtp_clock_place (&clock, 1, 0xfffffff0 + 19 * FRAME_TICKS, 1401 * MS), ==,
                   1380 * MS); /* out of order */
  g_assert_cmpint (ot_rtp_clock_place (&clock, 2, 77, 1500 * MS), ==, 1500 * MS);
}

/* The first packet was late: the next ones show it. */
static void
test_clock_is_never_ahead (void)
{
  OtRtpClock clock = { 0 };

  ot_rtp_clock_place (&clock, 1, 0, 1000 * MS);
  g_assert_cmpint (ot_rtp_clock_place (&clock, 1, FRAME_TICKS, 1005 * MS), ==, 1005 * MS);
  g_assert_cmpint (ot_rtp_clock_place (&clock, 1, 2 * FRAME_TICKS, 1025 * MS), ==, 1025 * MS);
}

/* An hour with a speaker whose clock is 200 ppm slow, or fast: never 50 ms off. */
static void
test_clock_follows (void)
{
  for (int ppm = -200; ppm <= 200; ppm += 400) {
    OtRtpClock clock = { 0 };

    for (gint64 i = 0; i < 180000; i++) {
      gint64 at_us = i * 20 * MS + i * 20 * MS * ppm / 1000000;
      gint64 jitter_us = (i * 7919) % 40 * MS;
      gint64 place_us =
          ot_rtp_clock_place (&clock, 1, (guint32)(i * FRAME_TICKS), at_us + jitter_us);

      g_assert_cmpint (ABS (place_us - at_us), <=, 50 * MS);
    }
  }
}

/* A stalled network is no reason to move; a clock that stood still is. */
static void
test_clock_after_a_stall (void)
{
  OtRtpClock clock = { 0 };
  guint32 timestamp = 0;
  gint64 place_us = 0;

  for (gint64 i = 0; i < 100; i++, timestamp += FRAME_TICKS)
    place_us = ot_rtp_clock_place (&clock, 1, timestamp, MAX (i * 20, 1000) * MS); /* a burst */
  g_assert_cmpint (place_us, ==, 99 * 20 * MS);
  for (gint64 i = 100; i < 400; i++, timestamp += FRAME_TICKS)
    place_us = ot_rtp_clock_place (&clock, 1, timestamp, 5000 * MS + i * 20 * MS);
  g_assert_cmpint (place_us, ==, 5000 * MS + 399 * 20 * MS);
}

/* ---- the track ---- */

static const guint8 spoken[] = { 0xf8, 0xff, 0xfe };

/* What comes out until @until_ms: "at+duration", in ms, "." for a frame without data. */
static char *
taken (OtOpusTrack *track, gint64 until_ms)
{
  GString *text = g_string_new (NULL);
  OtOpusFrame *frame;

  while ((frame = ot_opus_track_take (track, until_ms * MS)) != NULL) {
    g_string_append_printf (text, "%s%g%s", text->len > 0 ? " " : "", (double)frame->at_us / MS,
                            g_bytes_get_size (frame->data) == 1 ? "." : "");
    g_assert_cmpint (
        frame->duration_us, ==,
        ot_opus_duration_us (g_bytes_get_data (frame->data, NULL), g_bytes_get_size (frame->data)));
    ot_opus_frame_free (frame);
  }
  return g_string_free (text, FALSE);
}

static void
check_taken (OtOpusTrack *track, gint64 until_ms, const char *expected)
{
  g_autofree char *text = taken (track, until_ms);

  g_assert_cmpstr (text, ==, expected);
}

static gboolean
put (OtOpusTrack *track, gint64 at_ms)
{
  return ot_opus_track_put (track, at_ms * MS, spoken, sizeof spoken);
}

static void
test_track (void)
{
  OtOpusTrack track;

  ot_opus_track_init (&track, 0);
  check_taken (&track, 10, "");
  g_assert_true (put (&track, 25));
  g_assert_true (put (&track, 65));
  g_assert_true (put (&track, 45)); /* out of order */
  g_assert_true (put (&track, 45)); /* twice */
  check_taken (&track, 25, "0.");
  check_taken (&track, 66, "20. 25 45 65");
  g_assert_true (put (&track, 200));
  check_taken (&track, 150, "85. 105. 125.");
  g_assert_false (put (&track, 100)); /* its place was given away */
  check_taken (&track, 220, "145. 165. 185. 195. 200");
  g_assert_true (put (&track, 214)); /* a little early: pushed back */
  check_taken (&track, 240, "220");
  ot_opus_track_clear (&track);
}

static void
test_track_is_bounded (void)
{
  OtOpusTrack track;

  ot_opus_track_init (&track, 0);
  for (guint i = 0; i < OT_OPUS_TRACK_MAX; i++)
    g_assert_true (put (&track, i * 20));
  g_assert_false (put (&track, 20 * OT_OPUS_TRACK_MAX));
  g_assert_false (ot_opus_track_put (&track, 0, spoken, 0));
  ot_opus_track_clear (&track);
}

static void
test_durations (void)
{
  static const struct {
    guint8 packet[2];
    gsize size;
    gint64 duration_us;
  } cases[] = {
    { { 0xf8 }, 1, 20000 },        { { 0xe0 }, 1, 2500 },    { { 0xf9 }, 1, 40000 },
    { { 0x00 }, 1, 10000 },        { { 0x18 }, 1, 60000 },   { { 0x1a, 0x00 }, 2, 120000 },
    { { 0x60 }, 1, 10000 },        { { 0x68 }, 1, 20000 },   { { 0xfb, 0x03 }, 2, 60000 },
    { { 0xfb, 0x87 }, 2, 0 },      { { 0xfb }, 1, 0 },       { { 0xfb, 0x00 }, 2, 0 },
    { { 0x1b, 0x02 }, 2, 120000 }, { { 0x1b, 0x03 }, 2, 0 }, { { 0 }, 0, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (ot_opus_duration_us (cases[i].packet, cases[i].size), ==,
                     cases[i].duration_us);
}

/* One that the muxer's parser refuses would hold both tracks up. */
static void
test_malformed (void)
{
  static const struct {
    guint8 start[4];
    gsize size; /* of the packet; the rest is zeros */
    gboolean is_good;
  } cases[] = {
    { { 0xf8 }, 1276, TRUE },               /* one frame as long as may be */
    { { 0xf8 }, 1277, FALSE },              /* longer */
    { { 0xf9 }, 5, TRUE },                  /* two equal frames */
    { { 0xf9 }, 6, FALSE },                 /* of which one would be half a byte longer */
    { { 0xfa }, 1, FALSE },                 /* no length */
    { { 0xfa, 3 }, 5, TRUE },               /* two frames, the second one empty */
    { { 0xfa, 4 }, 5, FALSE },              /* the first one does not fit */
    { { 0xfa, 252 }, 2, FALSE },            /* half a length */
    { { 0xfa, 252, 1 }, 259, TRUE },        /* 256 bytes, and an empty one */
    { { 0xfa, 252, 1 }, 258, FALSE },       /* 255 of them */
    { { 0xe3, 48 }, 2, TRUE },              /* 48 frames without data */
    { { 0xe3, 49 }, 2, FALSE },             /* one too many */
    { { 0xfb, 0x43 }, 2, FALSE },           /* no length of the padding */
    { { 0xfb, 0x43, 3 }, 6, TRUE },         /* nothing but padding */
    { { 0xfb, 0x43, 3 }, 5, FALSE },        /* which does not fit */
    { { 0xfb, 0x43, 255, 1 }, 259, TRUE },  /* 254 and 1 */
    { { 0xfb, 0x43, 255, 1 }, 258, FALSE }, /* not all there */
    { { 0xfb, 0x83, 1, 1 }, 6, TRUE },      /* lengths of their own: 1, 1, 0 */
    { { 0xfb, 0x83, 1, 1 }, 5, FALSE },     /* the second one is not there */
  };
  guint8 packet[1300];

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    memset (packet, 0, sizeof packet);
    memcpy (packet, cases[i].start, sizeof cases[i].start);
    g_test_message ("case %zu", i);
    g_assert_cmpint (ot_opus_duration_us (packet, cases[i].size) > 0, ==, cases[i].is_good);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/record/ring", test_ring);
  g_test_add_func ("/record/ring/payload", test_ring_payload);
  g_test_add_func ("/record/clock/gaps", test_clock_keeps_gaps);
  g_test_add_func ("/record/clock/never-ahead", test_clock_is_never_ahead);
  g_test_add_func ("/record/clock/follows", test_clock_follows);
  g_test_add_func ("/record/clock/stall", test_clock_after_a_stall);
  g_test_add_func ("/record/track", test_track);
  g_test_add_func ("/record/track/bounded", test_track_is_bounded);
  g_test_add_func ("/record/track/durations", test_durations);
  g_test_add_func ("/record/track/malformed", test_malformed);
  return g_test_run ();
}
