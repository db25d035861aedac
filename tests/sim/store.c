/* The way of a record: the ledger takes it when the database is there; the answer may be lost, and
 * then it is asked again. */

#include "audit.h"
#include "city.h"

#define LATENCY_US (20 * G_TIME_SPAN_MILLISECOND)
#define RETRY_US G_USEC_PER_SEC

typedef struct {
  City *city;
  OtRecord record; /* its names are static, its ids are below */
  int call, caller, callee;
  guint life;
  OtRecordDone done;
  gpointer user_data;
} Write;

static void
commit (Write *write, OtRecordResult *result)
{
  City *city = write->city;

  ledger_record (&city->ledger, &write->record, write->call, write->caller, write->callee, result);
  world_trace (city->world, write->record.kind, write->call * 16 + (int)result->outcome);
  city_found (city, audit (&city->ledger));
}

/* Written a second time it changes nothing, and is answered as the first time. */
static void
commit_again (Write *write, const OtRecordResult *first)
{
  OtRecordResult second;

  commit (write, &second);
  if (second.outcome != first->outcome || second.charged_points != first->charged_points)
    city_found (write->city, g_strdup_printf ("call %d: a record of kind %d, written again, was "
                                              "answered with %d after %d",
                                              write->call, (int)write->record.kind,
                                              (int)second.outcome, (int)first->outcome));
}

/* A connection that was given up brings its statement to its end all the same. */
static void
on_late (gpointer data)
{
  Write *write = data;
  OtRecordResult unheard;

  if (world_now_us (write->city->world) >= write->city->away_until_us)
    commit (write, &unheard);
}

/* What makes a call or moves points. */
static gboolean
counts_once (const Write *write)
{
  return write->record.kind == OT_RECORD_REQUESTED || write->record.kind == OT_RECORD_STARTED
         || write->record.kind == OT_RECORD_UNIT || write->record.kind == OT_RECORD_ENDED;
}

static void plan_try (Write *write, gint64 delay_us);

static void
on_try (gpointer data)
{
  Write *write = data;
  City *city = write->city;
  OtRecordResult result;

  if (world_now_us (city->world) < city->away_until_us) {
    plan_try (write, world_between (city->world, RETRY_US / 4, RETRY_US));
    return;
  }
  commit (write, &result);
  if (world_percent (city->world, 2))
    commit_again (write, &result);
  if (world_percent (city->world, 2) && counts_once (write))
    world_plan (city->world, world_until (city->world, 20 * G_USEC_PER_SEC), 0, on_late,
                g_memdup2 (write, sizeof *write), g_free);
  if (world_percent (city->world, 2)) { /* committed, and the answer is lost */
    plan_try (write, world_between (city->world, RETRY_US / 4, 3 * RETRY_US));
    return;
  }
  g_ptr_array_remove_fast (city->writes, write);
  write->done (&result, write->user_data);
  g_free (write);
}

static void
plan_try (Write *write, gint64 delay_us)
{
  world_plan (write->city->world, delay_us, write->life, on_try, write, NULL);
}

/* The truth about a silence: it began to count when it was long enough, not when somebody looked.
 */
static void
check_pause (City *city, const OtRecord *record)
{
  const SimCall *call = ledger_find (&city->ledger, city_call_number (record->call_id));
  gint64 silent_us;

  if (call == NULL || call->started_us == 0 || g_strcmp0 (record->event, "rtp_paused") != 0)
    return;
  silent_us =
      call->started_mono_us + record->at_us - call->started_us - city->settings.watch.rtp_pause_us;
  if (silent_us != call->started_mono_us && !voice_fell_silent_at (city, call->id, silent_us))
    city_found (city, g_strdup_printf (
                          "call %d: paused by a silence that did not begin at %" G_GINT64_FORMAT,
                          call->id, silent_us));
}

static void
put (gpointer data, const OtRecord *record, OtRecordDone done, gpointer user_data)
{
  City *self = data;
  Write *write;

  check_pause (self, record);
  if (done == NULL)
    return;
  write = g_new (Write, 1);
  *write = (Write){ self, *record,  city_call_number (record->call_id), -1, -1, self->life,
                    done, user_data };
  if (record->kind == OT_RECORD_REQUESTED) {
    write->caller = city_person (record->caller_id);
    write->callee = city_person (record->callee_id) - PAIRS;
  }
  g_ptr_array_add (self->writes, write);
  plan_try (write, world_between (self->world, 0, LATENCY_US));
}

static gboolean
is_available (gpointer data)
{
  City *self = data;

  return world_now_us (self->world) >= self->away_until_us;
}

OtRecordPort
store_port (City *self)
{
  return (OtRecordPort){ self, put, is_available };
}

/* Of what was on its way, some arrives all the same; nobody hears of it. */
void
store_crash (City *self)
{
  for (guint i = 0; i < self->writes->len; i++) {
    Write *write = self->writes->pdata[i];
    OtRecordResult result;

    if (world_now_us (self->world) >= self->away_until_us && world_percent (self->world, 50))
      commit (write, &result);
    g_free (write);
  }
  g_ptr_array_set_size (self->writes, 0);
}
