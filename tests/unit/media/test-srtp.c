/* SRTP by RFC 3711's test vectors (appendix B), by what must and must not pass, over the wrap of
 * the sequence number, and without allocating. Agreement with libsrtp2 is tests/fuzz/srtp.c's. */

#include <glib.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "replay-window.h"
#include "srtp-keys.h"
#include "srtp.h"

#define PAYLOAD 40
#define SSRC 7

typedef struct {
  guint8 data[12 + PAYLOAD + OT_SRTP_TRAILER];
  gsize size;
} Packet;

static guint n_allocations;

static void *
count_malloc (size_t size, const char *file, int line)
{
  n_allocations++;
  return malloc (size);
}

static void *
count_realloc (void *old, size_t size, const char *file, int line)
{
  n_allocations++;
  return realloc (old, size);
}

static void
count_free (void *old, const char *file, int line)
{
  free (old);
}

static void
from_hex (guint8 *out, const char *hex)
{
  for (; *hex != '\0'; hex += 2)
    *out++ = (guint8)(g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));
}

static void
assert_hex (const guint8 *bytes, const char *hex)
{
  guint8 expected[128];
  gsize size = strlen (hex) / 2;

  from_hex (expected, hex);
  g_assert_cmpmem (bytes, size, expected, size);
}

static Packet
rtp (guint32 ssrc, guint sequence)
{
  Packet packet = { { 0x80, 111 }, 12 + PAYLOAD };

  ot_set16 (packet.data + 2, (guint16)sequence);
  ot_set32 (packet.data + 8, ssrc);
  memset (packet.data + 12, 'v', PAYLOAD);
  return packet;
}

static Packet
rtcp (guint32 ssrc)
{
  Packet packet = { { 0x80, 201, 0, 9 }, 40 };

  ot_set32 (packet.data + 4, ssrc);
  memset (packet.data + 8, 'r', 32);
  return packet;
}

static OtSrtp *
make_srtp (guint8 receive, guint8 send)
{
  guint8 receive_key[OT_SRTP_KEY_SIZE];
  guint8 send_key[OT_SRTP_KEY_SIZE];
  g_autoptr (GError) error = NULL;
  OtSrtp *srtp;

  memset (receive_key, receive, sizeof receive_key);
  memset (send_key, send, sizeof send_key);
  srtp = ot_srtp_new (receive_key, send_key, &error);
  g_assert_no_error (error);
  return srtp;
}

static Packet protected(OtSrtp *srtp, guint sequence)
{
  Packet packet = rtp (SSRC, sequence);

  g_assert_true (ot_srtp_protect (srtp, packet.data, &packet.size));
  return packet;
}

/* On a copy: the same packet may come again. */
static gboolean
passes (OtSrtp *srtp, Packet packet)
{
  return ot_srtp_unprotect (srtp, packet.data, &packet.size);
}

/* ---- RFC 3711, appendix B ---- */

static void
test_keystream (void) /* B.2 */
{
  OtSrtpKeys keys = { NULL };
  guint8 key[OT_SRTP_KEY_BYTES], salt[OT_SRTP_SALT_BYTES];
  guint8 auth[OT_SRTP_AUTH_BYTES] = { 0 };
  g_autofree guint8 *stream = g_malloc0 (0xff02 * 16);

  from_hex (key, "2b7e151628aed2a6abf7158809cf4f3c");
  from_hex (salt, "f0f1f2f3f4f5f6f7f8f9fafbfcfd");
  g_assert_true (ot_srtp_keys_set (&keys, key, auth, salt));
  ot_srtp_keys_crypt (&keys, 0, 0, stream, 0xff02 * 16);
  assert_hex (stream, "e03ead0935c95e80e166b16dd92b4eb4"
                      "d23513162b02d0f72a43a2fe4a5f97ab"
                      "41e95b3bb0a2e8dd477901e4fca894c0");
  assert_hex (stream + 0xfeff * 16, "ec8cdf7398607cb0f2d21675ea9ea1e4"
                                    "362b7c3c6773516318a077d7fc5073ae"
                                    "6a2cc3787889374fbeb4c81b17ba6c44");
  ot_srtp_keys_clear (&keys);
}

