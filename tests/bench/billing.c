/* What billing costs: the server's own calls, outboxes and store on a real PostgreSQL, with voices
 * that are only said to flow and people who are told what would be sent to them. Says how many
 * units a second are charged, and how long the loop is busy in one go, which is how long everything
 * else waits. docs/performance.md. */

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "codec.h"
#include "fixture.h"
#include "registry.h"

#define UNIT_US ((gint64)G_USEC_PER_SEC)
#define S_US ((gint64)G_USEC_PER_SEC)
#define PATIENCE_US (60 * S_US)
#define MOST_CALLS 3000

static int n_calls;
static OtStore *biller; /* the store of the calls, with units of a second */
static OtRegistry *registry;
static GHashTable *n_told; /* event's name → how often */
static gint64 bytes_told;  /* so that nothing is optimised away */

/* ---- the loop's stalls ---- */

/* From waking to waiting again, by the clock, and in the thread's own processor time: the
 * difference is what other processes took. */
typedef struct {
  gint64 wall_us, cpu_us;
} Instant;

static struct {
  gboolean on;
  Instant woke;
  GArray *busy[2]; /* of gint64: wall, cpu */
} loop;

static gint64
now_us (void)
{
  return ot_clock_mono_us (ot_clock_real ());
}

static Instant
instant (void)
{
  struct timespec cpu;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &cpu);
  return (Instant){ now_us (), cpu.tv_sec * S_US + cpu.tv_nsec / 1000 };
}

static gint
timed_poll (GPollFD *fds, guint n_fds, gint timeout_ms)
{
  Instant now = instant ();
  gint64 wall_us = now.wall_us - loop.woke.wall_us, cpu_us = now.cpu_us - loop.woke.cpu_us;
  gint result;

  if (loop.on) {
    g_array_append_val (loop.busy[0], wall_us);
    g_array_append_val (loop.busy[1], cpu_us);
  }
  result = g_poll (fds, n_fds, timeout_ms);
  loop.woke = instant ();
  return result;
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;

  return (x > y) - (x < y);
}

/* ---- ports ---- */

static int
told (const char *name)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (n_told, name));
}

static void
tell (const OtOut *event)
{
  const char *name = ot_out_type_name (event->type);
  g_autofree char *text = ot_codec_encode (OT_FORMAT_FLAT, event, 0);

  bytes_told += strlen (text);
  g_hash_table_replace (n_told, (char *)name, GINT_TO_POINTER (told (name) + 1));
}

static void
tell_session (gpointer self, const char *session_id, const OtOut *event)
{
  tell (event);
}

static void
tell_user (gpointer self, const char *user_id, const char *except, const OtOut *event)
{
  tell (event);
}

static gboolean
is_online (gpointer self, const char *user_id)
{
  return TRUE;
}

static const OtIceServer *
ice_servers (gpointer self, const char *user_id, gsize *n_servers)
{
  *n_servers = 0;
  return NULL;
}

static void
ignore_call (gpointer self, const char *call_id)
{
}

static void
ignore_offer (gpointer self, const char *call_id, OtSide side)
{
}

/* Both always speak. */
static gboolean
read_rtp (gpointer self, const char *call_id, OtRtpEvidence evidence[OT_N_SIDES])
{
  evidence[OT_SIDE_CALLER].last_us = evidence[OT_SIDE_CALLEE].last_us = now_us ();
  return TRUE;
}

static gboolean
renew (gpointer user_data)
{
  g_autoptr (GPtrArray) ids = ot_registry_alive_ids (registry);

  g_ptr_array_add (ids, NULL);
  ot_store_renew (biller, (const char *const *)ids->pdata, now_us ());
  return G_SOURCE_CONTINUE;
}

/* ---- calls ---- */

static gboolean
have_all (gpointer name)
{
  int per_call = g_str_equal (name, "call_ringing") ? 1 : 2;

  return told (name) >= per_call * n_calls;
}

static gboolean
is_quiet (gpointer data)
{
  return ot_registry_is_quiet (registry);
}

static void
seed (int pairs)
{
  GAsyncResult *slot = NULL;
  g_autoptr (GError) error = NULL;

  ot_store_seed_async (store, 1, pairs, 1000000, NULL, fixture_keep, &slot);
  ot_store_seed_finish (store, fixture_await (&slot), &error);
  g_assert_no_error (error);
}

static gboolean
set_true (gpointer flag)
{
  *(gboolean *)flag = TRUE;
  return G_SOURCE_REMOVE;
}

static gboolean
is_true (gpointer flag)
{
  return *(gboolean *)flag;
}

static void
let_run (int seconds)
{
  gboolean over = FALSE;

  g_timeout_add_seconds (seconds, set_true, &over);
  fixture_wait (is_true, &over);
}

