#pragma once

#include "clock.h"
#include "talker.h"

/**
 * LoadVoice:
 *
 * The media thread of a run: all talkers, spread over the 20 ms of a packet, and what they counted.
 * Thread: any; each call waits until the media thread is between two steps.
 */
typedef struct _LoadVoice LoadVoice;

/** LoadVoiceFigures: of the window, and how well this client kept up. */
typedef struct {
  LoadTally tally;
  LoadHistogram lag_us; /* how late a step of the schedule began, in the window */
  guint64 n_skipped;    /* steps given up because they were 100 ms late: this client is too slow */
  gint64 opened_us, closed_us; /* the window; monotonic, 0: not yet */
} LoadVoiceFigures;

/** load_voice_new: @clock: borrowed. Its thread runs from here on. Returns: (transfer full) */
LoadVoice *load_voice_new (const OtClock *clock);

/** load_voice_free: waits for its thread. */
void load_voice_free (LoadVoice *self);

/** load_voice_add: @talker: borrowed; was answered; it outlives the voice, or is removed first. */
void load_voice_add (LoadVoice *self, LoadTalker *talker);
void load_voice_remove (LoadVoice *self, LoadTalker *talker);

/** load_voice_look: what a talker has heard so far. */
void load_voice_look (LoadVoice *self, const LoadTalker *talker, LoadHeard *out);

/** load_voice_set_window: Begins to count, or ends it. While it is open, arrivals are read once a
 * step instead of one by one. */
void load_voice_set_window (LoadVoice *self, gboolean is_open);

/** load_voice_silence: From now on nobody talks; what is under way still arrives. */
void load_voice_silence (LoadVoice *self);

/** load_voice_read: the figures so far. */
void load_voice_read (LoadVoice *self, LoadVoiceFigures *out);
