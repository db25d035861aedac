#pragma once

#include <glib.h>

/**
 * CtlProgress:
 *
 * How far long work is, on standard error, while a person looks at it there: on a terminal and
 * nowhere else. The line is gone when the work is over. Of one within another only the outer is
 * seen.
 */
typedef struct _CtlProgress CtlProgress;

/** ctl_progress_new: @what: for people; static. Returns: (transfer full) */
CtlProgress *ctl_progress_new (const char *what);
void ctl_progress_free (CtlProgress *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CtlProgress, ctl_progress_free)

/** ctl_progress_set: @done of @total, in whatever unit. May be called as often as one likes. */
void ctl_progress_set (CtlProgress *self, gint64 done, gint64 total);

/** ctl_progress_pulse: it goes on, and nobody knows how far it is: some times a second. Shows
 * itself when that has gone on for half a second. */
void ctl_progress_pulse (CtlProgress *self);
