#pragma once

#include "phone.h"
#include "voice.h"

/**
 * LoadCall:
 *
 * One call by script: two people connect, one calls, the other accepts, both talk; at the end the
 * caller hangs up. Thread: main loop.
 */
typedef struct _LoadCall LoadCall;

typedef enum {
  LOAD_CALL_NEW,
  LOAD_CALL_SETUP,
  LOAD_CALL_UP, /* call_connected came to both, and both have heard the other */
  LOAD_CALL_ENDING,
  LOAD_CALL_ENDED,
  LOAD_CALL_FAILED,
} LoadCallState;

/** LoadCallTimes: monotonic µs; 0: not yet. [0] the caller's, [1] the callee's. */
typedef struct {
  gint64 requested_us;
  gint64 accepted_us; /* call_accept was sent */
  gint64 connected_us[2];
  gint64 up_us;
} LoadCallTimes;

/** LoadContext: what all calls of a run share. All borrowed; outlives them. */
typedef struct {
  SoupSession *session;
  const char *url;
  GHashTable *tokens; /* person → token */
  const LoadIdentity *identity;
  LoadVoice *voice;
  const OtClock *clock;
  guint32 run;
  guint payload_size;
} LoadContext;

/** load_call_new: @context: borrowed; @id: of its people, > 0. Nothing is sent yet. Returns:
 * (transfer full) */
LoadCall *load_call_new (const LoadContext *context, guint id);

/** load_call_free: at any time. The call is not hung up: its connections and media close. */
void load_call_free (LoadCall *self);

/** load_call_start: user u@id and otomo o@id connect. */
void load_call_start (LoadCall *self);

/** load_call_watch: Looks after it now and then: whether it is up, and whether its time for that,
 * LOAD_SETUP_US, is over. */
void load_call_watch (LoadCall *self);

#define LOAD_SETUP_US (20 * G_USEC_PER_SEC)

/** load_call_hang_up: Ends it, if it is up; with call_end it has ended. */
void load_call_hang_up (LoadCall *self);

LoadCallState load_call_get_state (const LoadCall *self);

/** load_call_get_times: (transfer none): lives as long as the call. */
const LoadCallTimes *load_call_get_times (const LoadCall *self);

/** load_call_get_failure: (transfer none) (nullable): why it failed, for a person. A call that was
 * up and then failed keeps its up_us. */
const char *load_call_get_failure (const LoadCall *self);

/** load_call_look: what its two people sent and heard. */
void load_call_look (LoadCall *self, LoadHeard heard[2]);
