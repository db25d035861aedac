/* Edge-triggered, since libsoup does not read at all times; so a shard in whose turn something was
 * done turns once more, until nothing is left. */

#include "poll-shards.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "timer.h"

#define SWEEP_US (G_USEC_PER_SEC / 10)

struct _OtPollShard {
  OtPollShards *owner;   /* borrowed: what is added holds it */
  GMainContext *context; /* owned */
  guint n;
  gboolean is_due; /* is in the list of those that turn */
  gint64 due_us;   /* when it is to turn though nothing comes */
};

struct _OtPollShards {
  guint n_holders; /* its owner, and each socket */
  int epoll;       /* owned */
  GSource *source; /* owned */
  GPtrArray *all;  /* owned: of OtPollShard */
  GPtrArray *due;  /* of OtPollShard */
  GArray *files;   /* owned: of GPollFD; for the turn of one shard */
  guint n_files;
  OtTimer sweep;
};

static gint64
now_us (void)
{
  return ot_clock_mono_us (ot_clock_real ());
}

/* ---- one shard ---- */

static void
shard_free (gpointer data)
{
  OtPollShard *self = data;

  g_main_context_unref (self->context);
  g_free (self);
}

static OtPollShard *
shard_new (OtPollShards *owner)
{
  OtPollShard *self = g_new0 (OtPollShard, 1);

  self->owner = owner;
  self->context = g_main_context_new ();
  g_ptr_array_add (owner->all, self);
  return self;
}

static void
make_due (OtPollShard *self)
{
  if (self->is_due)
    return;
  self->is_due = TRUE;
  g_ptr_array_add (self->owner->due, self);
  g_source_set_ready_time (self->owner->source, 0);
}

/* What the context waits for, into the array that all share. Returns: how long it would wait, in
 * ms; -1: for ever. */
static int
query (OtPollShard *self, int priority)
{
  GArray *files = self->owner->files;
  int timeout_ms, n;

  while ((n = g_main_context_query (self->context, priority, &timeout_ms, (GPollFD *)files->data,
                                    (int)files->len))
         > (int)files->len)
    g_array_set_size (files, (guint)n);
  self->owner->n_files = (guint)n;
  return timeout_ms;
}

/* As g_main_context_iteration(), by hand, since that keeps to itself when the next timer is due. */
static void
turn (OtPollShard *self)
{
  g_autoptr (GMainContextPusher) inside = g_main_context_pusher_new (self->context);
  GPollFD *files;
  int priority, timeout_ms;

  g_main_context_prepare (self->context, &priority);
  timeout_ms = query (self, priority);
  files = (GPollFD *)self->owner->files->data;
  g_poll (files, self->owner->n_files, 0);
  if (g_main_context_check (self->context, priority, files, (int)self->owner->n_files)) {
    g_main_context_dispatch (self->context);
    make_due (self);
  } else {
    self->due_us = timeout_ms < 0 ? G_MAXINT64 : now_us () + (gint64)timeout_ms * 1000;
  }
}

/* ---- the epoll ---- */

static gboolean
on_ready (gpointer user_data)
{
  OtPollShards *self = user_data;
  struct epoll_event events[OT_POLL_SHARD_EVENTS];
  g_autoptr (GPtrArray) due = NULL;
  int n = epoll_wait (self->epoll, events, G_N_ELEMENTS (events), 0);

  for (int i = 0; i < n; i++)
    make_due (events[i].data.ptr);
  g_source_set_ready_time (self->source, -1);
  due = g_steal_pointer (&self->due);
  self->due = g_ptr_array_new ();
  self->n_holders++;
  for (guint i = 0; i < due->len; i++) {
    OtPollShard *shard = due->pdata[i];

    shard->is_due = FALSE;
    turn (shard);
  }
  ot_poll_shards_unref (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs source_funcs = { .dispatch = dispatch };

/* ---- the sweep ---- */

static void on_sweep (gpointer user_data);

static void
arm_sweep (OtPollShards *self)
{
  if (!ot_timer_is_armed (&self->sweep))
    ot_timer_arm (&self->sweep, now_us () + SWEEP_US, on_sweep, self);
}

static void
on_sweep (gpointer user_data)
{
  OtPollShards *self = user_data;
  gint64 at_us = now_us ();

  for (guint i = self->all->len; i-- > 0;) {
    OtPollShard *shard = self->all->pdata[i];

    if (shard->is_due)
      continue;
    if (shard->n == 0)
      g_ptr_array_remove_index_fast (self->all, i);
    else if (shard->due_us <= at_us)
      make_due (shard);
  }
  if (self->all->len > 0)
    arm_sweep (self);
}

/* ---- public ---- */

OtPollShards *
ot_poll_shards_new (GError **error)
{
  int epoll = epoll_create1 (EPOLL_CLOEXEC);
  OtPollShards *self;

  if (epoll < 0) {
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "epoll: %s", g_strerror (errno));
    return NULL;
  }
  self = g_new0 (OtPollShards, 1);
  self->n_holders = 1;
  self->epoll = epoll;
  self->all = g_ptr_array_new_with_free_func (shard_free);
  self->due = g_ptr_array_new ();
  self->files = g_array_new (FALSE, TRUE, sizeof (GPollFD));
  self->source = g_source_new (&source_funcs, sizeof (GSource));
  g_source_add_unix_fd (self->source, epoll, G_IO_IN);
  g_source_set_callback (self->source, on_ready, self, NULL);
  g_source_attach (self->source, NULL);
  return self;
}

void
ot_poll_shards_unref (OtPollShards *self)
{
  if (--self->n_holders > 0)
    return;
  ot_timer_cancel (&self->sweep);
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_ptr_array_unref (self->due);
  g_ptr_array_unref (self->all);
  g_array_unref (self->files);
  close (self->epoll);
  g_free (self);
}

/* The last one has room, or one that others have left. */
static OtPollShard *
find_room (OtPollShards *self)
{
  for (guint i = self->all->len; i-- > 0;) {
    OtPollShard *shard = self->all->pdata[i];

    if (shard->n < OT_POLL_SHARD_SIZE)
      return shard;
  }
  return shard_new (self);
}

OtPollShard *
ot_poll_shards_add (OtPollShards *self, GSocket *socket)
{
  OtPollShard *shard = find_room (self);
  struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                               .data.ptr = shard };

  arm_sweep (self);
  if (epoll_ctl (self->epoll, EPOLL_CTL_ADD, g_socket_get_fd (socket), &event) < 0)
    return NULL;
  shard->n++;
  self->n_holders++;
  return shard;
}

void
ot_poll_shard_remove (OtPollShard *self, GSocket *socket)
{
  OtPollShards *owner = self->owner;

  epoll_ctl (owner->epoll, EPOLL_CTL_DEL, g_socket_get_fd (socket), NULL);
  self->n--;
  ot_poll_shards_unref (owner);
}

GMainContextPusher *
ot_poll_shard_enter (OtPollShard *self)
{
  make_due (self);
  return g_main_context_pusher_new (self->context);
}
