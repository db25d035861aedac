/* A queue of copies and the number of its newest: the others' numbers follow from it. */

#include "replay.h"

#include <string.h>

struct _OtReplay {
  GQueue messages; /* of char *, owned; oldest first */
  gint64 newest;   /* how many were put: the number of the last */
  gsize bytes;
  guint max_messages;
  gsize max_bytes;
};

OtReplay *
ot_replay_new (guint max_messages, gsize max_bytes)
{
  OtReplay *self = g_new0 (OtReplay, 1);

  g_queue_init (&self->messages);
  self->max_messages = max_messages;
  self->max_bytes = max_bytes;
  return self;
}

void
ot_replay_free (OtReplay *self)
{
  g_queue_clear_full (&self->messages, g_free);
  g_free (self);
}

static void
drop_oldest (OtReplay *self)
{
  g_autofree char *message = g_queue_pop_head (&self->messages);

  self->bytes -= strlen (message);
}

void
ot_replay_put (OtReplay *self, const char *message)
{
  g_queue_push_tail (&self->messages, g_strdup (message));
  self->bytes += strlen (message);
  self->newest++;
  while (self->messages.length > self->max_messages || self->bytes > self->max_bytes)
    drop_oldest (self);
}

gboolean
ot_replay_reaches (const OtReplay *self, gint64 last_sequence)
{
  gint64 oldest = self->newest - self->messages.length; /* the newest that is not here */

  return last_sequence >= oldest && last_sequence <= self->newest;
}

GPtrArray *
ot_replay_get_after (const OtReplay *self, gint64 last_sequence)
{
  GPtrArray *after = g_ptr_array_new ();

  g_assert (ot_replay_reaches (self, last_sequence));
  for (GList *l = g_queue_peek_nth_link ((GQueue *)&self->messages,
                                         self->messages.length - (self->newest - last_sequence));
       l != NULL; l = l->next)
    g_ptr_array_add (after, l->data);
  return after;
}

gsize
ot_replay_get_bytes (const OtReplay *self)
{
  return self->bytes;
}
