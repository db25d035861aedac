/* The list of RFC 3711, 3.3.2, as a number of 128 bits, and the guess of 3.3.1. Pure. */

#include "replay-window.h"

#define CYCLE 0x10000u
#define HALF_CYCLE 0x8000u
#define INDEX_MASK G_GUINT64_CONSTANT (0xffffffffffff)

gboolean
ot_replay_window_allows (const OtReplayWindow *self, guint64 index)
{
  guint64 age = self->highest - index;

  if (index > self->highest)
    return TRUE;
  return age < OT_REPLAY_WINDOW && (self->seen[age / 64] >> (age % 64) & 1) == 0;
}

static void
shift (OtReplayWindow *self, guint64 by)
{
  if (by >= OT_REPLAY_WINDOW) {
    self->seen[0] = self->seen[1] = 0;
  } else if (by >= 64) {
    self->seen[1] = self->seen[0] << (by - 64);
    self->seen[0] = 0;
  } else if (by > 0) {
    self->seen[1] = self->seen[1] << by | self->seen[0] >> (64 - by);
    self->seen[0] <<= by;
  }
}

void
ot_replay_window_add (OtReplayWindow *self, guint64 index)
{
  guint64 age;

  if (index > self->highest) {
    shift (self, index - self->highest);
    self->highest = index;
  }
  age = self->highest - index;
  self->seen[age / 64] |= G_GUINT64_CONSTANT (1) << (age % 64);
}

guint64
ot_replay_window_guess (const OtReplayWindow *self, guint16 sequence)
{
  guint64 cycles = self->highest & ~(guint64)(CYCLE - 1);
  guint32 last = (guint32)(self->highest & (CYCLE - 1));

  if (self->highest <= HALF_CYCLE)
    return sequence;
  if (last < HALF_CYCLE && sequence > last + HALF_CYCLE)
    cycles -= CYCLE;
  else if (last > HALF_CYCLE && sequence < last - HALF_CYCLE)
    cycles += CYCLE;
  return (cycles | sequence) & INDEX_MASK;
}
