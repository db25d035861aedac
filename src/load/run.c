/* The phases of a test, moved on by one timer. */

#include "run.h"

#include <glib-unix.h>
#include <sys/resource.h>

#define STEP_MS 20
#define SETTLE_US G_USEC_PER_SEC
#define DRAIN_US (500 * 1000)
#define END_US (10 * G_USEC_PER_SEC)
#define ENDS_A_STEP 10

typedef enum { CROWD, RAMP, SETTLE, WINDOW, DRAIN, END } Phase;

typedef struct {
  const LoadOptions *options;
  const LoadContext *context;
  LoadFigures *figures;
  GMainLoop *loop;
  LoadCrowd *crowd; /* owned */
  GPtrArray *calls; /* owned: of LoadCall */
  guint n_started;
  Phase phase;
  gint64 began_us, ramp_us, phase_us;
  double own_cpu;
} Run;

static double
own_cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
         + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static guint
count (const Run *self, LoadCallState state)
{
  guint n = 0;

  for (guint i = 0; i < self->n_started; i++)
    n += load_call_get_state (self->calls->pdata[i]) == state ? 1 : 0;
  return n;
}

static void
read_server (Run *self, LoadProcess *out)
{
  if (self->figures->has_server)
    self->figures->has_server = load_process_read (out, self->options->server_pid);
}

/* ---- counting up ---- */

static void
count_failure (LoadFigures *figures, const char *text)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (figures->failures, text));

  g_hash_table_insert (figures->failures, g_strdup (text), GUINT_TO_POINTER (n + 1));
}

/* Loss goes from the first packet that came through to the last that was sent; what was under way
 * when a call was hung up is none. */
static void
count_call (LoadFigures *figures, LoadCall *call)
{
  const LoadCallTimes *times = load_call_get_times (call);
  LoadHeard heard[2];
  gint64 first_us, last_us;

  load_call_look (call, heard);
  first_us = MIN (heard[0].first_sent_us, heard[1].first_sent_us);
  last_us = MAX (heard[0].first_sent_us, heard[1].first_sent_us);
  for (guint side = 0; side < 2; side++) {
    const LoadHeard *own = &heard[side];
    const LoadHeard *other = &heard[1 - side];

    figures->n_sent += own->n_sent;
    figures->n_heard += own->n_heard;
    figures->n_duplicates += own->n_duplicates;
    figures->n_strange += own->n_strange;
    if (load_call_get_failure (call) == NULL && load_call_get_state (call) == LOAD_CALL_UP)
      figures->n_lost += other->n_sent - own->first_heard - own->n_heard;
    load_histogram_add (&figures->setup_us, own->first_heard_us - times->accepted_us);
    load_histogram_add (&figures->first_rtp_us, times->connected_us[side] - first_us);
    load_histogram_add (&figures->both_rtp_us, times->connected_us[side] - last_us);
  }
}

static void
count_calls (Run *self)
{
  LoadFigures *figures = self->figures;
  gint64 first_us = G_MAXINT64, last_us = 0;

  for (guint i = 0; i < self->n_started; i++) {
    LoadCall *call = self->calls->pdata[i];
    const LoadCallTimes *times = load_call_get_times (call);
    const char *failure = load_call_get_failure (call);

    if (failure != NULL)
      count_failure (figures, failure);
    figures->n_failed += failure != NULL && times->up_us == 0 ? 1 : 0;
    figures->n_dropped += failure != NULL && times->up_us != 0 ? 1 : 0;
    if (times->up_us == 0)
      continue;
    figures->n_up++;
    first_us = MIN (first_us, times->requested_us);
    last_us = MAX (last_us, times->up_us);
    count_call (figures, call);
  }
  figures->n_calls = self->n_started;
  if (last_us > first_us)
    figures->setups_per_second =
        (double)figures->n_up * G_USEC_PER_SEC / (double)(last_us - first_us);
}

/* ---- the phases ---- */

static void
enter (Run *self, Phase phase)
{
  self->phase = phase;
  self->phase_us = ot_clock_mono_us (self->context->clock);
  switch (phase) {
  case CROWD:
    read_server (self, &self->figures->alone);
    break;
  case RAMP:
    self->ramp_us = self->phase_us;
    read_server (self, &self->figures->server[0]);
    break;
  case SETTLE:
    break;
  case WINDOW:
    read_server (self, &self->figures->server[1]);
    self->own_cpu = own_cpu_seconds ();
    load_voice_set_window (self->context->voice, TRUE);
    break;
  case DRAIN:
    load_voice_set_window (self->context->voice, FALSE);
    read_server (self, &self->figures->server[2]);
    self->own_cpu = own_cpu_seconds () - self->own_cpu;
    self->figures->n_in_window = count (self, LOAD_CALL_UP);
    load_voice_silence (self->context->voice);
    break;
  case END:
    count_calls (self);
    break;
  }
}

