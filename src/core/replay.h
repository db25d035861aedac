#pragma once

#include <glib.h>

/**
 * OtReplay:
 *
 * The newest messages of a session, numbered 1, 2, 3 …, so that a client who comes back gets what
 * it missed. Bounded by their number and their bytes: the oldest fall out. Thread: any, one at a
 * time.
 */
typedef struct _OtReplay OtReplay;

OtReplay *ot_replay_new (guint max_messages, gsize max_bytes);
void ot_replay_free (OtReplay *self);

/** ot_replay_put: keeps a copy of the next message. One that alone is too big is not kept, nor is
 * anything before it. */
void ot_replay_put (OtReplay *self, const char *message);

/** ot_replay_reaches: whether everything after the message @last_sequence is here; FALSE for a
 * number that was never given. */
gboolean ot_replay_reaches (const OtReplay *self, gint64 last_sequence);

/**
 * ot_replay_get_after:
 * @last_sequence: from where on; must be reached
 *
 * Returns: (transfer container) (element-type utf8): in their order; borrowed until the next put
 */
GPtrArray *ot_replay_get_after (const OtReplay *self, gint64 last_sequence);

/** ot_replay_get_bytes: of the messages that are kept. */
gsize ot_replay_get_bytes (const OtReplay *self);
