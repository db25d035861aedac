/* STUN against the sample messages of RFC 5769, and against what nobody should believe. */

#include <glib.h>
#include <string.h>

#include "ice-check.h"
#include "ice-check-limit.h"

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
  ot_stun_put_error (&writer, 487, "Role Conflict", OT_STUN_REASON_MAX);
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

/* ---- what is answered to a check ---- */

#define CLIENT "192.0.2.1"
#define SERVER_USER "aaaaaaaa:b" /* the shortest that names anybody */

typedef struct {
  const char *user;     /* NULL: none */
  const char *password; /* NULL: no integrity */
  OtStunAttribute role;
  gsize role_size;
  gsize priority_size; /* 0: none */
  guint16 more[8];     /* empty attributes, 0: no more */
} Check;

static const Check good = { SERVER_USER, PASSWORD, OT_STUN_CONTROLLING, 8, 4, { 0 } };

static void
write_check (OtStunWriter *out, const Check *check)
{
  static const guint8 value[64] = { 1 };
  static const guint8 transaction[OT_STUN_TRANSACTION] = "transaction";

  ot_stun_begin (out, OT_STUN_BINDING_REQUEST, transaction);
  if (check->user != NULL)
    ot_stun_put (out, OT_STUN_USERNAME, check->user, strlen (check->user));
  if (check->role != 0)
    ot_stun_put (out, check->role, value, check->role_size);
  if (check->priority_size != 0)
    ot_stun_put (out, OT_STUN_PRIORITY, value, check->priority_size);
  for (guint i = 0; check->more[i] != 0; i++)
    ot_stun_put (out, check->more[i], NULL, 0);
  ot_stun_finish (out, check->password);
}

/* Of everything that anybody may send: the answer is one, about this check, and no longer. */
static OtIceCheckVerdict
ask (const Check *check, const char *password, OtStunWriter *answer, OtStun *read)
{
  OtStunWriter sent;
  OtStun message;
  OtAddress from;
  OtIceCheckVerdict verdict;

  write_check (&sent, check);
  g_assert_true (ot_address_parse (&from, CLIENT, 1024));
  g_assert_true (ot_stun_read (&message, sent.data, sent.size));
  verdict = ot_ice_check_answer (answer, &message, sent.size, password, &from);
  memset (read, 0, sizeof *read);
  if (answer->size == 0)
    return verdict;
  g_assert_cmpuint (answer->size, <=, sent.size);
  g_assert_true (ot_stun_read (read, answer->data, answer->size));
  g_assert_cmpmem (read->transaction, OT_STUN_TRANSACTION, message.transaction,
                   OT_STUN_TRANSACTION);
  return verdict;
}

static void
test_good_check (void)
{
  OtStunWriter answer;
  OtStun read;
  OtAddress client;

  g_assert_true (ot_address_parse (&client, CLIENT, 1024));
  g_assert_cmpint (ask (&good, PASSWORD, &answer, &read), ==, OT_ICE_CHECK_GOOD);
  g_assert_cmpuint (read.type, ==, OT_STUN_BINDING_SUCCESS);
  g_assert_true (ot_stun_is_authentic (&read, PASSWORD));
  g_assert_true (ot_address_equal (&read.mapped, &client));
}

/* The check of RFC 5769 takes the controlled role; its PRIORITY is one, its SOFTWARE need not be
 * understood. */
static void
test_check_of_rfc5769 (void)
{
  OtStunWriter answer;
  OtStun check;
  OtStun read;
  OtAddress from;

  g_assert_true (ot_address_parse (&from, CLIENT, 1024));
  g_assert_true (ot_stun_read (&check, request, sizeof request));
  g_assert_true (check.has_priority);
  g_assert_cmpuint (check.n_unknown, ==, 0);
  g_assert_cmpint (ot_ice_check_answer (&answer, &check, sizeof request, PASSWORD, &from), ==,
                   OT_ICE_CHECK_REFUSED);
  g_assert_true (ot_stun_read (&read, answer.data, answer.size));
  g_assert_cmpint (read.error_code, ==, 487);
}

