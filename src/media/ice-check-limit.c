/* Two rows of token buckets, as a count-min sketch has them. */

#include "ice-check-limit.h"

#include <string.h>

#define PREFIX_BYTES 8 /* of an IPv6 address: who has one of a /64 has them all */

static guint32
mix (guint32 hash, guint32 word)
{
  hash = (hash ^ word) * 2246822519u;
  return hash ^ hash >> 15;
}

static guint32
slot_of (const OtAddress *from, guint32 seed)
{
  gsize size;
  const guint8 *host = ot_address_get_bytes (from, &size);
  guint32 hash = mix (seed, (guint32)size);

  for (gsize i = 0; i < MIN (size, PREFIX_BYTES); i += sizeof (guint32)) {
    guint32 word;

    memcpy (&word, host + i, sizeof word);
    hash = mix (hash, word);
  }
  return mix (hash, seed) % OT_ICE_CHECK_LIMIT_SLOTS;
}

void
ot_ice_check_limit_init (OtIceCheckLimit *self)
{
  memset (self, 0, sizeof *self);
  for (guint row = 0; row < G_N_ELEMENTS (self->seeds); row++)
    self->seeds[row] = g_random_int ();
}

gboolean
ot_ice_check_limit_take (OtIceCheckLimit *self, const OtAddress *from, gint64 now_us)
{
  static const OtQuotaRule rule = { 20, 2 * G_USEC_PER_SEC };
  gboolean is_within = FALSE;

  for (guint row = 0; row < G_N_ELEMENTS (self->seeds); row++) {
    OtQuota *slot = &self->slots[row][slot_of (from, self->seeds[row])];

    is_within |= ot_quota_take (slot, &rule, 1, now_us);
  }
  return is_within;
}
