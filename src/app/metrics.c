/* The metrics: one table, from which /metrics, its checks and the reference page come. Keeps no
 * figure itself. Labels have values from closed lists only, never a person or a call: a scrape is
 * as long with one call as with thousands. */

#include "metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "reply.h"
#include "version.h"
#include "webhook.h"

typedef enum { COUNTER, GAUGE, HISTOGRAM } Type;

typedef enum { CALLS, SESSIONS, PACKETS, DATABASE, RECORDINGS, WEBHOOKS, LOOP } Source;

/* What a gauge, or a figure that the system keeps, is now; NAN: not known, left out. */
typedef double (*Read) (const OtMetrics *self, guint label);

typedef struct {
  const char *name;
  Type type;
  const char *unit; /* "" for what is merely counted */
  const char *help;
  const char *label;              /* NULL: none */
  guint n;                        /* values of the label */
  const char *(*value) (guint i); /* NULL there: no such value */
  Read read;                      /* NULL: it is at: */
  Source source;
  gsize offset; /* of the first; the others follow, each @stride further */
  gsize stride;
} Row;

/* ---- what labels can be ---- */

static const char *
reason_name (guint i)
{
  return ot_reason_name (i);
}

static const char *
code_name (guint i)
{
  return ot_code_name (i);
}

static const char *
verdict_name (guint i)
{
  return ot_webhook_verdict_name (i);
}

static const char *
version (guint i)
{
  return OT_VERSION;
}

static const char *
live_state_name (guint i)
{
  return i == OT_CALL_REQUESTED ? "requested" : ot_call_state_name (i);
}

static const char *
webhook_state_name (guint i)
{
  static const char *const names[] = { "waiting", "due", "dead" };

  return names[i];
}

static const char *
grade_name (guint i)
{
  static const char *const names[] = { "good", "fair", "poor" };

  return names[i];
}

/* ---- what is asked at the scrape ---- */

static double
one (const OtMetrics *self, guint label)
{
  return 1;
}

static double
live_calls (const OtMetrics *self, guint state)
{
  return ot_registry_n_in_state (self->registry, state);
}

/* Of each side of each call that talks: 4.0 and more is good, below 3.1 many are dissatisfied
 * (ITU-T G.107, table B.1). */
static double
live_voices (const OtMetrics *self, guint grade)
{
  g_autoptr (GPtrArray) ids = ot_registry_alive_ids (self->registry);
  guint n = 0;

  for (guint i = 0; i < ids->len; i++) {
    OtQuality quality[OT_N_SIDES];

    if (!ot_registry_read_quality (self->registry, ids->pdata[i], quality))
      continue;
    for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++) {
      int mos_percent = ot_quality_mos_percent (quality, side);

      n += mos_percent > 0 && grade == (mos_percent >= 400 ? 0 : mos_percent >= 310 ? 1 : 2);
    }
  }
  return n;
}

static double
connections (const OtMetrics *self, guint label)
{
  return ot_server_n_connections (self->server);
}

static double
sessions (const OtMetrics *self, guint place)
{
  return ot_hub_n_in_place (self->hub, place);
}

static double
recordings (const OtMetrics *self, guint label)
{
  return ot_media_server_n_recordings (self->media);
}

static double
database_waiting (const OtMetrics *self, guint pool)
{
  return ot_store_pool_state (self->store, pool).n_waiting;
}

static double
database_connections (const OtMetrics *self, guint pool)
{
  return ot_store_pool_state (self->store, pool).n_connections;
}

static double
refusals_not_recorded (const OtMetrics *self, guint label)
{
  return (double)ot_store_refused_dropped (self->store);
}

static double
webhooks (const OtMetrics *self, guint state)
{
  const OtCourierFigures *figures = ot_courier_get_figures (self->courier);
  const OtWebhookCounts *counts = &figures->counts;

  if (!figures->counted)
    return NAN;
  return (double)(state == 0 ? counts->waiting : state == 1 ? counts->due : counts->dead);
}

static double
database_up (const OtMetrics *self, guint label)
{
  return self->ask_health (self->health_data).database;
}

static double
media_up (const OtMetrics *self, guint label)
{
  return self->ask_health (self->health_data).media;
}

static double
busy (const OtMetrics *self, guint label)
{
  return self->ask_health (self->health_data).busy;
}

static double
draining (const OtMetrics *self, guint label)
{
  return self->ask_health (self->health_data).draining;
}

