/* Two quotas that must both suffice. */

#include "allowance.h"

gboolean
ot_allowance_take (OtAllowance *self, const OtAllowanceRules *rules, gsize n_bytes, gint64 now_us)
{
  return ot_quota_has (&self->messages, &rules->messages, 1, now_us)
         && ot_quota_take (&self->bytes, &rules->bytes, (gint64)n_bytes, now_us)
         && ot_quota_take (&self->messages, &rules->messages, 1, now_us);
}

gboolean
ot_allowance_is_full (const OtAllowance *self, gint64 now_us)
{
  return ot_quota_is_full (&self->messages, now_us) && ot_quota_is_full (&self->bytes, now_us);
}