/* RFC 3711, 4.1.1: source and index are XORed into the salt, each at its place. */
static void
test_iv (void)
{
  OtSrtpKeys keys = { NULL }, moved = { NULL };
  guint8 key[OT_SRTP_KEY_BYTES] = { 1 }, auth[OT_SRTP_AUTH_BYTES] = { 0 };
  guint8 salt[OT_SRTP_SALT_BYTES] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 };
  guint8 a[32] = { 0 }, b[32] = { 0 };

  g_assert_true (ot_srtp_keys_set (&keys, key, auth, salt));
  ot_srtp_keys_crypt (&keys, 0xa1b2c3d4, G_GUINT64_CONSTANT (0x112233445566), a, sizeof a);
  ot_set32 (salt + 4, ot_get32 (salt + 4) ^ 0xa1b2c3d4);
  ot_set16 (salt + 8, ot_get16 (salt + 8) ^ 0x1122);
  ot_set32 (salt + 10, ot_get32 (salt + 10) ^ 0x33445566);
  g_assert_true (ot_srtp_keys_set (&moved, key, auth, salt));
  ot_srtp_keys_crypt (&moved, 0, 0, b, sizeof b);
  g_assert_cmpmem (a, sizeof a, b, sizeof b);
  ot_srtp_keys_clear (&keys);
  ot_srtp_keys_clear (&moved);
}

static void
test_derivation (void) /* B.3 */
{
  guint8 master[OT_SRTP_MASTER_SIZE];
  guint8 key[94];

  from_hex (master, "e1f97a0d3e018be0d64fa32c06de4139"
                    "0ec675ad498afeebb6960b3aabe6");
  g_assert_true (ot_srtp_kdf (master, 0, key, 16));
  assert_hex (key, "c61e7a93744f39ee10734afe3ff7a087");
  g_assert_true (ot_srtp_kdf (master, 2, key, 14));
  assert_hex (key, "30cbbc08863d8c85d49db34a9ae1");
  g_assert_true (ot_srtp_kdf (master, 1, key, 94));
  assert_hex (key, "cebe321f6ff7716b6fd4ab49af256a15"
                   "6d38baa48f0a0acf3c34e2359e6cdbce"
                   "e049646c43d9327ad175578ef7227098"
                   "6371c10c9a369ac2f94a8c5fbcdddc25"
                   "6d6e919a48b610ef17c2041e47403576"
                   "6b68642c59bbfc2f34db60dbdfb2");
}

/* HMAC-SHA1 by RFC 2202, test case 1: a key of 20 bytes; the text in two parts. */
static void
test_tag (void)
{
  OtSrtpKeys keys = { NULL };
  guint8 key[OT_SRTP_KEY_BYTES] = { 0 }, salt[OT_SRTP_SALT_BYTES] = { 0 };
  guint8 auth[OT_SRTP_AUTH_BYTES];
  guint8 tag[OT_SRTP_TAG_BYTES];

  memset (auth, 0x0b, sizeof auth);
  g_assert_true (ot_srtp_keys_set (&keys, key, auth, salt));
  for (guint i = 0; i < 2; i++) {
    ot_srtp_keys_tag (&keys, (const guint8 *)"Hi T", 4, (const guint8 *)"here", 4, tag);
    assert_hex (tag, "b617318655057264e28b");
  }
  ot_srtp_keys_clear (&keys);
}

/* ---- the window ---- */

