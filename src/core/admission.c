/* The limits of new calls: two by number, three by what the server sees of itself. */

#include "admission.h"

/* The loop stands still now, or did when the look that was due came at last. */
static gboolean
is_stalled (const OtAdmission *self, const OtAdmissionRules *rules, gint64 now_us)
{
  return rules->max_stall_us != 0 && self->next_look_us != 0
         && now_us - self->next_look_us > rules->max_stall_us;
}

static gboolean
is_voice_late (const OtAdmission *self, const OtAdmissionSight *sight)
{
  guint64 packets = sight->n_packets - self->window_n_packets;
  guint64 late = sight->n_late - self->window_n_late;

  return late >= OT_ADMISSION_LATE_LEAST && late * OT_ADMISSION_LATE_SHARE > packets;
}

void
ot_admission_look (OtAdmission *self,
                   const OtAdmissionRules *rules,
                   const OtAdmissionSight *sight,
                   gint64 next_us,
                   gint64 now_us)
{
  if (is_stalled (self, rules, now_us) || is_voice_late (self, sight))
    self->busy_until_us = now_us + OT_ADMISSION_HOLD_US;
  if (rules->max_record_lag_us != 0 && sight->record_lag_us > rules->max_record_lag_us)
    self->n_late_books++;
  else
    self->n_late_books = 0;
  self->next_look_us = next_us;
  if (now_us - self->window_us < OT_ADMISSION_WINDOW_US)
    return;
  self->window_us = now_us;
  self->window_n_packets = sight->n_packets;
  self->window_n_late = sight->n_late;
}

gboolean
ot_admission_is_busy (const OtAdmission *self, const OtAdmissionRules *rules, gint64 now_us)
{
  return now_us < self->busy_until_us || self->n_late_books >= OT_ADMISSION_LATE_BOOKS
         || is_stalled (self, rules, now_us);
}

const char *
ot_admission_take (OtAdmission *self, const OtAdmissionRules *rules, guint n_live, gint64 now_us)
{
  if (rules->max_calls != 0 && n_live >= rules->max_calls)
    return "The server carries as many calls as it may; please try again later";
  if (ot_admission_is_busy (self, rules, now_us))
    return "The server is too busy at this moment; please try again in a few seconds";
  if (!ot_quota_take (&self->begun, &rules->begun, 1, now_us))
    return "Too many calls begin at this moment; please try again in a second";
  return NULL;
}
