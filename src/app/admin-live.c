/* The calls that are live on this server, from memory: what changes from second to second, without
 * asking the database. */

#include "admin-request.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "reply.h"

#define CALLS_MAX 200
#define TOO_MANY_REQUESTS 429 /* RFC 6585; libsoup has no name for it */

/* One answer walks through all live calls. */
static const OtQuotaRule at_most = { 10, G_USEC_PER_SEC };

typedef struct {
  const char *search; /* (nullable) */
  GPtrArray *calls;   /* (element-type OtCall), borrowed */
  guint n_live;
  guint n_states[OT_CALL_N_STATES];
} Search;

static gboolean
is_wanted (const Search *self, const OtCall *call)
{
  return self->search == NULL || strstr (call->id, self->search) != NULL
         || strstr (call->party[OT_SIDE_CALLER].user_id, self->search) != NULL
         || strstr (call->party[OT_SIDE_CALLEE].user_id, self->search) != NULL;
}

static void
add_call (const OtCall *call, gpointer user_data)
{
  Search *self = user_data;

  self->n_live++;
  self->n_states[call->state]++;
  if (is_wanted (self, call))
    g_ptr_array_add (self->calls, (gpointer)call);
}

/* Those that are not connected yet first, then the youngest. */
static int
by_age (gconstpointer one, gconstpointer other)
{
  const OtCall *a = *(const OtCall *const *)one;
  const OtCall *b = *(const OtCall *const *)other;
  gint64 a_us = a->connected_us != 0 ? a->connected_us : G_MAXINT64;
  gint64 b_us = b->connected_us != 0 ? b->connected_us : G_MAXINT64;

  return a_us != b_us ? (a_us < b_us) - (a_us > b_us) : strcmp (a->id, b->id);
}

static void
set_count (JsonBuilder *json, const char *name, gint64 value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, value);
}

static void
set_text (JsonBuilder *json, const char *name, const char *value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_string_value (json, value);
}

static void
set_score (JsonBuilder *json, int mos_percent)
{
  if (mos_percent == 0)
    return;
  json_builder_set_member_name (json, "mos");
  json_builder_add_double_value (json, mos_percent / 100.0);
}

/* Members as of call_quality (data/sql/014-quality.sql). */
static void
add_side (JsonBuilder *json, const OtQuality quality[OT_N_SIDES], OtSide side)
{
  const OtQuality *figures = &quality[side];

  json_builder_begin_object (json);
  set_text (json, "side", side == OT_SIDE_CALLER ? "caller" : "callee");
  set_count (json, "packets", figures->packet_count);
  set_count (json, "lost", figures->lost_count);
  set_count (json, "jitter_us", figures->jitter_us);
  if (figures->report_count > 0) {
    set_count (json, "heard_expected", figures->heard_expected_count);
    set_count (json, "heard_lost", figures->heard_lost_count);
    set_count (json, "heard_jitter_us", figures->heard_jitter_us);
  }
  if (figures->round_trip_count > 0)
    set_count (json, "round_trip_us", figures->round_trip_us);
  set_score (json, ot_quality_mos_percent (quality, side));
  json_builder_end_object (json);
}

/* The worse of both scores, and each side's figures. */
static void
add_quality (JsonBuilder *json, OtRegistry *registry, const char *call_id)
{
  OtQuality quality[OT_N_SIDES];
  gboolean known = ot_registry_read_quality (registry, call_id, quality);
  int worst_percent = 0;

  json_builder_set_member_name (json, "quality");
  json_builder_begin_array (json);
  for (OtSide side = OT_SIDE_CALLER; known && side < OT_N_SIDES; side++) {
    int mos_percent = ot_quality_mos_percent (quality, side);
    if (mos_percent > 0 && (worst_percent == 0 || mos_percent < worst_percent))
      worst_percent = mos_percent;
    add_side (json, quality, side);
  }
  json_builder_end_array (json);
  set_score (json, worst_percent);
}