static void
test_window (void)
{
  OtReplayWindow window = { 0 };

  g_assert_true (ot_replay_window_allows (&window, 0));
  ot_replay_window_add (&window, 0);
  g_assert_false (ot_replay_window_allows (&window, 0));
  ot_replay_window_add (&window, 300);
  for (guint64 index = 0; index <= 300; index++)
    g_assert_true (ot_replay_window_allows (&window, index)
                   == (index < 300 && index > 300 - OT_REPLAY_WINDOW));
  for (guint64 index = 299; index > 300 - OT_REPLAY_WINDOW; index -= 3)
    ot_replay_window_add (&window, index);
  for (guint by = 1; by < 2 * OT_REPLAY_WINDOW; by += 13) { /* what has been moves as one */
    OtReplayWindow moved = window;

    ot_replay_window_add (&moved, 300 + by);
    for (guint64 index = 301 + by - MIN (by, OT_REPLAY_WINDOW); index < 300 + by; index++)
      g_assert_true (ot_replay_window_allows (&moved, index));
    for (guint64 index = 300 + by - OT_REPLAY_WINDOW + 1; index < 300; index++)
      g_assert_true (ot_replay_window_allows (&moved, index)
                     == ot_replay_window_allows (&window, index));
    g_assert_false (ot_replay_window_allows (&moved, 300 + by - OT_REPLAY_WINDOW));
  }
}