/* Calls whose units fall due all in one instant, or spread over the unit. */
static void
begin (gboolean at_once)
{
  g_autofree char *run = g_uuid_string_random ();
  gint64 at_us;

  for (int i = 0; i < n_calls; i++) {
    g_autofree char *id = g_strdup_printf ("%.8s-%d", run, i);
    g_autofree char *user = g_strdup_printf ("u%d", i + 1);
    g_autofree char *otomo = g_strdup_printf ("o%d", i + 1);
    OtSender sender = { user, user, 0 };
    OtIn event = { .type = OT_IN_CALL_REQUEST,
                   .call_request = { .call_id = id, .to_user_id = otomo } };

    ot_registry_event (registry, &sender, &event);
  }
  fixture_wait (have_all, (gpointer) "call_ringing");
  for (int i = 0; i < n_calls; i++) {
    g_autofree char *id = g_strdup_printf ("%.8s-%d", run, i);
    g_autofree char *otomo = g_strdup_printf ("o%d", i + 1);
    OtSender sender = { otomo, otomo, 0 };
    OtIn event = { .type = OT_IN_CALL_ACCEPT, .call_accept = { .call_id = id } };

    ot_registry_event (registry, &sender, &event);
  }
  fixture_wait (have_all, (gpointer) "signaling_start");
  let_run (2); /* so that a call can have begun a unit ago */
  at_us = now_us ();
  for (int i = 0; i < n_calls; i++) {
    g_autofree char *id = g_strdup_printf ("%.8s-%d", run, i);
    OtMediaEvent event = { .type = OT_MEDIA_FIRST_RTP,
                           .call_id = id,
                           .at_us = at_once ? at_us : at_us - i * UNIT_US / n_calls };

    event.evidence[OT_SIDE_CALLER].last_us = at_us;
    ot_registry_on_media (&event, registry);
  }
  fixture_wait (have_all, (gpointer) "call_connected");
}

static void
print_stalls (const char *clock, GArray *busy_us)
{
  g_array_sort (busy_us, compare);
  g_print ("  longest stall of the loop, %s: %.1f ms; 1 in 1,000 turns: %.1f ms\n", clock,
           (double)g_array_index (busy_us, gint64, busy_us->len - 1) / 1000,
           (double)g_array_index (busy_us, gint64, busy_us->len * 999 / 1000) / 1000);
}

static void
measure (const char *what, int calls, gboolean at_once, int seconds)
{
  OtCallPorts ports = {
    .record = *ot_store_record_port (biller),
    .media = { .open = ignore_call,
               .make_offer = ignore_offer,
               .read_rtp = read_rtp,
               .close = ignore_call },
    .tell = { .session = tell_session,
              .user = tell_user,
              .is_online = is_online,
              .ice_servers = ice_servers },
    .clock = ot_clock_real (),
    .settings = { .unit_us = UNIT_US,
                  .request_timeout_us = PATIENCE_US,
                  .ring_timeout_us = PATIENCE_US,
                  .media_timeout_us = PATIENCE_US,
                  .database_timeout_us = PATIENCE_US,
                  .watch = { 3 * S_US, 10 * S_US, 5 * S_US, 60 * S_US } },
  };
  Instant began, ended;
  guint renewing;
  int ticks;

  n_calls = calls;
  n_told = g_hash_table_new (g_str_hash, g_str_equal);
  registry = ot_registry_new (&ports);
  renewing = g_timeout_add_seconds (1, renew, NULL);
  begin (at_once);
  let_run (2);

  for (int i = 0; i < 2; i++)
    loop.busy[i] = g_array_new (FALSE, FALSE, sizeof (gint64));
  ticks = told ("call_tick");
  began = instant ();
  loop.on = TRUE;
  let_run (seconds);
  loop.on = FALSE;
  ended = instant ();
  ticks = (told ("call_tick") - ticks) / 2; /* both sides are told */
  g_print ("%d calls, %s: %.0f units a second charged and told, %.0f us of the loop's processor "
           "time each\n",
           calls, what, ticks / ((double)(ended.wall_us - began.wall_us) / S_US),
           (double)(ended.cpu_us - began.cpu_us) / MAX (ticks, 1));
  print_stalls ("by the clock", loop.busy[0]);
  print_stalls ("processor time", loop.busy[1]);

  ot_registry_shut_down (registry, FALSE);
  fixture_wait (is_quiet, NULL);
  g_source_remove (renewing);
  ot_registry_free (registry);
  g_array_unref (loop.busy[0]);
  g_array_unref (loop.busy[1]);
  g_hash_table_unref (n_told);
  fixture_assert_audit ();
}

static void
run (void)
{
  const char *given = g_getenv ("OTOMO_BENCH_SECONDS");
  int seconds = given != NULL ? atoi (given) : 10;
  OtStoreOptions options = { .database = ot_store_conninfo (store),
                             .node_id = "biller",
                             .unit_seconds = UNIT_US / S_US,
                             .share_percent = 50 };
  g_autoptr (GError) error = NULL;

  biller = ot_store_new (&options);
  error = fixture_start (biller);
  g_assert_no_error (error);
  g_main_context_set_poll_func (NULL, timed_poll);
  seed (MOST_CALLS);
  measure ("as many as it can", MOST_CALLS, FALSE, seconds);
  measure ("spread over the second", 1000, FALSE, seconds);
  measure ("all in one instant", 1000, TRUE, seconds);
  fixture_close (biller);
  g_assert_finalize_object (biller);
}

static void
add_tests (void)
{
  g_test_add_func ("/bench/billing", run);
}

int
main (int argc, char **argv)
{
  return fixture_run (argc, argv, add_tests);
}
