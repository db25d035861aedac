/* The lease: takes, renews, gives back, and sees to dead servers' calls. Owns what is known of it;
 * the database decides. Main loop only. */

#include "lease.h"

#include "answer.h"
#include "clock.h"
#include "log.h"

#define LOOK_AGAIN_US (G_USEC_PER_SEC / 2)
#define TAKE_PATIENCE_US (600 * G_USEC_PER_SEC) /* recovery of many calls is in it */
#define RENEW_PATIENCE_US (5 * G_USEC_PER_SEC)
#define RELEASE_PATIENCE_US (2 * G_USEC_PER_SEC)

struct _OtLease {
  char *node_id;
  gint64 duration_us;
  gint64 grace_us;
  gboolean alone;
  OtLeaseFunc lost;
  gpointer lost_data;
  char *settings; /* NULL: not taken */
  gboolean is_lost;
  gboolean renewing;    /* a renewal is under way */
  gboolean taking_over; /* so is a take-over */
  OtTimer timer;        /* taking: the next look; lost: the word of it */

  OtPool *pool;     /* borrowed, while taking */
  char *held_until; /* while taking: as first seen; NULL: nobody held it */
  OtLeaseTaken taken;
  gpointer taken_data;
};

/* ---- taking ---- */

static void look (gpointer user_data);

static void
end_take (OtLease *self, int closed, GError *error)
{
  OtLeaseTaken taken = g_steal_pointer (&self->taken);

  g_clear_pointer (&self->held_until, g_free);
  taken (closed, error, self->taken_data);
  g_clear_error (&error);
}

static GError *
error_of (const PGresult *result)
{
  if (result == NULL)
    return g_error_new_literal (OT_STORE_ERROR, OT_STORE_ERROR_UNAVAILABLE,
                                "lease: the database doesn't answer");
  return ot_answer_is_error (result) ? ot_answer_error (result) : NULL;
}

/* Somebody's, for now. */
static void
wait_or_refuse (OtLease *self, const char *held_until)
{
  if (self->held_until == NULL) {
    self->held_until = g_strdup (held_until);
    ot_info ("a server \"%s\" holds the lease until %s; waiting whether it lives", self->node_id,
             held_until);
  } else if (!g_str_equal (self->held_until, held_until)) {
    end_take (self, 0,
              g_error_new (OT_STORE_ERROR, OT_STORE_ERROR_IN_USE,
                           "another server \"%s\" is alive on this database: each needs a "
                           "server.node of its own",
                           self->node_id));
    return;
  }
  ot_timer_arm (&self->timer, ot_clock_mono_us (ot_clock_real ()) + LOOK_AGAIN_US, look, self);
}

static void
on_looked (const PGresult *result, gpointer user_data)
{
  OtLease *self = user_data;
  GError *error = error_of (result);
  const char *epoch = error == NULL ? ot_answer_text (result, "epoch") : NULL;

  if (error != NULL) {
    end_take (self, 0, error);
  } else if (epoch == NULL) {
    wait_or_refuse (self, ot_answer_text (result, "held_until"));
  } else {
    ot_info ("server \"%s\" has epoch %s", self->node_id, epoch);
    self->settings = g_strdup_printf ("-c role=otomo_server -c otomo.epoch=%s", epoch);
    end_take (self, (int)ot_answer_int (result, "closed", 0), NULL);
  }
}

static void
look (gpointer user_data)
{
  OtLease *self = user_data;
  OtStatement *statement = ot_statement_new ("SELECT * FROM take_lease ($1, $2, $3)");

  ot_statement_add (statement, self->node_id);
  ot_statement_add_int (statement, self->duration_us);
  ot_statement_add_bool (statement, self->alone);
  ot_pool_send (self->pool, statement, TAKE_PATIENCE_US, on_looked, self);
}

void
ot_lease_take (OtLease *self, OtPool *pool, OtLeaseTaken taken, gpointer user_data)
{
  g_return_if_fail (self->taken == NULL && self->settings == NULL);
  self->pool = pool;
  self->taken = taken;
  self->taken_data = user_data;
  look (self);
}

/* ---- losing ---- */

static void
tell_lost (gpointer user_data)
{
  OtLease *self = user_data;

  if (self->lost != NULL)
    self->lost (self->lost_data);
}

static void
lose (OtLease *self)
{
  self->is_lost = TRUE;
  ot_error ("the lease of server \"%s\" is lost: another one has closed its calls", self->node_id);
  ot_timer_arm (&self->timer, 0, tell_lost, self);
}

/* ---- others that are dead ---- */

