/* The way from the outbox to the operator's URL. Counts what is under way; what an answer means is
 * decided in core/webhook.c, and nothing about an event is kept here. */

#include "courier.h"

#include "log.h"
#include "timer.h"
#include "webhooks.h"

#define LOOK_INTERVAL_US G_TIME_SPAN_SECOND
#define COUNT_INTERVAL_US (10 * G_TIME_SPAN_SECOND)
#define HOLD_SECONDS                                                                               \
  60 /* longer than a try, and a database that takes its time with the conclusion */

G_STATIC_ASSERT (HOLD_SECONDS > 3 * OT_WEBHOOK_TIMEOUT_SECONDS);

struct _OtCourier {
  gatomicrefcount references; /* what is under way holds one each */
  OtStore *store;             /* borrowed; NULL: stopped */
  OtWebhookSender *sender;    /* owned; NULL: no webhooks are wanted */
  OtCourierOptions options;
  const OtClock *clock; /* borrowed */
  GCancellable *cancellable;
  OtTimer look;
  OtCourierFigures figures;
  GTask *starting;     /* owned; until the start is answered */
  gint64 count_due_us; /* monotonic */
  guint n_under_way;
  gboolean claiming;
  gboolean counting;
  gboolean telling;
  gboolean rules_stale; /* the database has not heard of the rules of now */
  gboolean failing;     /* the last try had no good answer; for the log */
};

/** One event that is being sent. */
typedef struct {
  OtCourier *courier; /* a reference */
  OtWebhook *webhook; /* owned */
} Errand;

static void look (gpointer user_data);

static void
unref (OtCourier *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_clear_pointer (&self->sender, ot_webhook_sender_free);
  g_object_unref (self->cancellable);
  g_free (self);
}

static OtCourier *
ref (OtCourier *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

static void
look_at (OtCourier *self, gint64 due_us)
{
  if (self->store != NULL)
    ot_timer_arm (&self->look, due_us, look, self);
}

/* ---- one errand ---- */

/* One line when it begins to fail, one when it works again, and one for each that is given up. */
static void
log_outcome (OtCourier *self, const OtWebhook *webhook, OtWebhookVerdict verdict, const char *why)
{
  gboolean failed = verdict != OT_WEBHOOK_SENT;

  if (verdict == OT_WEBHOOK_DEAD)
    ot_warning ("webhook %s is given up after %d tries: %s (otomoctl webhooks --state dead)",
                webhook->id, webhook->tries, why);
  else if (failed && !self->failing)
    ot_warning ("webhooks to %s fail and are tried again: %s",
                ot_webhook_sender_get_host (self->sender), why);
  else if (!failed && self->failing)
    ot_info ("webhooks to %s are taken again", ot_webhook_sender_get_host (self->sender));
  self->failing = failed;
}

static void
conclude (OtCourier *self, const OtWebhook *webhook, guint status, const char *why)
{
  OtWebhookVerdict verdict = ot_webhook_judge (status, webhook->tries, self->options.max_tries);
  gint64 pause_us =
      ot_webhook_pause_us (self->options.first_pause_us, webhook->tries, g_random_double ());

  ot_counter_add (&self->figures.tries[verdict], 1);
  log_outcome (self, webhook, verdict, why);
  ot_store_conclude_webhook (self->store, webhook, verdict, status,
                             verdict != OT_WEBHOOK_SENT ? why : NULL, pause_us);
}

static void
on_posted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Errand *errand = user_data;
  OtCourier *self = errand->courier;
  g_autoptr (GError) error = NULL;
  guint status = ot_webhook_sender_post_finish (result, &error);
  g_autofree char *why = error != NULL ? g_strdup (error->message)
                                       : g_strdup_printf ("it answers with status %u", status);

  if (self->store != NULL && self->sender != NULL)
    conclude (self, errand->webhook, status, why);
  self->n_under_way--;
  ot_webhook_free (errand->webhook);
  g_free (errand);
  unref (self);
}

static void
send (OtCourier *self, OtWebhook *webhook)
{
  Errand *errand = g_new0 (Errand, 1);

  errand->courier = ref (self);
  errand->webhook = webhook;
  self->n_under_way++;
  ot_webhook_sender_post_async (self->sender, webhook->id, webhook->body, self->cancellable,
                                on_posted, errand);
}

/* ---- what is due ---- */

