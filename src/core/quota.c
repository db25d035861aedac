/* One instant moves forward by what is taken, and time catches up with it. Pure. */

#include "quota.h"

/* When it would be full again, had @amount been taken now. */
static gint64
full_after (const OtQuota *self, const OtQuotaRule *rule, gint64 amount, gint64 now_us)
{
  return MAX (self->full_us, now_us) + amount * rule->period_us / rule->amount;
}

gboolean
ot_quota_has (const OtQuota *self, const OtQuotaRule *rule, gint64 amount, gint64 now_us)
{
  return rule->amount == 0 || full_after (self, rule, amount, now_us) <= now_us + rule->period_us;
}

gboolean
ot_quota_take (OtQuota *self, const OtQuotaRule *rule, gint64 amount, gint64 now_us)
{
  if (!ot_quota_has (self, rule, amount, now_us))
    return FALSE;
  if (rule->amount != 0)
    self->full_us = full_after (self, rule, amount, now_us);
  return TRUE;
}

void
ot_quota_owe (OtQuota *self, const OtQuotaRule *rule, gint64 amount, gint64 now_us)
{
  if (rule->amount != 0)
    self->full_us = MIN (full_after (self, rule, amount, now_us), now_us + 2 * rule->period_us);
}

gboolean
ot_quota_is_full (const OtQuota *self, gint64 now_us)
{
  return self->full_us <= now_us;
}
