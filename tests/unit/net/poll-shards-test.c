/* Connections in contexts of their own: what comes is dispatched, what is left is not forgotten,
 * what is due at a time is done, and the main context has none of their sources. */

#include "poll-shards.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MANY (3 * OT_POLL_SHARD_SIZE + 1)

typedef struct {
  GSocket *near, *far; /* owned */
  OtPollShard *shard;
  GSource *source; /* owned */
  guint n_turns;
  GMainContext *context;  /* its shard's */
  GMainContext *began_in; /* the thread-default context in its turn */
} Line;

static gboolean
read_one (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Line *line = user_data;
  char byte;

  g_assert_cmpint (g_socket_receive (socket, &byte, 1, NULL, NULL), ==, 1);
  line->n_turns++;
  line->began_in = g_main_context_get_thread_default ();
  return G_SOURCE_CONTINUE;
}

/* As libsoup does. Returns: its context. */
static GMainContext *
attach (OtPollShard *shard, GSource *source)
{
  g_autoptr (GMainContextPusher) inside = ot_poll_shard_enter (shard);

  g_source_attach (source, g_main_context_get_thread_default ());
  return g_main_context_get_thread_default ();
}

static void
line_open (Line *self, OtPollShards *shards)
{
  int ends[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
  self->near = g_socket_new_from_fd (ends[0], NULL);
  self->far = g_socket_new_from_fd (ends[1], NULL);
  self->n_turns = 0;
  self->shard = ot_poll_shards_add (shards, self->near);
  g_assert_nonnull (self->shard);
  self->source = g_socket_create_source (self->near, G_IO_IN, NULL);
  g_source_set_callback (self->source, G_SOURCE_FUNC (read_one), self, NULL);
  self->context = attach (self->shard, self->source);
}

static void
line_close (Line *self)
{
  g_source_destroy (self->source);
  g_source_unref (self->source);
  ot_poll_shard_remove (self->shard, self->near);
  g_object_unref (self->near);
  g_object_unref (self->far);
}

static void
line_say (Line *self, const char *text)
{
  g_assert_cmpint (g_socket_send (self->far, text, strlen (text), NULL, NULL), ==,
                   (gssize)strlen (text));
}

static void
wait_for (Line *self, guint n_turns)
{
  while (self->n_turns < n_turns)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_what_comes (void)
{
  OtPollShards *shards = ot_poll_shards_new (NULL);
  g_autofree Line *lines = g_new0 (Line, MANY);

  for (guint i = 0; i < MANY; i++)
    line_open (&lines[i], shards);
  line_say (&lines[MANY - 1], "x");
  wait_for (&lines[MANY - 1], 1);
  g_assert_true (lines[MANY - 1].began_in == lines[MANY - 1].context);
  g_assert_null (g_main_context_get_thread_default ());
  for (guint i = 0; i < MANY - 1; i++)
    g_assert_cmpuint (lines[i].n_turns, ==, 0);
  for (guint i = 0; i < MANY; i++)
    line_say (&lines[i], "y");
  for (guint i = 0; i < MANY; i++)
    wait_for (&lines[i], i == MANY - 1 ? 2 : 1);
  for (guint i = 0; i < MANY; i++)
    line_close (&lines[i]);
  ot_poll_shards_unref (shards);
}

/* An edge comes once, however much is there. */
static void
test_what_is_left (void)
{
  OtPollShards *shards = ot_poll_shards_new (NULL);
  Line line = { 0 };

  line_open (&line, shards);
  line_say (&line, "many bytes, one a turn");
  wait_for (&line, 22);
  line_close (&line);
  ot_poll_shards_unref (shards);
}

/* What was there before it was added is an edge too. */
static void
test_what_was_there (void)
{
  OtPollShards *shards = ot_poll_shards_new (NULL);
  Line line = { 0 };
  int ends[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
  line.near = g_socket_new_from_fd (ends[0], NULL);
  line.far = g_socket_new_from_fd (ends[1], NULL);
  line_say (&line, "x");
  line.shard = ot_poll_shards_add (shards, line.near);
  line.source = g_socket_create_source (line.near, G_IO_IN, NULL);
  g_source_set_callback (line.source, G_SOURCE_FUNC (read_one), &line, NULL);
  attach (line.shard, line.source);
  wait_for (&line, 1);
  line_close (&line);
  ot_poll_shards_unref (shards);
}

static gboolean
write_one (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
  return G_SOURCE_REMOVE;
}

/* TLS may have to write before it can read on. */
static void
test_room_to_write (void)
{
  OtPollShards *shards = ot_poll_shards_new (NULL);
  static const char filling[4096];
  gboolean is_done = FALSE;
  Line line = { 0 };
  GSource *room;
  char drained[sizeof filling];

  line_open (&line, shards);
  g_socket_set_blocking (line.near, FALSE);
  g_socket_set_blocking (line.far, FALSE);
  while (g_socket_send (line.near, filling, sizeof filling, NULL, NULL) > 0)
    ;
  room = g_socket_create_source (line.near, G_IO_OUT, NULL);
  g_source_set_callback (room, G_SOURCE_FUNC (write_one), &is_done, NULL);
  attach (line.shard, room);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_false (is_done);
  while (g_socket_receive (line.far, drained, sizeof drained, NULL, NULL) > 0)
    ;
  while (!is_done)
    g_main_context_iteration (NULL, TRUE);
  g_source_unref (room);
  line_close (&line);
  ot_poll_shards_unref (shards);
}

static gboolean
note (gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
test_what_is_due (void)
{
  OtPollShards *shards = ot_poll_shards_new (NULL);
  gboolean is_done = FALSE;
  Line line = { 0 };
  GSource *timeout = g_timeout_source_new (50);

  line_open (&line, shards);
  while (g_main_context_iteration (NULL, FALSE)) /* until the shard waits for nothing */
    ;
  g_source_set_callback (timeout, note, &is_done, NULL);
  attach (line.shard, timeout);
  while (!is_done)
    g_main_context_iteration (NULL, TRUE);
  g_source_unref (timeout);
  line_close (&line);
  ot_poll_shards_unref (shards);
}

/* A stream may outlive the server that accepted it. */
static void
test_outlives_its_owner (void)
{
  OtPollShards *shards = ot_poll_shards_new (NULL);
  Line line = { 0 };

  line_open (&line, shards);
  ot_poll_shards_unref (shards);
  line_say (&line, "x");
  wait_for (&line, 1);
  line_close (&line);
}

/* Places that were left are taken again: 1,000 connections, one after the other, need one context.
 */
static void
test_places_are_used_again (void)
{
  OtPollShards *shards = ot_poll_shards_new (NULL);
  Line stays = { 0 };

  line_open (&stays, shards);
  for (guint i = 0; i < 1000; i++) {
    Line goes = { 0 };

    line_open (&goes, shards);
    g_assert_true (goes.shard == stays.shard);
    line_close (&goes);
  }
  line_close (&stays);
  ot_poll_shards_unref (shards);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/poll-shards/what-comes", test_what_comes);
  g_test_add_func ("/net/poll-shards/what-is-left", test_what_is_left);
  g_test_add_func ("/net/poll-shards/what-was-there", test_what_was_there);
  g_test_add_func ("/net/poll-shards/room-to-write", test_room_to_write);
  g_test_add_func ("/net/poll-shards/what-is-due", test_what_is_due);
  g_test_add_func ("/net/poll-shards/outlives-its-owner", test_outlives_its_owner);
  g_test_add_func ("/net/poll-shards/places-are-used-again", test_places_are_used_again);
  return g_test_run ();
}