static void
on_claimed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtCourier *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) webhooks =
      ot_store_claim_webhooks_finish (OT_STORE (source), result, &error);

  self->claiming = FALSE;
  if (webhooks == NULL)
    ot_debug ("webhooks: %s", error->message);
  while (self->store != NULL && self->sender != NULL && webhooks != NULL && webhooks->len > 0)
    send (self, g_ptr_array_steal_index (webhooks, 0));
  unref (self);
}

static void
on_counted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtCourier *self = user_data;

  self->counting = FALSE;
  self->figures.counted =
      ot_store_count_webhooks_finish (OT_STORE (source), result, &self->figures.counts, NULL)
      && self->sender != NULL;
  unref (self);
}

static void
count (OtCourier *self, gint64 now_us)
{
  if (self->counting || now_us < self->count_due_us)
    return;
  self->counting = TRUE;
  self->count_due_us = now_us + COUNT_INTERVAL_US;
  ot_store_count_webhooks_async (self->store, on_counted, ref (self));
}

/* ---- what the database writes ---- */

/* The first time the start waits for it; later what was told in vain is told again. */
static void
on_rules_told (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtCourier *self = user_data;
  g_autoptr (GTask) starting = g_steal_pointer (&self->starting);
  g_autoptr (GError) error = NULL;

  self->telling = FALSE;
  if (!ot_store_set_webhook_rules_finish (OT_STORE (source), result, &error)) {
    ot_debug ("webhooks: %s", error->message);
    self->rules_stale = TRUE;
  }
  if (starting != NULL && error != NULL) {
    g_task_return_error (starting, g_steal_pointer (&error));
  } else if (starting != NULL) {
    g_task_return_boolean (starting, TRUE);
    look_at (self, 0);
  }
  unref (self);
}

static void
tell_rules (OtCourier *self)
{
  if (!self->rules_stale || self->telling)
    return;
  self->rules_stale = FALSE;
  self->telling = TRUE;
  ot_store_set_webhook_rules_async (self->store, self->sender != NULL ? &self->options.rules : NULL,
                                    on_rules_told, ref (self));
}

static void
look (gpointer user_data)
{
  OtCourier *self = user_data;
  g_autofree char *claim = g_uuid_string_random ();

  look_at (self, ot_clock_mono_us (self->clock) + LOOK_INTERVAL_US);
  tell_rules (self);
  if (self->sender == NULL)
    return;
  count (self, ot_clock_mono_us (self->clock));
  if (self->claiming || self->n_under_way >= OT_COURIER_MAX || !ot_store_is_available (self->store))
    return;
  self->claiming = TRUE;
  ot_store_claim_webhooks_async (self->store, claim, (int)(OT_COURIER_MAX - self->n_under_way),
                                 HOLD_SECONDS, on_claimed, ref (self));
}

/* ---- public ---- */

OtCourier *
ot_courier_new (OtStore *store, const OtClock *clock)
{
  OtCourier *self = g_new0 (OtCourier, 1);

  g_atomic_ref_count_init (&self->references);
  self->store = store;
  self->clock = clock;
  self->cancellable = g_cancellable_new ();
  return self;
}

gboolean
ot_courier_set_endpoint (OtCourier *self, const char *url, const char *secret_file, GError **error)
{
  if (url != NULL && self->sender != NULL)
    return ot_webhook_sender_set_endpoint (self->sender, url, secret_file, error);
  if (url != NULL)
    self->sender = ot_webhook_sender_new (url, secret_file, OT_COURIER_MAX, self->clock, error);
  else
    g_clear_pointer (&self->sender, ot_webhook_sender_free);
  self->figures.counted = FALSE;
  self->rules_stale = TRUE;
  return url == NULL || self->sender != NULL;
}

void
ot_courier_set_options (OtCourier *self, const OtCourierOptions *options)
{
  self->options = *options;
  self->rules_stale = TRUE;
}

void
ot_courier_start_async (OtCourier *self, GAsyncReadyCallback done, gpointer user_data)
{
  self->starting = g_task_new (NULL, NULL, done, user_data);
  g_task_set_source_tag (self->starting, ot_courier_start_async);
  self->rules_stale = TRUE;
  tell_rules (self);
}

gboolean
ot_courier_start_finish (OtCourier *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

const OtCourierFigures *
ot_courier_get_figures (const OtCourier *self)
{
  return &self->figures;
}

void
ot_courier_stop (OtCourier *self)
{
  self->store = NULL;
  ot_timer_cancel (&self->look);
  g_cancellable_cancel (self->cancellable);
}

void
ot_courier_free (OtCourier *self)
{
  ot_courier_stop (self);
  unref (self);
}