static void
test_refused_checks (void)
{
  static const struct {
    Check check;
    const char *password; /* of who is named; NULL: nobody is */
    int code;
    gboolean is_strange;
  } cases[] = {
    { { NULL, PASSWORD, OT_STUN_CONTROLLING, 8, 4, { 0 } }, NULL, 400, TRUE },
    { { SERVER_USER, NULL, OT_STUN_CONTROLLING, 8, 4, { 0 } }, PASSWORD, 400, TRUE },
    { { SERVER_USER, PASSWORD, OT_STUN_CONTROLLING, 8, 4, { 0 } }, NULL, 401, TRUE },
    { { SERVER_USER, "another", OT_STUN_CONTROLLING, 8, 4, { 0 } }, PASSWORD, 401, TRUE },
    { { SERVER_USER, PASSWORD, OT_STUN_CONTROLLED, 8, 4, { 0 } }, PASSWORD, 487, FALSE },
    { { SERVER_USER, PASSWORD, OT_STUN_CONTROLLING, 4, 4, { 0 } }, PASSWORD, 400, FALSE },
    { { SERVER_USER, PASSWORD, OT_STUN_CONTROLLING, 8, 3, { 0 } }, PASSWORD, 400, FALSE },
    { { SERVER_USER, PASSWORD, OT_STUN_CONTROLLING, 8, 0, { 0 } }, PASSWORD, 400, FALSE },
    { { SERVER_USER, PASSWORD, OT_STUN_CONTROLLING, 8, 4, { 0x7fff } }, PASSWORD, 420, FALSE },
    /* before the role: who sends it is not understood */
    { { SERVER_USER, PASSWORD, OT_STUN_CONTROLLED, 8, 4, { 0x0003 } }, PASSWORD, 420, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    OtStunWriter answer;
    OtStun read;
    OtIceCheckVerdict verdict = ask (&cases[i].check, cases[i].password, &answer, &read);

    g_assert_cmpint (verdict, ==,
                     cases[i].is_strange ? OT_ICE_CHECK_STRANGE : OT_ICE_CHECK_REFUSED);
    g_assert_cmpuint (read.type, ==, OT_STUN_BINDING_ERROR);
    g_assert_cmpint (read.error_code, ==, cases[i].code);
    g_assert_true ((read.integrity_offset == 0) == cases[i].is_strange);
    g_assert_true (cases[i].is_strange || ot_stun_is_authentic (&read, PASSWORD));
  }
}

/* RFC 8489, 14: 0x8000 and above may be ignored; what is not known below is named. */
static void
test_unknown_attributes (void)
{
  static const guint16 more[][8] = {
    { 0x7fff, 0 }, { 0x0003, 0x8001, 0x7ffe, 0 }, { 1, 2, 3, 4, 5, 7, 0 }, /* not all of them */
  };
  static const guint16 named[][4] = { { 0x7fff }, { 0x0003, 0x7ffe }, { 1, 2, 3, 4 } };
  Check check = good;
  OtStunWriter answer;
  OtStun read;

  check.more[0] = 0x8000;
  check.more[1] = 0xffff;
  g_assert_cmpint (ask (&check, PASSWORD, &answer, &read), ==, OT_ICE_CHECK_GOOD);
  for (guint i = 0; i < G_N_ELEMENTS (more); i++) {
    const guint8 *at;

    memcpy (check.more, more[i], sizeof check.more);
    g_assert_cmpint (ask (&check, PASSWORD, &answer, &read), ==, OT_ICE_CHECK_REFUSED);
    at = answer.data + 20;
    while ((at[0] << 8 | at[1]) != OT_STUN_UNKNOWN_ATTRIBUTES)
      at += 4 + ((at[3] + 3) & ~3);
    g_assert_cmpuint (at[3] % 2, ==, 0);
    for (guint k = 0; k < 4; k++)
      if (named[i][k] != 0)
        g_assert_cmpuint (at[4 + 2 * k] << 8 | at[5 + 2 * k], ==, named[i][k]);
    g_assert_cmpuint (at[3] / 2, ==, i == 0 ? 1 : i == 1 ? 2 : 4);
  }
}

/* Whatever is left out or added, no answer is longer than its check, over IPv6 neither. */
static void
test_no_amplification (void)
{
  static const char *const users[] = { NULL, "", "a", SERVER_USER, SERVER_USER "cdefgh" };
  static const char *const passwords[] = { NULL, PASSWORD, "another" };
  static const char *const hosts[] = { "192.0.2.1", "2001:db8::1" };
  guint n_silent = 0;

  for (guint i = 0; i < 5 * 3 * 3 * 2 * 2 * 2 * 3; i++) {
    const char *host = hosts[i / 360 % 2];
    Check check = { users[i % 5],
                    passwords[i / 5 % 3],
                    i / 15 % 3 == 0   ? 0
                    : i / 15 % 3 == 1 ? OT_STUN_CONTROLLED
                                      : OT_STUN_CONTROLLING,
                    i / 45 % 2 == 0 ? 8 : 0,
                    i / 90 % 2 == 0 ? 4 : 0,
                    { i / 180 % 2 == 0 ? 0 : 2, i / 720 > 0 ? 3 : 0, i / 720 > 1 ? 4 : 0 } };
    OtStunWriter sent;
    OtStunWriter answer;
    OtStun message;
    OtAddress from;

    write_check (&sent, &check);
    g_assert_true (ot_address_parse (&from, host, 1024));
    g_assert_true (ot_stun_read (&message, sent.data, sent.size));
    ot_ice_check_answer (&answer, &message, sent.size,
                         check.user != NULL && strlen (check.user) > 8 ? PASSWORD : NULL, &from);
    g_assert_cmpuint (answer.size, <=, sent.size);
    n_silent += answer.size == 0;
  }
  g_assert_cmpuint (n_silent, >, 0);
}

/* ---- how often strangers are answered ---- */

static void
test_limit (void)
{
  g_autofree OtIceCheckLimit *limit = g_new (OtIceCheckLimit, 1);
  OtAddress flooder;
  OtAddress other;
  guint n_flooder = 0;
  guint n_others = 0;

  ot_ice_check_limit_init (limit);
  g_assert_true (ot_address_parse (&flooder, "192.0.2.1", 1));
  for (guint i = 0; i < 10000; i++) {
    flooder.v4.sin_port = (in_port_t)i; /* another port is the same host */
    n_flooder += ot_ice_check_limit_take (limit, &flooder, 1);
  }
  g_assert_cmpuint (n_flooder, ==, 20);
  n_flooder = 0;
  for (guint i = 0; i < 10000; i++)
    n_flooder +=
        ot_ice_check_limit_take (limit, &flooder, 1 + 10 * G_USEC_PER_SEC * (gint64)i / 10000);
  g_assert_cmpuint (n_flooder, <=, 100);
  g_assert_cmpuint (n_flooder, >, 90);
  for (guint i = 0; i < 1000; i++) {
    g_autofree char *host = g_strdup_printf ("198.51.%u.%u", i / 250, i % 250);

    g_assert_true (ot_address_parse (&other, host, 1));
    n_others += ot_ice_check_limit_take (limit, &other, 1 + 10 * G_USEC_PER_SEC);
  }
  g_assert_cmpuint (n_others, ==, 1000); /* none of them pays for the flooder */
}

/* Whoever has one address of a /64 has them all. */
static void
test_limit_v6 (void)
{
  g_autofree OtIceCheckLimit *limit = g_new (OtIceCheckLimit, 1);
  guint n_taken = 0;
  OtAddress address;

  ot_ice_check_limit_init (limit);
  for (guint i = 0; i < 1000; i++) {
    g_autofree char *host = g_strdup_printf ("2001:db8::%x", i);

    g_assert_true (ot_address_parse (&address, host, 1));
    n_taken += ot_ice_check_limit_take (limit, &address, 1);
  }
  g_assert_cmpuint (n_taken, ==, 20);
  g_assert_true (ot_address_parse (&address, "2001:db8:0:1::1", 1));
  g_assert_true (ot_ice_check_limit_take (limit, &address, 1));
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
  g_test_add_func ("/check/good", test_good_check);
  g_test_add_func ("/check/rfc5769", test_check_of_rfc5769);
  g_test_add_func ("/check/refused", test_refused_checks);
  g_test_add_func ("/check/unknown-attributes", test_unknown_attributes);
  g_test_add_func ("/check/no-amplification", test_no_amplification);
  g_test_add_func ("/check/limit", test_limit);
  g_test_add_func ("/check/limit-v6", test_limit_v6);
  return g_test_run ();
}
