#pragma once

#include <gio/gio.h>

#include "pool.h"
#include "store-error.h"

/**
 * SECTION:lease
 *
 * This server's claim on its calls (data/sql/011-lease.sql): a row with the node's name, an epoch
 * and when it runs out. Taken at the start, renewed every second together with what is known alive,
 * given back at the stop. Once another server has taken it, nothing that this one writes about a
 * call is accepted any more, and it can only stop.
 *
 * At the start a lease of this name may be held. It is taken at once when its server is surely
 * dead, else when it has run out; when somebody renews it meanwhile, two servers have one name, and
 * this one is refused.
 *
 * Thread: main loop; callbacks come from it, never from inside a call.
 */
typedef struct _OtLease OtLease;

typedef struct {
  const char *node_id; /* unique among the servers of the database */
  gint64 duration_us;  /* how long it holds without a word of ours */
  gint64 grace_us;     /* how long a dead server's calls are left alone after that */
  gboolean alone;      /* no other server of this name can be alive: the database is our own */
} OtLeaseOptions;

/**
 * @closed: how many calls a dead server of this name had left open
 * @error: (nullable): %OT_STORE_ERROR_IN_USE, %OT_STORE_ERROR_UNAVAILABLE, %OT_STORE_ERROR_FAILED;
 * borrowed
 */
typedef void (*OtLeaseTaken) (int closed, const GError *error, gpointer user_data);
typedef void (*OtLeaseFunc) (gpointer user_data);

/** ot_lease_new: @options are copied. @lost: (nullable): told once, when the lease is lost. */
OtLease *ot_lease_new (const OtLeaseOptions *options, OtLeaseFunc lost, gpointer user_data);

/** ot_lease_take: over @pool, which must live until @taken. Waits at most as long as a lease
 * lasts. */
void ot_lease_take (OtLease *self, OtPool *pool, OtLeaseTaken taken, gpointer user_data);

/** ot_lease_settings: what the connections of this server must have set, for OtPoolOptions: the
 * role and the epoch. Once taken; borrowed. */
const char *ot_lease_settings (const OtLease *self);

/**
 * ot_lease_renew:
 * @records: over this, with ot_lease_settings()
 * @admin: and over this what may take longer, when it finds a dead server's calls
 * @call_ids: (array zero-terminated=1): calls whose media was alive
 * @mono_us: when this was seen; of the node's monotonic clock
 * @renewed: (nullable): told whether it went well, unless an earlier one was not answered yet: then
 * nothing is asked
 */
void ot_lease_renew (OtLease *self,
                     OtPool *records,
                     OtPool *admin,
                     const char *const *call_ids,
                     gint64 mono_us,
                     OtLeaseTaken renewed,
                     gpointer user_data);

/** ot_lease_is_held: taken and, as far as we know, not lost. */
gboolean ot_lease_is_held (const OtLease *self);

/** ot_lease_release: gives it back, if no call is open; @released is told when that is done, or in
 * 2 s. */
void ot_lease_release (OtLease *self, OtPool *records, OtLeaseFunc released, gpointer user_data);

/** ot_lease_free: when the pools that it asked are freed; a take that waits is answered with an
 * error. NULL is fine. */
void ot_lease_free (OtLease *self);
