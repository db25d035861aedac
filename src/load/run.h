#pragma once

#include "call.h"
#include "crowd.h"
#include "process.h"

/**
 * LoadRun:
 *
 * A whole test: the crowd comes in; calls are started at a rate; when each is up or has failed, a
 * window is measured; then everybody is silent, what is under way arrives, and all hang up. It ends
 * by itself at LoadOptions.max_seconds at the latest.
 */
typedef struct {
  guint n_idle; /* people of the crowd; their numbers follow those of the calls */
  guint n_calls;
  guint first_id; /* of the first call's people: u1, o1 */
  double rate;    /* calls started a second */
  double seconds; /* how long the window is */
  double hold; /* not 0: a storm: each call is hung up so many seconds after it came up, and there
                  is no window */
  double max_seconds;
  int server_pid; /* 0: nobody's CPU is read */
  guint payload_size;
} LoadOptions;

/** LoadFigures: what a run found. */
typedef struct {
  guint n_calls, n_up, n_failed, n_dropped; /* dropped: was up, and ended before its time */
  GHashTable *failures;                     /* owned: text → number of calls */
  LoadHistogram setup_us;                   /* call_accept → first voice from the peer; per leg */
  LoadHistogram first_rtp_us;               /* first RTP of either → call_connected; per leg */
  LoadHistogram both_rtp_us;                /* first RTP of the later → call_connected; per leg */
  double setups_per_second;                 /* from the first request to the last that came up */
  guint64 n_sent, n_heard, n_lost, n_duplicates, n_strange; /* whole life of calls that were up */
  LoadVoiceFigures window;
  double client_cores; /* CPU of this client in the window */
  gboolean has_server;
  LoadProcess alone;     /* before anybody came */
  LoadProcess server[3]; /* before the first call, window opened, window closed */
  LoadCrowdFigures crowd;
  guint n_in_window; /* calls up when it closed */
  gboolean cut;      /* time was over, or a person ended it */
} LoadFigures;

/** load_run: Runs it. @context: its voice counts for this run only. Blocks in a main loop. */
void load_run (const LoadOptions *options, const LoadContext *context, LoadFigures *out);
