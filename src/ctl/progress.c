/* A bar drawn over itself, some times a second. */

#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

#define WIDTH 30
#define PULSE_WIDTH 6
#define DRAW_INTERVAL_US (G_USEC_PER_SEC / 10)
#define PATIENCE_US (G_USEC_PER_SEC / 2)
#define ERASE "\r\033[K" /* ECMA-48: to the end of the line */

static CtlProgress *outermost; /* borrowed; NULL: there is none */

struct _CtlProgress {
  const char *what;
  gboolean is_seen; /* standard error is a terminal, and this the outermost */
  gboolean is_drawn;
  gint64 start_us; /* monotonic, as all here */
  gint64 drawn_us;
};

static gint64
now_us (void)
{
  return ot_clock_mono_us (ot_clock_real ());
}

CtlProgress *
ctl_progress_new (const char *what)
{
  CtlProgress *self = g_new0 (CtlProgress, 1);

  self->what = what;
  if (outermost == NULL)
    outermost = self;
  self->is_seen = outermost == self && isatty (STDERR_FILENO);
  self->start_us = now_us ();
  return self;
}

void
ctl_progress_free (CtlProgress *self)
{
  if (self->is_drawn)
    fputs (ERASE, stderr);
  if (outermost == self)
    outermost = NULL;
  g_free (self);
}

/* @from, @to: which of its columns are filled. */
static void
draw (CtlProgress *self, int from, int to, const char *figure)
{
  char bar[WIDTH + 1];

  memset (bar, ' ', WIDTH);
  memset (bar + from, '#', (gsize)(to - from));
  bar[WIDTH] = '\0';
  fprintf (stderr, ERASE "%s [%s] %s", self->what, bar, figure);
  fflush (stderr);
  self->is_drawn = TRUE;
  self->drawn_us = now_us ();
}

static gboolean
is_due (const CtlProgress *self)
{
  return self->is_seen && now_us () - self->drawn_us >= DRAW_INTERVAL_US;
}

void
ctl_progress_set (CtlProgress *self, gint64 done, gint64 total)
{
  gint64 share = total > 0 ? CLAMP (100 * done / total, 0, 100) : 0;
  char figure[8];

  if (!is_due (self) && !(self->is_seen && share == 100))
    return;
  g_snprintf (figure, sizeof figure, "%3d %%", (int)share);
  draw (self, 0, (int)(share * WIDTH / 100), figure);
}

void
ctl_progress_pulse (CtlProgress *self)
{
  gint64 since_us = now_us () - self->start_us;
  int there_and_back = 2 * (WIDTH - PULSE_WIDTH);
  int step = (int)(since_us / DRAW_INTERVAL_US % there_and_back);
  int from = step <= there_and_back / 2 ? step : there_and_back - step;
  char figure[32];

  if (since_us < PATIENCE_US || !is_due (self))
    return;
  g_snprintf (figure, sizeof figure, "%d s", (int)(since_us / G_USEC_PER_SEC));
  draw (self, from, from + PULSE_WIDTH, figure);
}
