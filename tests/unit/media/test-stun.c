/* STUN against the sample messages of RFC 5769, and against what nobody should believe. */

#include <glib.h>
#include <string.h>

#include "stun.h"

#define PASSWORD "VOkJxbRl1RmTxUk/WvJxBt"

/* RFC 5769, 2.1 */
static const guint8 request[] = {
  0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
  0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73,
  0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff,
  0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09,
  0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14,
  0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49,
  0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf
};

/* RFC 5769, 2.2 */
static const guint8 response_v4[] = {
  0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
  0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
  0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
  0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5, 0x99, 0xfd, 0x9e, 0x90, 0xc3, 0x8c, 0x74, 0x89, 0xf9,
  0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b, 0xe7, 0xd7, 0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96
};

/* RFC 5769, 2.3 */
static const guint8 response_v6[] = {
  0x01, 0x01, 0x00, 0x48, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
  0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
  0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa,
  0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9, 0x00, 0x08, 0x00, 0x14,
  0xa3, 0x82, 0x95, 0x4e, 0x4b, 0xe6, 0x7b, 0xf1, 0x17, 0x84, 0xc9, 0x7c, 0x82, 0x92, 0xc2, 0x75,
  0xbf, 0xe3, 0xed, 0x41, 0x80, 0x28, 0x00, 0x04, 0xc8, 0xfb, 0x0b, 0x4c
};

static void
test_request (void)
{
  OtStun message;

  g_assert_true (ot_stun_read (&message, request, sizeof request));
  g_assert_cmpuint (message.type, ==, OT_STUN_BINDING_REQUEST);
  g_assert_cmpmem (message.username, message.username_size, "evtj:h6vY", 9);
  g_assert_cmpmem (message.transaction, OT_STUN_TRANSACTION, request + 8, 12);
  g_assert_true (message.is_controlled);
  g_assert_false (message.use_candidate);
  g_assert_true (ot_stun_is_authentic (&message, PASSWORD));
  g_assert_false (ot_stun_is_authentic (&message, "VOkJxbRl1RmTxUk/WvJxBT"));
}

static void
check_response (const guint8 *data, gsize size, const char *host)
{
  OtStun message;
  OtAddress expected;

  g_assert_true (ot_address_parse (&expected, host, 32853));
  g_assert_true (ot_stun_read (&message, data, size));
  g_assert_cmpuint (message.type, ==, OT_STUN_BINDING_SUCCESS);
  g_assert_true (ot_stun_is_authentic (&message, PASSWORD));
  g_assert_true (ot_address_equal (&message.mapped, &expected));
}

static void
test_responses (void)
{
  check_response (response_v4, sizeof response_v4, "192.0.2.1");
  check_response (response_v6, sizeof response_v6, "2001:db8:1234:5678:11:2233:4455:6677");
}

/* One flipped bit anywhere, or a byte less, and the message is not well-formed, or not authentic.
 */
static void
test_damaged (void)
{
  guint8 damaged[sizeof request];
  OtStun message;

  for (gsize bit = 0; bit < 8 * sizeof request; bit++) {
    memcpy (damaged, request, sizeof request);
    damaged[bit / 8] ^= (guint8)(1 << bit % 8);
    g_assert_false (ot_stun_read (&message, damaged, sizeof damaged));
  }
  for (gsize size = 0; size < sizeof request; size++) {
    g_autofree guint8 *cut =
        g_memdup2 (request, size); /* a copy: a sanitizer sees each byte read beyond it */

    g_assert_false (ot_stun_read (&message, cut, size));
  }
}

/* Random bytes behind a right header and fingerprint: lengths that lie must stay inside of the
 * message. */
static void
test_noise (void)
{
  guint n_read = 0;

  for (guint round = 0; round < 20000; round++) {
    guint8 transaction[OT_STUN_TRANSACTION] = { 0 };
    g_autofree guint8 *copy = NULL;
    OtStunWriter writer;
    OtStun message;

    ot_stun_begin (&writer, OT_STUN_BINDING_REQUEST, transaction);
    ot_stun_put (&writer, OT_STUN_USERNAME, "aaaaaaaa:bbbb", 13);
    ot_stun_finish (&writer, PASSWORD);
    for (guint i = 0; i < 4; i++)
      writer.data[20 + g_test_rand_int_range (0, (gint32)writer.size - 20)] =
          (guint8)g_test_rand_int ();
    copy = g_memdup2 (writer.data, writer.size);
    if (ot_stun_read (&message, copy, writer.size)) {
      n_read++;
      ot_stun_is_authentic (&message, PASSWORD);
    }
  }
  g_assert_cmpuint (n_read, <, 20); /* the fingerprint finds nearly all */
}

static void
test_writing (void)
{
  static const char *const hosts[] = { "203.0.113.7", "2001:db8::7" };
  const guint8 transaction[OT_STUN_TRANSACTION] = "abcdefghijk";

  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++) {
    OtStunWriter writer;
    OtStun message;
    OtAddress address;

    g_assert_true (ot_address_parse (&address, hosts[i], 4711));
    ot_stun_begin (&writer, OT_STUN_BINDING_SUCCESS, transaction);
    ot_stun_put_mapped (&writer, &address);
    ot_stun_finish (&writer, PASSWORD);
    g_assert_true (ot_stun_read (&message, writer.data, writer.size));
    g_assert_true (ot_stun_is_authentic (&message, PASSWORD));
    g_assert_true (ot_address_equal (&message.mapped, &address));
    g_assert_cmpmem (message.transaction, 12, transaction, 12);
  }
}

static void
test_error (void)
{
  const guint8 transaction[OT_STUN_TRANSACTION] = { 0 };
  OtStunWriter writer;
  OtStun message;

  ot_stun_begin (&writer, OT_STUN_BINDING_ERROR, transaction);
  ot_stun_put_error (&writer, 487, "Role Conflict");
  ot_stun_finish (&writer, PASSWORD);
  g_assert_true (ot_stun_read (&message, writer.data, writer.size));
  g_assert_cmpint (message.error_code, ==, 487);
}

/* What follows MESSAGE-INTEGRITY is nobody's word. */
static void
test_after_integrity (void)
{
  const guint8 transaction[OT_STUN_TRANSACTION] = { 0 };
  OtStunWriter writer;
  OtStunWriter whole;
  OtStun message;

  ot_stun_begin (&writer, OT_STUN_BINDING_REQUEST, transaction);
  ot_stun_finish (&writer, PASSWORD);
  ot_stun_begin (&whole, OT_STUN_BINDING_REQUEST, transaction);
  ot_stun_put (&whole, OT_STUN_INTEGRITY, writer.data + 24, 20);
  ot_stun_put (&whole, OT_STUN_USE_CANDIDATE, NULL, 0);
  ot_stun_finish (&whole, "another");
  g_assert_true (ot_stun_read (&message, whole.data, whole.size));
  g_assert_true (ot_stun_is_authentic (&message, PASSWORD));
  g_assert_false (message.use_candidate);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stun/rfc5769/request", test_request);
  g_test_add_func ("/stun/rfc5769/responses", test_responses);
  g_test_add_func ("/stun/damaged", test_damaged);
  g_test_add_func ("/stun/noise", test_noise);
  g_test_add_func ("/stun/writing", test_writing);
  g_test_add_func ("/stun/error", test_error);
  g_test_add_func ("/stun/after-integrity", test_after_integrity);
  return g_test_run ();
}
