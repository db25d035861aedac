#pragma once

#include <glib.h>

/**
 * OtQuotaRule: at most @amount at once, and @amount in each @period_us in the long run. An amount
 * of 0: without limit.
 */
typedef struct {
  gint64 amount;
  gint64 period_us;
} OtQuotaRule;

/**
 * OtQuota:
 *
 * A token bucket, as one instant (the "virtual scheduling" form of the generic cell rate algorithm,
 * ITU-T I.371, annex A): when all that was taken will be given back. All zero: full. Pure.
 */
typedef struct {
  gint64 full_us; /* monotonic; in the past: full */
} OtQuota;

/** ot_quota_take: takes @amount, or nothing at all. Returns: whether it was there */
gboolean ot_quota_take (OtQuota *self, const OtQuotaRule *rule, gint64 amount, gint64 now_us);

/** ot_quota_owe: takes @amount though it may not be there, for what can't be undone. What is owed
 * is never more than the rule allows at once, so it is paid back after one period. */
void ot_quota_owe (OtQuota *self, const OtQuotaRule *rule, gint64 amount, gint64 now_us);

/** ot_quota_has: whether @amount is there. */
gboolean ot_quota_has (const OtQuota *self, const OtQuotaRule *rule, gint64 amount, gint64 now_us);

/** ot_quota_is_full: whether nothing is missing: as good as a new one. */
gboolean ot_quota_is_full (const OtQuota *self, gint64 now_us);