static void
start_due (Run *self, gint64 now_us)
{
  double due = 1 + (double)(now_us - self->ramp_us) / G_USEC_PER_SEC * self->options->rate;

  while (self->n_started < self->calls->len && (double)self->n_started < due)
    load_call_start (self->calls->pdata[self->n_started++]);
}

static void
hang_up_some (Run *self)
{
  guint n = 0;

  for (guint i = 0; i < self->n_started && n < ENDS_A_STEP; i++) {
    if (load_call_get_state (self->calls->pdata[i]) != LOAD_CALL_UP)
      continue;
    load_call_hang_up (self->calls->pdata[i]);
    n++;
  }
}

/* TRUE: nobody is left, and nobody comes any more. */
static gboolean
storm_is_over (Run *self, gint64 now_us)
{
  for (guint i = 0; i < self->n_started; i++)
    if (now_us - load_call_get_times (self->calls->pdata[i])->up_us
        > self->options->hold * G_USEC_PER_SEC)
      load_call_hang_up (self->calls->pdata[i]);
  return self->n_started == self->calls->len
         && count (self, LOAD_CALL_SETUP) + count (self, LOAD_CALL_UP)
                    + count (self, LOAD_CALL_ENDING)
                == 0;
}

static gboolean
on_step (gpointer data)
{
  Run *self = data;
  gint64 now_us = ot_clock_mono_us (self->context->clock);
  gint64 passed_us = now_us - self->phase_us;

  if (self->phase < DRAIN
      && (double)(now_us - self->began_us) > self->options->max_seconds * G_USEC_PER_SEC) {
    self->figures->cut = TRUE;
    enter (self, DRAIN);
  }
  load_crowd_step (self->crowd);
  switch (self->phase) {
  case CROWD:
    if (load_crowd_is_complete (self->crowd))
      enter (self, RAMP);
    break;
  case RAMP:
    start_due (self, now_us);
    for (guint i = 0; i < self->n_started; i++)
      load_call_watch (self->calls->pdata[i]);
    if (self->options->hold > 0) {
      if (storm_is_over (self, now_us))
        enter (self, END);
    } else if (self->n_started == self->calls->len && count (self, LOAD_CALL_SETUP) == 0)
      enter (self, self->calls->len == 0 || count (self, LOAD_CALL_UP) > 0 ? SETTLE : END);
    break;
  case SETTLE:
    if (passed_us > SETTLE_US)
      enter (self, WINDOW);
    break;
  case WINDOW:
    if ((double)passed_us > self->options->seconds * G_USEC_PER_SEC
        || (self->calls->len > 0 && count (self, LOAD_CALL_UP) == 0))
      enter (self, DRAIN);
    break;
  case DRAIN:
    if (passed_us > DRAIN_US)
      enter (self, END);
    break;
  case END:
    hang_up_some (self);
    if (count (self, LOAD_CALL_UP) + count (self, LOAD_CALL_ENDING) == 0 || passed_us > END_US)
      g_main_loop_quit (self->loop);
    break;
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_interrupt (gpointer data)
{
  Run *self = data;

  self->figures->cut = TRUE;
  if (self->phase < DRAIN)
    enter (self, DRAIN);
  return G_SOURCE_CONTINUE;
}

void
load_run (const LoadOptions *options, const LoadContext *context, LoadFigures *out)
{
  Run self = { options, context, out, g_main_loop_new (NULL, FALSE) };
  guint sources[] = { g_timeout_add (STEP_MS, on_step, &self),
                      g_unix_signal_add (SIGINT, on_interrupt, &self),
                      g_unix_signal_add (SIGTERM, on_interrupt, &self) };

  *out = (LoadFigures){ .failures = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
                        .has_server = options->server_pid != 0 };
  self.calls = g_ptr_array_new_with_free_func ((GDestroyNotify)load_call_free);
  for (guint i = 0; i < options->n_calls; i++)
    g_ptr_array_add (self.calls, load_call_new (context, options->first_id + i));
  self.crowd = load_crowd_new (context, options->first_id + options->n_calls, options->n_idle);
  self.began_us = ot_clock_mono_us (context->clock);
  enter (&self, CROWD);
  g_main_loop_run (self.loop);
  load_voice_read (context->voice, &out->window);
  out->client_cores =
      out->window.closed_us > out->window.opened_us
          ? self.own_cpu * G_USEC_PER_SEC / (double)(out->window.closed_us - out->window.opened_us)
          : 0;
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    g_source_remove (sources[i]);
  out->crowd = *load_crowd_look (self.crowd);
  load_crowd_free (self.crowd);
  g_ptr_array_unref (self.calls);
  g_main_loop_unref (self.loop);
}