static void
add_instant (JsonBuilder *json, const char *name, gint64 wall_us)
{
  g_autoptr (GDateTime) second = g_date_time_new_from_unix_utc (wall_us / G_USEC_PER_SEC);
  g_autofree char *text = g_date_time_format (second, "%Y-%m-%dT%H:%M:%S");
  g_autofree char *whole = g_strdup_printf ("%s.%06dZ", text, (int)(wall_us % G_USEC_PER_SEC));

  set_text (json, name, whole);
}

static void
add_line (JsonBuilder *json, OtRegistry *registry, const OtCall *call, gint64 now_us)
{
  int units = call->connected_us != 0 ? call->billing.units_taken : 0;

  json_builder_begin_object (json);
  set_text (json, "call_id", call->id);
  set_text (json, "status", ot_call_state_name (call->state));
  set_text (json, "caller_id", call->party[OT_SIDE_CALLER].user_id);
  set_text (json, "callee_id", call->party[OT_SIDE_CALLEE].user_id);
  if (call->connected_us != 0)
    add_instant (json, "started_at", ot_call_wall_us (call, call->connected_us));
  set_count (json, "seconds", ot_call_total_seconds (call, now_us));
  set_count (json, "units", units);
  if (call->connected_us != 0)
    set_count (json, "unit_seconds", call->billing.unit_us / G_USEC_PER_SEC);
  set_count (json, "price_per_unit", call->price_points);
  set_count (json, "points", units * call->price_points);
  json_builder_set_member_name (json, "recording");
  json_builder_add_boolean_value (json, call->recording);
  add_quality (json, registry, call->id);
  json_builder_end_object (json);
}

static void
add_states (JsonBuilder *json, const Search *search)
{
  json_builder_set_member_name (json, "states");
  json_builder_begin_object (json);
  set_count (json, "ringing",
             search->n_states[OT_CALL_REQUESTED] + search->n_states[OT_CALL_RINGING]);
  set_count (json, "accepted", search->n_states[OT_CALL_ACCEPTED]);
  set_count (json, "in_call", search->n_states[OT_CALL_IN_CALL]);
  set_count (json, "reconnecting", search->n_states[OT_CALL_RECONNECTING]);
  json_builder_end_object (json);
}

static char *
make_answer (const OtAdmin *admin, const Search *search, guint limit)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  gint64 now_us = ot_clock_mono_us (admin->clock);

  json_builder_begin_object (json);
  add_instant (json, "at", ot_clock_wall_us (admin->clock));
  set_count (json, "live", search->n_live);
  set_count (json, "found", search->calls->len);
  add_states (json, search);
  json_builder_set_member_name (json, "may_record");
  json_builder_add_boolean_value (json, ot_registry_may_record (admin->registry));
  json_builder_set_member_name (json, "calls");
  json_builder_begin_array (json);
  for (guint i = 0; i < MIN (search->calls->len, limit); i++)
    add_line (json, admin->registry, g_ptr_array_index (search->calls, i), now_us);
  json_builder_end_array (json);
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  return json_to_string (root, FALSE);
}

void
ot_admin_get_live (const OtAdminRequest *request)
{
  g_autoptr (GPtrArray) calls = g_ptr_array_new ();
  Search search = { .search = ot_admin_parameter (request, "search"), .calls = calls };
  gint64 limit = CALLS_MAX;

  if (ot_admin_parameter (request, "limit") != NULL
      && !ot_admin_read_number (request, "limit", 1, CALLS_MAX, &limit))
    return;
  if (!ot_quota_take (&request->admin->live_quota, &at_most, 1,
                      ot_clock_mono_us (request->admin->clock))) {
    ot_reply_refusal (request->message, TOO_MANY_REQUESTS,
                      "too many look at the live calls; please try again in a second");
    return;
  }
  ot_registry_foreach_live (request->admin->registry, add_call, &search);
  g_ptr_array_sort (calls, by_age);
  ot_reply_json (request->message, SOUP_STATUS_OK,
                 make_answer (request->admin, &search, (guint)limit));
}