static void
test_guess (void)
{
  static const struct {
    guint64 highest;
    guint sequence;
    guint64 index;
  } rows[] = {
    { 0, 65535, 65535 },          { 5, 65535, 65535 }, /* no cycle before the first */
    { 0x8000, 65535, 65535 },     { 0xfffe, 0xffff, 0xffff },  { 0xffff, 0, 0x10000 },
    { 0xffff, 0x7ffe, 0x17ffe },  { 0xffff, 0x7fff, 0x7fff },  { 0x10000, 0xffff, 0xffff },
    { 0x10005, 0x8005, 0x18005 }, { 0x10005, 0x8006, 0x8006 }, { 0x3ffff, 1, 0x40001 },
    { 0xffffffffffff, 0, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    OtReplayWindow window = { .highest = rows[i].highest };

    g_assert_cmphex (ot_replay_window_guess (&window, (guint16)rows[i].sequence), ==,
                     rows[i].index);
  }
}

/* ---- packets ---- */

/* Thrice around the sequence numbers, some lost, some late. */
static void
test_cycles (void)
{
  g_autoptr (OtSrtp) a = make_srtp (1, 2);
  g_autoptr (OtSrtp) b = make_srtp (2, 1);
  const guint8 text[PAYLOAD] = { [0 ... PAYLOAD - 1] = 'v' };
  Packet late = { { 0 } };

  for (guint i = 0; i < 3 * 65536; i++) {
    Packet packet = protected(a, 65000 + i);

    if (i % 100 == 50)
      late = packet;
    else if (i % 100 != 70 && i % 100 != 90) {
      g_assert_true (ot_srtp_unprotect (b, packet.data, &packet.size));
      g_assert_cmpmem (packet.data + 12, PAYLOAD, text, PAYLOAD);
    }
    if (i % 100 == 80) {
      g_assert_true (passes (b, late));
      g_assert_false (passes (b, late));
    }
  }
}

static void
test_round_trip (void)
{
  g_autoptr (OtSrtp) a = make_srtp (1, 2);
  g_autoptr (OtSrtp) b = make_srtp (2, 1);
  Packet plain = rtcp (SSRC);
  Packet packet = protected(a, 1);

  g_assert_cmpuint (packet.size, ==, 12 + PAYLOAD + 10);
  g_assert_true (memcmp (packet.data + 12, rtp (SSRC, 1).data + 12, PAYLOAD) != 0);
  for (guint32 i = 0; i < 3; i++) {
    packet = plain;
    g_assert_true (ot_srtp_protect_rtcp (a, packet.data, &packet.size));
    g_assert_cmpuint (packet.size, ==, plain.size + 14);
    g_assert_cmphex (ot_get32 (packet.data + plain.size), ==, 0x80000000u + i); /* RFC 3711, 3.4 */
    g_assert_true (ot_srtp_unprotect_rtcp (b, packet.data, &packet.size));
    g_assert_cmpmem (packet.data, packet.size, plain.data, plain.size);
  }
}

typedef gboolean (*Operation) (OtSrtp *self, guint8 *packet, gsize *size);

/* No bit can be changed, no byte be missing; what is refused stays as it came. */
static void
refuses_all_but (OtSrtp *srtp, Operation unprotect, Packet packet)
{
  Packet copy;

  for (gsize bit = 0; bit < packet.size * 8; bit++) {
    Packet changed = packet;

    changed.data[bit / 8] ^= (guint8)(1 << bit % 8);
    copy = changed;
    g_assert_false (unprotect (srtp, copy.data, &copy.size));
    g_assert_cmpmem (copy.data, copy.size, changed.data, changed.size);
  }
  for (gsize size = 0; size < packet.size; size++) {
    copy = packet;
    copy.size = size;
    g_assert_false (unprotect (srtp, copy.data, &copy.size));
  }
  copy = packet;
  g_assert_true (unprotect (srtp, copy.data, &copy.size));
  copy = packet;
  g_assert_false (unprotect (srtp, copy.data, &copy.size));
}

static void
test_forged_and_replayed (void)
{
  g_autoptr (OtSrtp) a = make_srtp (1, 2);
  g_autoptr (OtSrtp) b = make_srtp (2, 1);
  Packet packet = rtcp (SSRC);

  refuses_all_but (b, ot_srtp_unprotect, protected(a, 1));
  g_assert_true (ot_srtp_protect_rtcp (a, packet.data, &packet.size));
  refuses_all_but (b, ot_srtp_unprotect_rtcp, packet);
}

/* Two texts under one keystream would show both. */
static void
test_nothing_is_sent_twice (void)
{
  g_autoptr (OtSrtp) a = make_srtp (1, 2);
  Packet packet = protected(a, 1000);

  packet = rtp (SSRC, 1000);
  g_assert_false (ot_srtp_protect (a, packet.data, &packet.size));
  packet = rtp (SSRC, 1000 - OT_REPLAY_WINDOW);
  g_assert_false (ot_srtp_protect (a, packet.data, &packet.size));
  protected (a, 999);
}

/* A client could open sources without end; only so many are followed. Forged ones take no place. */
static void
test_too_many_sources (void)
{
  g_autoptr (OtSrtp) b = make_srtp (2, 1);

  for (guint32 ssrc = 0; ssrc < 1000; ssrc++)
    g_assert_false (passes (b, rtp (ssrc, 1)));
  for (guint32 ssrc = 0; ssrc < OT_SRTP_SSRC_MAX + 3; ssrc++) {
    g_autoptr (OtSrtp) a = make_srtp (1, 2);
    Packet packet = rtp (ssrc, 1);

    g_assert_true (ot_srtp_protect (a, packet.data, &packet.size));
    g_assert_true (passes (b, packet) == (ssrc < OT_SRTP_SSRC_MAX));
  }
}

static void
test_no_allocation (void)
{
  g_autoptr (OtSrtp) a = make_srtp (1, 2);
  g_autoptr (OtSrtp) b = make_srtp (2, 1);
  guint before = n_allocations;

  g_assert_cmpuint (before, >, 0); /* they are counted */
  for (guint i = 0; i < 100; i++) {
    Packet packet = rtcp (SSRC);

    g_assert_true (passes (b, protected(a, i)));
    g_assert_true (ot_srtp_protect_rtcp (a, packet.data, &packet.size));
    g_assert_true (ot_srtp_unprotect_rtcp (b, packet.data, &packet.size));
  }
  g_assert_cmpuint (n_allocations, ==, before);
}

int
main (int argc, char **argv)
{
  g_assert_cmpint (CRYPTO_set_mem_functions (count_malloc, count_realloc, count_free), ==, 1);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/srtp/keystream", test_keystream);
  g_test_add_func ("/srtp/iv", test_iv);
  g_test_add_func ("/srtp/derivation", test_derivation);
  g_test_add_func ("/srtp/tag", test_tag);
  g_test_add_func ("/srtp/window", test_window);
  g_test_add_func ("/srtp/guess", test_guess);
  g_test_add_func ("/srtp/cycles", test_cycles);
  g_test_add_func ("/srtp/round-trip", test_round_trip);
  g_test_add_func ("/srtp/forged-and-replayed", test_forged_and_replayed);
  g_test_add_func ("/srtp/nothing-is-sent-twice", test_nothing_is_sent_twice);
  g_test_add_func ("/srtp/too-many-sources", test_too_many_sources);
  g_test_add_func ("/srtp/no-allocation", test_no_allocation);
  return g_test_run ();
}
