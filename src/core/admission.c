/* The two limits of new calls. */

#include "admission.h"

const char *
ot_admission_take (OtAdmission *self, const OtAdmissionRules *rules, guint n_live, gint64 now_us)
{
  if (rules->max_calls != 0 && n_live >= rules->max_calls)
    return "The server carries as many calls as it may; please try again later";
  if (!ot_quota_take (&self->begun, &rules->begun, 1, now_us))
    return "Too many calls begin at this moment; please try again in a second";
  return NULL;
}
