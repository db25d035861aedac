#pragma once

#include <glib.h>

#define OT_REPLAY_WINDOW 128 /* packets; RFC 3711, 3.3.2 asks for 64 at least */

/**
 * OtReplayWindow:
 *
 * Which packets of one source there have been, by their index: nothing comes twice, and nothing
 * older than the window comes at all (RFC 3711, 3.3.2). Zero-initialised it is fresh. Pure.
 */
typedef struct {
  guint64 highest;
  guint64 seen[2]; /* bit n of both, as one number: highest − n has been */
} OtReplayWindow;

/** ot_replay_window_allows: whether @index may still come. */
gboolean ot_replay_window_allows (const OtReplayWindow *self, guint64 index);

/** ot_replay_window_add: @index has come; it was allowed. */
void ot_replay_window_add (OtReplayWindow *self, guint64 index);

/**
 * ot_replay_window_guess:
 * @sequence: an RTP sequence number, 16 bits
 *
 * The index of 48 bits that it stands for: the one nearest to the highest so far (RFC 3711, 3.3.1).
 * A source's first packets are of the first cycle, since none is before that.
 */
guint64 ot_replay_window_guess (const OtReplayWindow *self, guint16 sequence);
