/* One thread, a step each 200 µs: the talkers of that step's place send, then all that came is
 * read. The lock is held for a step at a time. */

#include "voice.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define STEP_US 200
#define PLACES (LOAD_PACKET_US / STEP_US)
#define GIVE_UP_US (100 * 1000)
#define EVENTS 256

struct _LoadVoice {
  const OtClock *clock;
  int epoll; /* owned */
  GThread *thread;

  GMutex lock; /* guards all below */
  gboolean stopping;
  gboolean silent;
  GPtrArray *places[PLACES]; /* owned: of LoadTalker, borrowed */
  guint next_place;
  LoadInbox inbox;
  LoadVoiceFigures figures;
};

static void
take_step (LoadVoice *self, guint place, gint64 due_us)
{
  gint64 now_us = ot_clock_mono_us (self->clock);

  if (self->figures.tally.is_open)
    load_histogram_add (&self->figures.lag_us, now_us - due_us);
  if (now_us - due_us > GIVE_UP_US) {
    self->figures.n_skipped += self->figures.tally.is_open ? 1 : 0;
    return;
  }
  for (guint i = 0; i < self->places[place]->len; i++)
    load_talker_tick (self->places[place]->pdata[i], ot_clock_mono_us (self->clock), self->silent,
                      &self->figures.tally);
}

/* A talker that was removed meanwhile is in @events no more: closing took it out of the epoll, and
 * the lock is held from the wait on. */
static void
read_all (LoadVoice *self)
{
  struct epoll_event events[EVENTS];
  LoadNow now = { ot_clock_mono_us (self->clock), ot_clock_wall_us (self->clock) };
  int n = EVENTS;

  for (guint round = 0; n == EVENTS && round < PLACES; round++) {
    n = epoll_wait (self->epoll, events, EVENTS, 0);
    for (int i = 0; i < n; i++)
      load_talker_receive (events[i].data.ptr, &self->inbox, &now, &self->figures.tally);
  }
}

/* Outside of the window it wakes for each arrival, so that set-up is not slowed down by it. */
static void
wait_until (LoadVoice *self, gint64 due_us, gboolean batch)
{
  gint64 left_us = due_us - ot_clock_mono_us (self->clock);
  struct timespec left = { 0, left_us * 1000 };
  struct epoll_event event;

  if (left_us <= 0)
    return;
  if (batch)
    clock_nanosleep (CLOCK_MONOTONIC, 0, &left, NULL);
  else
    epoll_pwait2 (self->epoll, &event, 1, &left, NULL);
}

static gpointer
voice_thread (gpointer data)
{
  LoadVoice *self = data;
  gint64 due_us = ot_clock_mono_us (self->clock);
  guint place = 0;
  gboolean running = TRUE;

  while (running) {
    gboolean batch;

    g_mutex_lock (&self->lock);
    if (ot_clock_mono_us (self->clock) >= due_us) {
      take_step (self, place, due_us);
      due_us += STEP_US;
      place = (place + 1) % PLACES;
    }
    read_all (self);
    running = !self->stopping;
    batch = self->figures.tally.is_open;
    g_mutex_unlock (&self->lock);
    wait_until (self, due_us, batch);
  }
  return NULL;
}

LoadVoice *
load_voice_new (const OtClock *clock)
{
  LoadVoice *self = g_new0 (LoadVoice, 1);

  self->clock = clock;
  self->epoll = epoll_create1 (EPOLL_CLOEXEC);
  g_assert (self->epoll >= 0);
  g_mutex_init (&self->lock);
  for (guint i = 0; i < PLACES; i++)
    self->places[i] = g_ptr_array_new ();
  self->thread = g_thread_new ("voice", voice_thread, self);
  return self;
}

void
load_voice_free (LoadVoice *self)
{
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
  for (guint i = 0; i < PLACES; i++)
    g_ptr_array_unref (self->places[i]);
  close (self->epoll);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
load_voice_add (LoadVoice *self, LoadTalker *talker)
{
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = talker };

  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->places[self->next_place++ % PLACES], talker);
  if (epoll_ctl (self->epoll, EPOLL_CTL_ADD, load_talker_get_socket (talker), &event) != 0)
    g_error ("epoll refuses a socket: %s", g_strerror (errno));
  g_mutex_unlock (&self->lock);
}

void
load_voice_remove (LoadVoice *self, LoadTalker *talker)
{
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < PLACES; i++)
    if (g_ptr_array_remove_fast (self->places[i], talker))
      epoll_ctl (self->epoll, EPOLL_CTL_DEL, load_talker_get_socket (talker), NULL);
  g_mutex_unlock (&self->lock);
}

void
load_voice_look (LoadVoice *self, const LoadTalker *talker, LoadHeard *out)
{
  g_mutex_lock (&self->lock);
  load_talker_look (talker, out);
  g_mutex_unlock (&self->lock);
}

void
load_voice_set_window (LoadVoice *self, gboolean is_open)
{
  g_mutex_lock (&self->lock);
  self->figures.tally.is_open = is_open;
  *(is_open ? &self->figures.opened_us : &self->figures.closed_us) = ot_clock_mono_us (self->clock);
  g_mutex_unlock (&self->lock);
}

void
load_voice_silence (LoadVoice *self)
{
  g_mutex_lock (&self->lock);
  self->silent = TRUE;
  g_mutex_unlock (&self->lock);
}

void
load_voice_read (LoadVoice *self, LoadVoiceFigures *out)
{
  g_mutex_lock (&self->lock);
  *out = self->figures;
  g_mutex_unlock (&self->lock);
}
