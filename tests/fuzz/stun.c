/* A datagram that says it is STUN, from anybody, and what is answered: never more than was sent,
 * and always well-formed. The fingerprint is mended first, or nothing but rejects would be tried.
 */

#include "target.h"

#include <string.h>

#include "ice-check.h"

#define HEADER 20
#define PASSWORD "VOkJxbRl1RmTxUk/WvJxBt"

/* What @data says, with a right header length and FINGERPRINT at its end. */
static gsize
mend (guint8 *out, const guint8 *data, gsize size)
{
  OtStunWriter writer = { .size = (size + 3) & ~(gsize)3 };

  memcpy (writer.data, data, size);
  writer.data[2] = (guint8)((writer.size - HEADER) >> 8);
  writer.data[3] = (guint8)(writer.size - HEADER);
  ot_stun_finish (&writer, NULL);
  memcpy (out, writer.data, writer.size);
  return writer.size;
}

static void
answer (const guint8 *data, gsize size)
{
  static const char *const hosts[] = { "192.0.2.1", "2001:db8::1" };
  static const char *const passwords[] = { NULL, PASSWORD };
  OtStun check;
  OtStun read;
  OtStunWriter said;
  OtAddress from;

  if (!ot_stun_read (&check, data, size))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (hosts) * G_N_ELEMENTS (passwords); i++) {
    /* as the forwarder does, whose names are 8 characters long */
    gboolean is_named = check.username_size > 8;

    g_assert_true (ot_address_parse (&from, hosts[i % 2], 1024));
    ot_ice_check_answer (&said, &check, size, is_named ? passwords[i / 2] : NULL, &from);
    g_assert_cmpuint (said.size, <=, size);
    g_assert_true (said.size == 0 || ot_stun_read (&read, said.data, said.size));
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree guint8 *mended = g_malloc (OT_STUN_MAX);
  g_autofree guint8 *exact = NULL;

  answer (data, size);
  if (size < HEADER || size > OT_STUN_MAX - OT_STUN_FINGERPRINT_ROOM - 4)
    return 0;
  size = mend (mended, data, size);
  exact = g_memdup2 (mended, size); /* a sanitizer sees each byte read beyond it */
  answer (exact, size);
  return 0;
}
