/* The figures as JSON, and the JSON as a table: what stands in the one stands in the other. */

#include "report.h"

#include <json-glib/json-glib.h>

static double
ratio (double part, double whole)
{
  return whole > 0 ? part / whole : 0;
}

static void
begin (JsonBuilder *to, const char *name)
{
  json_builder_set_member_name (to, name);
  json_builder_begin_object (to);
}

static void
add_count (JsonBuilder *to, const char *name, gint64 value)
{
  json_builder_set_member_name (to, name);
  json_builder_add_int_value (to, value);
}

static void
add_number (JsonBuilder *to, const char *name, double value)
{
  json_builder_set_member_name (to, name);
  json_builder_add_double_value (to, value);
}

static void
add_durations (JsonBuilder *to, const char *name, const LoadHistogram *histogram)
{
  begin (to, name);
  add_count (to, "p50", load_histogram_quantile (histogram, 0.5));
  add_count (to, "p99", load_histogram_quantile (histogram, 0.99));
  add_count (to, "p99.9", load_histogram_quantile (histogram, 0.999));
  json_builder_end_object (to);
}

static void
add_calls (JsonBuilder *to, const LoadFigures *figures)
{
  GHashTableIter each;
  gpointer text, n;

  begin (to, "calls");
  add_count (to, "started", figures->n_calls);
  add_count (to, "up", figures->n_up);
  add_count (to, "failed", figures->n_failed);
  add_count (to, "dropped", figures->n_dropped);
  add_number (to, "setups_per_second", figures->setups_per_second);
  begin (to, "failures");
  g_hash_table_iter_init (&each, figures->failures);
  while (g_hash_table_iter_next (&each, &text, &n))
    add_count (to, text, GPOINTER_TO_UINT (n));
  json_builder_end_object (to);
  json_builder_end_object (to);
}

static void
add_packets (JsonBuilder *to, const LoadFigures *figures)
{
  begin (to, "packets");
  add_count (to, "sent", (gint64)figures->n_sent);
  add_count (to, "received", (gint64)figures->n_heard);
  add_count (to, "lost", (gint64)figures->n_lost);
  add_number (to, "lost_percent",
              ratio ((double)figures->n_lost * 100, (double)(figures->n_lost + figures->n_heard)));
  add_count (to, "duplicates", (gint64)figures->n_duplicates);
  add_count (to, "strange", (gint64)figures->n_strange);
  json_builder_end_object (to);
}

static void
add_crowd (JsonBuilder *to, const LoadFigures *figures)
{
  const LoadCrowdFigures *crowd = &figures->crowd;

  begin (to, "idle");
  add_count (to, "connected", crowd->n_in);
  add_count (to, "lost", crowd->n_lost);
  add_count (to, "heartbeats", (gint64)crowd->n_heartbeats);
  add_durations (to, "heartbeat_us", &crowd->heartbeat_us);
  if (figures->has_server)
    add_number (
        to, "memory_kb_each",
        ratio ((double)(figures->server[0].memory_kb - figures->alone.memory_kb), crowd->n_in));
  json_builder_end_object (to);
}

static double
window_seconds (const LoadFigures *figures)
{
  return (double)(figures->window.closed_us - figures->window.opened_us) / G_USEC_PER_SEC;
}

static void
add_window (JsonBuilder *to, const LoadFigures *figures)
{
  begin (to, "window");
  add_number (to, "seconds", window_seconds (figures));
  add_count (to, "calls", figures->n_in_window);
  add_number (to, "forwarded_per_second",
              ratio ((double)figures->window.tally.n_heard, window_seconds (figures)));
  add_durations (to, "latency_us", &figures->window.tally.latency_us);
  json_builder_end_object (to);
}

/* What setting up costs is what was used until the window, without what forwarding costs there. */
static void
add_server (JsonBuilder *to, const LoadFigures *figures)
{
  const LoadProcess *server = figures->server;
  double heard = (double)figures->window.tally.n_heard;
  double packet_us = ratio ((server[2].cpu_seconds - server[1].cpu_seconds) * 1e6, heard);
  double ramp_ms = (server[1].cpu_seconds - server[0].cpu_seconds) * 1000;
  double before = (double)figures->n_heard - heard;
  double n = figures->n_in_window;

  begin (to, "server");
  add_number (to, "cores",
              ratio (server[2].cpu_seconds - server[1].cpu_seconds, window_seconds (figures)));
  add_number (to, "us_per_packet", packet_us);
  add_number (to, "start_to_window_ms_per_call", ratio (ramp_ms, n));
  add_number (to, "setup_ms_per_call", ratio (ramp_ms - before * packet_us / 1000, n));
  add_number (to, "memory_kb_per_call",
              ratio ((double)(server[2].memory_kb - server[0].memory_kb), n));
  add_number (to, "threads_per_call", ratio (server[2].n_threads - server[0].n_threads, n));
  add_number (to, "files_per_call", ratio (server[2].n_files - server[0].n_files, n));
  json_builder_end_object (to);
}

static void
add_client (JsonBuilder *to, const LoadFigures *figures)
{
  gint64 lag_us = load_histogram_quantile (&figures->window.lag_us, 0.99);
  gboolean is_limit = figures->client_cores > 0.9 || lag_us > 5000 || figures->window.n_skipped > 0;

  begin (to, "client");
  add_number (to, "cores", figures->client_cores);
  add_count (to, "lag_us_p99", lag_us);
  add_count (to, "steps_skipped", (gint64)figures->window.n_skipped);
  json_builder_set_member_name (to, "is_the_limit");
  json_builder_add_boolean_value (to, is_limit);
  json_builder_set_member_name (to, "cut");
  json_builder_add_boolean_value (to, figures->cut);
  json_builder_end_object (to);
}

char *
load_report_json (const LoadFigures *figures)
{
  g_autoptr (JsonBuilder) to = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (to);
  add_calls (to, figures);
  add_durations (to, "setup_us", &figures->setup_us);
  add_durations (to, "first_rtp_to_connected_us", &figures->first_rtp_us);
  add_durations (to, "both_rtp_to_connected_us", &figures->both_rtp_us);
  add_packets (to, figures);
  add_window (to, figures);
  if (figures->crowd.n_in + figures->crowd.n_lost > 0)
    add_crowd (to, figures);
  if (figures->has_server)
    add_server (to, figures);
  add_client (to, figures);
  json_builder_end_object (to);
  root = json_builder_get_root (to);
  return json_to_string (root, FALSE);
}

static void
print_member (JsonObject *object, const char *name, JsonNode *value, gpointer user_data)
{
  const char *above = user_data;
  g_autofree char *path = above[0] != '\0' ? g_strconcat (above, " ", name, NULL) : g_strdup (name);
  g_autofree char *text = NULL;

  if (JSON_NODE_HOLDS_OBJECT (value)) {
    json_object_foreach_member (json_node_get_object (value), print_member, path);
    return;
  }
  text = json_node_get_value_type (value) == G_TYPE_DOUBLE
             ? g_strdup_printf ("%.6g", json_node_get_double (value))
             : json_to_string (value, FALSE);
  g_strdelimit (path, "_", ' ');
  g_print ("%-44s %12s\n", path, text);
}

void
load_report_print (const char *json)
{
  g_autoptr (JsonNode) root = json_from_string (json, NULL);

  json_object_foreach_member (json_node_get_object (root), print_member, (gpointer) "");
}