static void
on_taken_over (const PGresult *result, gpointer user_data)
{
  OtLease *self = user_data;
  g_autoptr (GError) error = error_of (result);

  self->taking_over = FALSE;
  if (error != NULL) {
    ot_warning ("a dead server's calls are not closed: %s", error->message);
    return;
  }
  for (int row = 0; row < PQntuples (result); row++)
    ot_warning ("server \"%s\" is dead: its %s open calls are closed", PQgetvalue (result, row, 0),
                PQgetvalue (result, row, 1));
}

static void
take_over (OtLease *self, OtPool *admin)
{
  OtStatement *statement;

  if (self->taking_over)
    return;
  self->taking_over = TRUE;
  statement = ot_statement_new ("SELECT node_id, closed FROM take_over ($1)");
  ot_statement_add_int (statement, self->grace_us);
  ot_pool_send (admin, statement, TAKE_PATIENCE_US, on_taken_over, self);
}

/* ---- renewing ---- */

typedef struct {
  OtLease *lease;
  OtPool *admin;
  OtLeaseTaken renewed; /* (nullable) */
  gpointer user_data;
} Renewal;

/* A pooler between us and PostgreSQL may have dropped what the connection should have set. */
static GError *
check_role (const PGresult *result)
{
  if (g_strcmp0 (ot_answer_text (result, "role"), "otomo_server") == 0)
    return NULL;
  return g_error_new_literal (
      OT_STORE_ERROR, OT_STORE_ERROR_FAILED,
      "database: the connection has not become otomo_server; does something "
      "in between drop libpq's \"options\"?");
}

static void
on_renewed (const PGresult *result, gpointer user_data)
{
  g_autofree Renewal *renewal = user_data;
  OtLease *self = renewal->lease;
  g_autoptr (GError) error = error_of (result);

  self->renewing = FALSE;
  if (error == NULL)
    error = check_role (result);
  if (error != NULL)
    ot_debug ("the lease is not renewed: %s", error->message);
  else if (!ot_answer_true (result, "held"))
    lose (self);
  else if (ot_answer_true (result, "others_dead"))
    take_over (self, renewal->admin);
  if (renewal->renewed != NULL)
    renewal->renewed (0, error, renewal->user_data);
}

void
ot_lease_renew (OtLease *self,
                OtPool *records,
                OtPool *admin,
                const char *const *call_ids,
                gint64 mono_us,
                OtLeaseTaken renewed,
                gpointer user_data)
{
  OtStatement *statement;
  Renewal *renewal;

  g_return_if_fail (self->settings != NULL);
  if (self->renewing || self->is_lost)
    return;
  self->renewing = TRUE;
  renewal = g_new0 (Renewal, 1);
  *renewal = (Renewal){ self, admin, renewed, user_data };
  statement = ot_statement_new ("SELECT held, others_dead, current_setting ('role') AS role "
                                "FROM renew_lease ($1, $2, $3, $4)");
  ot_statement_add_int (statement, self->duration_us);
  ot_statement_add_int (statement, self->grace_us);
  ot_statement_add_texts (statement, call_ids);
  ot_statement_add_int (statement, mono_us);
  ot_pool_send (records, statement, RENEW_PATIENCE_US, on_renewed, renewal);
}

/* ---- giving back ---- */

typedef struct {
  OtLeaseFunc released;
  gpointer user_data;
} Release;

static void
on_released (const PGresult *result, gpointer user_data)
{
  g_autofree Release *release = user_data;

  release->released (release->user_data);
}

void
ot_lease_release (OtLease *self, OtPool *records, OtLeaseFunc released, gpointer user_data)
{
  Release *release = g_new0 (Release, 1);

  g_return_if_fail (self->settings != NULL);
  *release = (Release){ released, user_data };
  ot_pool_send (records, ot_statement_new ("SELECT release_lease ()"), RELEASE_PATIENCE_US,
                on_released, release);
}

/* ---- life ---- */

gboolean
ot_lease_is_held (const OtLease *self)
{
  return self->settings != NULL && !self->is_lost;
}

const char *
ot_lease_settings (const OtLease *self)
{
  return self->settings;
}

OtLease *
ot_lease_new (const OtLeaseOptions *options, OtLeaseFunc lost, gpointer user_data)
{
  OtLease *self = g_new0 (OtLease, 1);

  self->node_id = g_strdup (options->node_id);
  self->duration_us = options->duration_us;
  self->grace_us = options->grace_us;
  self->alone = options->alone;
  self->lost = lost;
  self->lost_data = user_data;
  return self;
}

void
ot_lease_free (OtLease *self)
{
  if (self == NULL)
    return;
  ot_timer_cancel (&self->timer);
  if (self->taken != NULL)
    end_take (self, 0, g_error_new_literal (OT_STORE_ERROR, OT_STORE_ERROR_UNAVAILABLE, "closed"));
  g_free (self->held_until);
  g_free (self->settings);
  g_free (self->node_id);
  g_free (self);
}