static double
cpu_seconds (const OtMetrics *self, guint label)
{
  struct rusage usage = { 0 };

  getrusage (RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
         + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / G_USEC_PER_SEC;
}

static double
resident_bytes (const OtMetrics *self, guint label)
{
  g_autofree char *text = NULL; /* made by the kernel at once, never read from a disk */
  unsigned long pages;

  if (!g_file_get_contents ("/proc/self/statm", &text, NULL, NULL)
      || sscanf (text, "%*u %lu", &pages) != 1)
    return NAN;
  return (double)pages * (double)sysconf (_SC_PAGESIZE);
}

static double
start_seconds (const OtMetrics *self, guint label)
{
  return (double)self->started_wall_us / G_USEC_PER_SEC;
}

/* ---- the table ---- */

#define NO_LABEL NULL, 1, NULL
#define ASKED(read_) .read = (read_)
#define AT(source_, type_, member)                                                                 \
  .source = (source_), .offset = G_STRUCT_OFFSET (type_, member), .stride = sizeof (OtCounter)
#define AT_POOL(member)                                                                            \
  .source = DATABASE, .offset = G_STRUCT_OFFSET (OtPoolFigures, member),                           \
  .stride = sizeof (OtPoolFigures)

static const Row rows[] = {
  { "otomo_build_info", GAUGE, "", "Always 1; the label says which version runs", "version", 1,
    version, ASKED (one) },
  { "otomo_start_time_seconds", GAUGE, "seconds", "When this server was started, since 1970",
    NO_LABEL, ASKED (start_seconds) },
  { "otomo_cpu_seconds_total", COUNTER, "seconds", "Processor time, user and system", NO_LABEL,
    ASKED (cpu_seconds) },
  { "otomo_resident_memory_bytes", GAUGE, "bytes", "Memory that is resident", NO_LABEL,
    ASKED (resident_bytes) },
  { "otomo_database_up", GAUGE, "", "1 when the database answers and the calls are this server's",
    NO_LABEL, ASKED (database_up) },
  { "otomo_media_up", GAUGE, "", "1 when the media threads turn", NO_LABEL, ASKED (media_up) },
  { "otomo_busy", GAUGE, "",
    "1 when the server takes no new calls, since its loop stood still, or voice or the books "
    "waited",
    NO_LABEL, ASKED (busy) },
  { "otomo_draining", GAUGE, "", "1 when the server takes no new calls, since it is about to stop",
    NO_LABEL, ASKED (draining) },
  { "otomo_loop_stall_seconds", HISTOGRAM, "seconds",
    "By how much the main loop came late, looked at ten times a second", NO_LABEL,
    AT (LOOP, OtPulse, stall_us) },

  { "otomo_calls_live", GAUGE, "", "Calls that hold their people, by state", "state", OT_CALL_ENDED,
    live_state_name, ASKED (live_calls) },
  { "otomo_calls_requested_total", COUNTER, "", "Calls that came into being", NO_LABEL,
    AT (CALLS, OtCallFigures, requests) },
  { "otomo_calls_ended_total", COUNTER, "", "Calls whose end the database has, by reason", "reason",
    OT_REASON_N, reason_name, AT (CALLS, OtCallFigures, ends) },
  { "otomo_call_setup_seconds", HISTOGRAM, "seconds",
    "From call_accept until ICE and DTLS of both sides were complete", NO_LABEL,
    AT (CALLS, OtCallFigures, setup_us) },
  { "otomo_call_first_rtp_seconds", HISTOGRAM, "seconds",
    "From call_accept to the first RTP packet, which begins the bill", NO_LABEL,
    AT (CALLS, OtCallFigures, first_rtp_us) },
  { "otomo_units_charged_total", COUNTER, "", "Units of calls that were charged", NO_LABEL,
    AT (CALLS, OtCallFigures, units) },
  { "otomo_points_charged_total", COUNTER, "", "Points that users paid for them", NO_LABEL,
    AT (CALLS, OtCallFigures, points) },
  { "otomo_points_earned_total", COUNTER, "", "Points of these that went to otomos", NO_LABEL,
    AT (CALLS, OtCallFigures, earnings) },
  { "otomo_charge_seconds", HISTOGRAM, "seconds",
    "From when a unit was charged until the database had committed it", NO_LABEL,
    AT (CALLS, OtCallFigures, charge_us) },
  { "otomo_voices", GAUGE, "",
    "Sides of live calls by what they hear: good from MOS 4.0, fair from 3.1, poor below", "grade",
    3, grade_name, ASKED (live_voices) },
  { "otomo_call_mos", HISTOGRAM, "",
    "Mean opinion score, estimated, of each side of each call that is over", NO_LABEL,
    AT (CALLS, OtCallFigures, mos_percent) },

  { "otomo_connections", GAUGE, "", "Open connections of the public listener, HTTP too", NO_LABEL,
    ASKED (connections) },
  { "otomo_sessions", GAUGE, "",
    "Sessions: fresh (not authenticated yet), open, parked (the connection was lost)", "place",
    OT_HUB_N_PLACES, ot_hub_place_name, ASKED (sessions) },
  { "otomo_messages_received_total", COUNTER, "",
    "Messages of authenticated clients that were understood, heartbeats apart", NO_LABEL,
    AT (SESSIONS, OtHubFigures, messages) },
  { "otomo_refusals_total", COUNTER, "", "Errors that clients were told, by code", "code",
    OT_CODE_N, code_name, AT (SESSIONS, OtHubFigures, refusals) },
  { "otomo_refusals_not_recorded_total", COUNTER, "",
    "Refusals that left no row in call_events, since too much waited for the database", NO_LABEL,
    ASKED (refusals_not_recorded) },

  { "otomo_packets_received_total", COUNTER, "", "Datagrams that came to the media port", NO_LABEL,
    AT (PACKETS, OtForwarderFigures, received) },
  { "otomo_packets_forwarded_total", COUNTER, "", "Packets sent on to the other side, by kind",
    "kind", OT_PACKET_N, ot_packet_kind_name, AT (PACKETS, OtForwarderFigures, forwarded) },
  { "otomo_packets_dropped_total", COUNTER, "", "Packets that went nowhere, by cause", "cause",
    OT_DROP_N, ot_drop_cause_name, AT (PACKETS, OtForwarderFigures, dropped) },
  { "otomo_media_lag_seconds", HISTOGRAM, "seconds",
    "How long the oldest datagram of a batch lay in the socket until the media thread took it",
    NO_LABEL, AT (PACKETS, OtForwarderFigures, lag_us) },
  { "otomo_forward_seconds", HISTOGRAM, "seconds",
    "Of each forwarded voice packet, from its batch's arrival at the socket until it was sent",
    NO_LABEL, AT (PACKETS, OtForwarderFigures, forward_us) },

  { "otomo_recordings_active", GAUGE, "", "Files that are being written", NO_LABEL,
    ASKED (recordings) },
  { "otomo_recordings_total", COUNTER, "", "Files that were begun, completed, deleted or lost",
    "event", OT_LIBRARIAN_N_EVENTS, ot_librarian_event_name,
    AT (RECORDINGS, OtLibrarianFigures, files) },

  { "otomo_database_seconds", HISTOGRAM, "seconds",
    "From when a statement was sent to its answer, by who asks", "pool", OT_STORE_N_POOLS,
    ot_store_pool_name, AT_POOL (answer_us) },
  { "otomo_database_waiting", GAUGE, "", "Statements that are not answered, by who asks", "pool",
    OT_STORE_N_POOLS, ot_store_pool_name, ASKED (database_waiting) },
  { "otomo_database_connections", GAUGE, "", "Connections to the database that stand, by who asks",
    "pool", OT_STORE_N_POOLS, ot_store_pool_name, ASKED (database_connections) },
  { "otomo_database_retries_total", COUNTER, "",
    "Answers that said \"try again\" (a deadlock, a restart), by who asks", "pool",
    OT_STORE_N_POOLS, ot_store_pool_name, AT_POOL (retries) },
  { "otomo_database_given_up_total", COUNTER, "",
    "Statements that were not answered in time, by who asks", "pool", OT_STORE_N_POOLS,
    ot_store_pool_name, AT_POOL (given_up) },

  { "otomo_webhooks", GAUGE, "",
    "Webhooks in the database, some seconds ago: waiting, of these due now, and dead; none without "
    "webhook.url",
    "state", 3, webhook_state_name, ASKED (webhooks) },
  { "otomo_webhook_tries_total", COUNTER, "", "Webhooks that were posted, by what came of it",
    "outcome", OT_WEBHOOK_N_VERDICTS, verdict_name, AT (WEBHOOKS, OtCourierFigures, tries) },
};

static const char *const type_names[] = { "counter", "gauge", "histogram" };

/* ---- writing ---- */

/* What is read once for all rows. */
typedef struct {
  const OtMetrics *metrics;
  OtForwarderFigures packets; /* of all media threads */
} Scrape;

/* NULL: it counts nothing now. */
static const void *
figures_of (const Scrape *scrape, const Row *row)
{
  const OtMetrics *self = scrape->metrics;

  switch (row->source) {
  case CALLS:
    return ot_registry_get_figures (self->registry);
  case SESSIONS:
    return ot_hub_get_figures (self->hub);
  case PACKETS:
    return &scrape->packets;
  case DATABASE:
    return ot_store_pool_figures (self->store, OT_STORE_RECORDS);
  case RECORDINGS:
    return *self->librarian != NULL ? ot_librarian_get_figures (*self->librarian) : NULL;
  case WEBHOOKS:
    return ot_courier_get_figures (self->courier);
  case LOOP:
    return self->pulse;
  default:
    g_assert_not_reached ();
  }
}

/* @le: (nullable): a histogram's bound. */
static void
write_sample (
    GString *out, const Row *row, const char *suffix, guint i, const char *le, double value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (out, row->name);
  g_string_append (out, suffix);
  if (row->label != NULL || le != NULL)
    g_string_append_c (out, '{');
  if (row->label != NULL)
    g_string_append_printf (out, "%s=\"%s\"%s", row->label, row->value (i), le != NULL ? "," : "");
  if (le != NULL)
    g_string_append_printf (out, "le=\"%s\"", le);
  if (row->label != NULL || le != NULL)
    g_string_append_c (out, '}');
  g_string_append_printf (out, " %s\n", g_ascii_formatd (number, sizeof number, "%.15g", value));
}

/* The buckets are read once, so that they agree with each other whatever is counted meanwhile. */
static void
write_histogram (GString *out, const Row *row, guint i, const OtHistogram *histogram)
{
  const OtHistogramShape *shape = histogram->shape;
  char bound[G_ASCII_DTOSTR_BUF_SIZE];
  guint64 count = 0;
  guint k;

  for (k = 0; k < OT_HISTOGRAM_BOUNDS && shape->bounds[k] != 0; k++) {
    count += ot_counter_get (&histogram->buckets[k]);
    g_ascii_formatd (bound, sizeof bound, "%g", (double)shape->bounds[k] * shape->unit);
    write_sample (out, row, "_bucket", i, bound, (double)count);
  }
  count += ot_counter_get (&histogram->buckets[k]);
  write_sample (out, row, "_bucket", i, "+Inf", (double)count);
  write_sample (out, row, "_sum", i, NULL,
                (double)atomic_load_explicit (&histogram->sum, memory_order_relaxed) * shape->unit);
  write_sample (out, row, "_count", i, NULL, (double)count);
}

static void
write_value (GString *out, const Scrape *scrape, const Row *row, guint i)
{
  const char *figures;
  double value;

  if (row->read != NULL) {
    value = row->read (scrape->metrics, i);
    if (!isnan (value))
      write_sample (out, row, "", i, NULL, value);
    return;
  }
  figures = figures_of (scrape, row);
  if (figures == NULL)
    return;
  figures += row->offset + i * row->stride;
  if (row->type == HISTOGRAM)
    write_histogram (out, row, i, (const OtHistogram *)figures);
  else
    write_sample (out, row, "", i, NULL, (double)ot_counter_get ((const OtCounter *)figures));
}

/* Returns: (transfer full) */
static char *
write_all (const OtMetrics *self)
{
  GString *out = g_string_sized_new (16 * 1024);
  Scrape scrape = { .metrics = self };

  ot_media_server_read_figures (self->media, &scrape.packets);
  for (gsize k = 0; k < G_N_ELEMENTS (rows); k++) {
    const Row *row = &rows[k];

    g_string_append_printf (out, "# HELP %s %s.\n# TYPE %s %s\n", row->name, row->help, row->name,
                            type_names[row->type]);
    for (guint i = 0; i < row->n; i++)
      if (row->label == NULL || row->value (i) != NULL)
        write_value (out, &scrape, row, i);
  }
  return g_string_free (out, FALSE);
}

void
ot_metrics_print (void)
{
  for (gsize k = 0; k < G_N_ELEMENTS (rows); k++) {
    const Row *row = &rows[k];

    printf ("%s\t%s\t%s\t%s\t", row->name, type_names[row->type], row->unit,
            row->label != NULL ? row->label : "");
    for (guint i = 0; row->label != NULL && row->value != version && i < row->n; i++)
      if (row->value (i) != NULL)
        printf ("%s ", row->value (i));
    printf ("\t%s\n", row->help);
  }
}

/* ---- serving ---- */

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  char *text;

  if (!ot_reply_is_read (message))
    return;
  text = write_all (user_data);
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (message, "text/plain; version=0.0.4; charset=utf-8",
                                    SOUP_MEMORY_TAKE, text, strlen (text));
}

void
ot_metrics_add (SoupServer *server, OtMetrics *self)
{
  soup_server_add_handler (server, "/metrics", on_request, self, NULL);
}
