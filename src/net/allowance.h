#pragma once

#include "quota.h"

/** OtAllowanceRules: how much may be sent. */
typedef struct {
  OtQuotaRule messages;
  OtQuotaRule bytes;
} OtAllowanceRules;

/** OtAllowance: what one connection, or all connections of one person, may send. All zero:
 * everything. Pure. */
typedef struct {
  OtQuota messages;
  OtQuota bytes;
} OtAllowance;

/** ot_allowance_take: one message of this size. Returns: whether it may be sent */
gboolean
ot_allowance_take (OtAllowance *self, const OtAllowanceRules *rules, gsize n_bytes, gint64 now_us);

/** ot_allowance_is_full: nothing is missing: as good as a new one. */
gboolean ot_allowance_is_full (const OtAllowance *self, gint64 now_us);
