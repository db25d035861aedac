#pragma once

#include "quota.h"

/**
 * OtAdmission:
 *
 * Whether one more call is taken. A server that takes more than it can carry hurts those who talk
 * already, so it says no in time, with TEMPORARILY_UNAVAILABLE. Pure.
 */
typedef struct {
  guint max_calls;   /* limit.calls: live at a time; 0: any number */
  OtQuotaRule begun; /* limit.new_calls: call_requests */
  OtQuotaRule
      of_person; /* limit.person_calls: the same of one person, so that nobody takes all of it */
} OtAdmissionRules;

typedef struct {
  OtQuota begun;
} OtAdmission;

/**
 * ot_admission_take:
 * @n_live: how many calls are live now
 *
 * Returns: (nullable): NULL: it is taken, and counted; else why not, for a person; static
 */
const char *
ot_admission_take (OtAdmission *self, const OtAdmissionRules *rules, guint n_live, gint64 now_us);
