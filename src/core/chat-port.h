#pragma once

#include <glib.h>

#include "event.h"

/**
 * SECTION:chat-port
 *
 * What channels need of the database, which alone says who may read and write them and in which
 * order messages stand. Both questions are idempotent; nothing is answered from inside of them.
 */

typedef enum {
  OT_CHAT_DONE,
  OT_CHAT_NOT_FOUND,         /* no such channel */
  OT_CHAT_PERMISSION_DENIED, /* not a member of it */
  OT_CHAT_NOT_JOINED,        /* post: a member, but `joined` was FALSE */
  OT_CHAT_OVER,              /* post: the channel's call is over; it can be read, not written */
  OT_CHAT_UNAVAILABLE,       /* no answer in time; a post may have been stored or not */
} OtChatOutcome;

/** OtChatLine: a message and its place in the channel: 1, 2, 3 … without a gap. */
typedef struct {
  gint64 number;
  OtChatMessage message;
} OtChatLine;

/** OtChatAnswer: borrowed for the time of the callback. */
typedef struct {
  OtChatOutcome outcome;
  gsize n_lines; /* DONE; in the order of their numbers, at most OT_CHAT_REPLAY_MAX and one */
  const OtChatLine *lines;
} OtChatAnswer;

#define OT_CHAT_REPLAY_MAX 50

typedef void (*OtChatAnswered) (const OtChatAnswer *answer, gpointer user_data);

/** OtChatPost: a message to be stored; strings borrowed for the time of the call. */
typedef struct {
  const char *channel_id;
  const char *author_id;
  gboolean joined;
  const char *message_id;        /* new for each message, the same when it is asked again */
  const char *text;              /* 1 to 4,000 characters */
  const char *client_message_id; /* (nullable): the author's own: stored once a channel */
  gint64 after_number;
} OtChatPost;

typedef struct {
  gpointer self;

  /** Answers with the newest messages of the channel. */
  void (*join) (gpointer self,
                const char *channel_id,
                const char *user_id,
                OtChatAnswered answered,
                gpointer user_data);

  /** Stores the message unless it was before; answers with it, by its first id and text, and with
   * what stands after @after_number. */
  void (*post) (gpointer self, const OtChatPost *post, OtChatAnswered answered, gpointer user_data);
} OtChatPort;
