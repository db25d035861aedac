/* The arithmetic of one voice made of several sources. */

#include <glib.h>
#include <string.h>

#include "rewrite.h"

#define PAYLOAD 40
#define EAR 50 /* the leg that listens */

typedef struct {
  guint8 data[12 + PAYLOAD];
  gsize size;
} Packet;

static void
put32 (guint8 *at, guint32 value)
{
  value = g_htonl (value);
  memcpy (at, &value, sizeof value);
}

static guint32
get32 (const guint8 *at)
{
  guint32 value;

  memcpy (&value, at, sizeof value);
  return g_ntohl (value);
}

static guint
sequence_of (const guint8 *packet)
{
  return (guint)packet[2] << 8 | packet[3];
}

static Packet
rtp (guint32 ssrc, guint16 sequence, guint32 timestamp)
{
  Packet packet = { { 0x80, 111, (guint8)(sequence >> 8), (guint8)sequence }, 12 + PAYLOAD };

  put32 (packet.data + 4, timestamp);
  put32 (packet.data + 8, ssrc);
  memset (packet.data + 12, 'v', PAYLOAD);
  return packet;
}

static void
test_first_source_as_it_is (void)
{
  OtRewrite rewrite = { 0 };

  for (guint i = 0; i < 5; i++) {
    Packet packet = rtp (7, (guint16)(32765 + i), 960 * i);
    Packet before = packet;

    ot_rewrite_rtp (&rewrite, packet.data, 1, EAR, 20000 * i);
    g_assert_cmpmem (packet.data, packet.size, before.data, before.size);
  }
}

static void
test_next_source_continues (void)
{
  OtRewrite rewrite = { .listener = EAR };
  Packet packet = rtp (7, 65535, 5000);

  ot_rewrite_rtp (&rewrite, packet.data, 1, EAR, 1000000);
  packet = rtp (9, 100, 77); /* another leg, half a second later */
  ot_rewrite_rtp (&rewrite, packet.data, 2, EAR, 1500000);
  g_assert_cmpuint (sequence_of (packet.data), ==, 0);
  g_assert_cmpuint (get32 (packet.data + 4), ==, 5000 + 24000);
  g_assert_cmpuint (get32 (packet.data + 8), ==, 7);
  packet = rtp (9, 102, 77 + 1920); /* one was lost: the gap stays */
  ot_rewrite_rtp (&rewrite, packet.data, 2, EAR, 1540000);
  g_assert_cmpuint (sequence_of (packet.data), ==, 2);
  g_assert_cmpuint (get32 (packet.data + 4), ==, 5000 + 24000 + 1920);
  packet = rtp (9, 101, 77 + 960); /* late, and in its place */
  ot_rewrite_rtp (&rewrite, packet.data, 2, EAR, 1541000);
  g_assert_cmpuint (sequence_of (packet.data), ==, 1);
  packet = rtp (9, 1, 1); /* a third leg with the same SSRC */
  ot_rewrite_rtp (&rewrite, packet.data, 3, EAR, 1560000);
  g_assert_cmpuint (sequence_of (packet.data), ==, 3);
}

static guint
sequence_heard (OtRewrite *rewrite, guint32 ssrc, guint sequence, guint32 listener)
{
  Packet packet = rtp (ssrc, (guint16)sequence, 0);

  ot_rewrite_rtp (rewrite, packet.data, 1, listener, 1000000);
  return sequence_of (packet.data);
}

/* Whatever the speaker has come to, a leg begins far from the end of the numbers, and not so near
 * to their beginning that a late packet would be before it. */
static void
test_a_leg_begins_to_listen (void)
{
  static const guint16 moved[] = { 0, 1, 0xff, 0x8000, 0xfffe };
  OtRewrite rewrite = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (moved); i++) {
    OtRewrite fresh = { 0 };

    g_assert_cmphex (sequence_heard (&fresh, 7, moved[i], 1), ==, 0x100);
    g_assert_cmphex (sequence_heard (&fresh, 7, moved[i] + 2u, 1), ==, 0x102);
    g_assert_cmphex (sequence_heard (&fresh, 7, moved[i] - 1u, 1), ==, 0xff);
  }
  g_assert_cmphex (sequence_heard (&rewrite, 7, 0x100, 1), ==, 0x100);
  g_assert_cmphex (sequence_heard (&rewrite, 7, 0x7fff, 1), ==, 0x7fff);
  g_assert_cmphex (sequence_heard (&rewrite, 7, 0x7ffe, 2), ==, 0x7ffe); /* nothing to move */
  g_assert_cmphex (sequence_heard (&rewrite, 7, 0x8001, 3), ==, 0x100);
  g_assert_cmphex (sequence_heard (&rewrite, 8, 5, 3), ==, 0x101); /* another speaks on */
  g_assert_cmphex (sequence_heard (&rewrite, 9, 5, 4), ==, 0x102);
}

