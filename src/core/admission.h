#pragma once

#include "quota.h"

/**
 * OtAdmission:
 *
 * Whether one more call is taken. A server that takes more than it can carry hurts those who talk
 * already, so it says no in time, with TEMPORARILY_UNAVAILABLE: by the number of calls, and by what
 * it sees of itself. Somebody looks at regular instants how late the look itself is, which is how
 * long the main loop stood still, how many packets of voice had to wait for their thread, and how
 * long a record has waited for the database, since a late record is a late bill. The first two are
 * held against new calls for OT_ADMISSION_HOLD_US. The last is once OT_ADMISSION_LATE_BOOKS looks
 * in a row have seen it, since a disk may hesitate, and until one does not. Pure.
 */
typedef struct {
  guint max_calls;   /* limit.calls: live at a time; 0: any number */
  OtQuotaRule begun; /* limit.new_calls: call_requests */
  OtQuotaRule
      of_person; /* limit.person_calls: the same of one person, so that nobody takes all of it */
  gint64 max_stall_us;      /* limit.loop_stall; 0: any */
  gint64 max_record_lag_us; /* limit.record_lag; 0: any */
} OtAdmissionRules;

#define OT_ADMISSION_HOLD_US (2 * G_USEC_PER_SEC)
#define OT_ADMISSION_LATE_BOOKS 2
#define OT_ADMISSION_WINDOW_US G_USEC_PER_SEC /* over which packets are counted */
#define OT_ADMISSION_LATE_LEAST 10            /* fewer late packets in it are none */
#define OT_ADMISSION_LATE_SHARE 100           /* bad: more than one in so many is late */

typedef struct {
  OtQuota begun;
  gint64 next_look_us; /* 0: nobody looks */
  gint64 busy_until_us;
  guint n_late_books;       /* looks in a row that saw a record wait for too long */
  gint64 window_us;         /* when the counting began */
  guint64 window_n_packets; /* as they were then */
  guint64 window_n_late;
} OtAdmission;

/**
 * OtAdmissionSight:
 * @n_packets: of voice that came, ever
 * @n_late: of them those that waited too long
 * @record_lag_us: how long the oldest record that isn't written has waited
 *
 * What a look sees.
 */
typedef struct {
  guint64 n_packets;
  guint64 n_late;
  gint64 record_lag_us;
} OtAdmissionSight;

/** ot_admission_look: @next_us: when the next look is due. */
void ot_admission_look (OtAdmission *self,
                        const OtAdmissionRules *rules,
                        const OtAdmissionSight *sight,
                        gint64 next_us,
                        gint64 now_us);

/** ot_admission_is_busy: whether the looks say that there is no room. */
gboolean
ot_admission_is_busy (const OtAdmission *self, const OtAdmissionRules *rules, gint64 now_us);

/**
 * ot_admission_take:
 * @n_live: how many calls are live now
 *
 * Returns: (nullable): NULL: it is taken, and counted; else why not, for a person; static
 */
const char *
ot_admission_take (OtAdmission *self, const OtAdmissionRules *rules, guint n_live, gint64 now_us);
