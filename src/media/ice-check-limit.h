#pragma once

#include "quota.h"
#include "udp-address.h"

#define OT_ICE_CHECK_LIMIT_SLOTS 4096

/**
 * OtIceCheckLimit:
 *
 * How often a host (IPv6: a /64) is told that its checks are not good: 20 times at once, 10 a
 * second; what is beyond is not answered. So nobody makes the server send much to an address that
 * he only pretends to have. Of constant size, whoever asks: a host has two slots, by a hash that
 * nobody outside can predict, and is over the limit when both are.
 *
 * Thread: one at a time.
 */
typedef struct {
  guint32 seeds[2];
  OtQuota slots[2][OT_ICE_CHECK_LIMIT_SLOTS];
} OtIceCheckLimit;

void ot_ice_check_limit_init (OtIceCheckLimit *self);

/** ot_ice_check_limit_take: counts one. Returns: FALSE: it is one too many */
gboolean ot_ice_check_limit_take (OtIceCheckLimit *self, const OtAddress *from, gint64 now_us);