static void
test_reports_follow (void)
{
  OtRewrite towards = { .listener = EAR }; /* what the receiver of the report hears */
  OtRewrite from = { .listener = EAR };    /* what its sender hears */
  Packet packet = rtp (7, 10, 0);
  guint8 report[52] = { 0x81, 200, 0, 12 };

  ot_rewrite_rtp (&towards, packet.data, 1, EAR, 0);
  packet = rtp (8, 500, 9000);
  ot_rewrite_rtp (&towards, packet.data, 2, EAR, 20000); /* SSRC 8 is heard as 7 */
  packet = rtp (20, 1000, 0);
  ot_rewrite_rtp (&from, packet.data, 3, EAR, 0);
  packet = rtp (21, 5, 0);
  ot_rewrite_rtp (&from, packet.data, 4, EAR, 20000); /* 21 is heard as 20, its 5 as 1001 */

  put32 (report + 4, 8);
  put32 (report + 16, 9960);
  put32 (report + 28, 20);
  put32 (report + 36, 0x20000 + 1003);
  g_assert_true (ot_rewrite_rtcp (&towards, &from, report, sizeof report));
  g_assert_cmpuint (get32 (report + 4), ==, 7);
  g_assert_cmpuint (get32 (report + 16), ==, 960 + 960);
  g_assert_cmpuint (get32 (report + 28), ==, 21);
  g_assert_cmpuint (get32 (report + 36) & 0xffff, ==, 7);
}

static void
test_bad_rtcp (void)
{
  const OtRewrite fresh = { 0 };
  guint8 report[] = { 0x81, 201, 0, 7, 0, 0, 0, 1 }; /* says 32 bytes */

  g_assert_false (ot_rewrite_rtcp (&fresh, &fresh, report, sizeof report));
  g_assert_false (ot_rewrite_rtcp (&fresh, &fresh, report, 0));
  report[3] = 1; /* says one block, has none */
  g_assert_true (ot_rewrite_rtcp (&fresh, &fresh, report, sizeof report));
  report[0] = 0x41;
  g_assert_false (ot_rewrite_rtcp (&fresh, &fresh, report, sizeof report));
}

static void
test_strip_extension (void)
{
  guint8 packet[] = { 0xb1, 111,  0, 1, 0,    0, 0, 2, 0,   0,   0,   3,
                      0,    0,    0, 4, /* with one CSRC */
                      0xbe, 0xde, 0, 1, 0x10, 1, 0, 0, 'o', 'p', 'u', 's' };
  const guint8 expected[] = { 0xa1, 111, 0, 1, 0, 0, 0,   2,   0,   0,
                              0,    3,   0, 0, 0, 4, 'o', 'p', 'u', 's' };
  gsize size = sizeof packet;
  guint8 *stripped;

  for (gsize cut = 0; cut < 24; cut++) {
    g_autofree guint8 *copy = g_memdup2 (packet, cut);
    gsize copy_size = cut;

    g_assert_null (ot_rtp_strip_extension (copy, &copy_size));
  }
  stripped = ot_rtp_strip_extension (packet, &size);
  g_assert_cmpmem (stripped, size, expected, sizeof expected);
  g_assert_true (ot_rtp_strip_extension (stripped, &size) == stripped); /* nothing left to strip */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rewrite/first-source-as-it-is", test_first_source_as_it_is);
  g_test_add_func ("/rewrite/next-source-continues", test_next_source_continues);
  g_test_add_func ("/rewrite/a-leg-begins-to-listen", test_a_leg_begins_to_listen);
  g_test_add_func ("/rewrite/reports-follow", test_reports_follow);
  g_test_add_func ("/rewrite/bad-rtcp", test_bad_rtcp);
  g_test_add_func ("/rewrite/strip-extension", test_strip_extension);
  return g_test_run ();
}
