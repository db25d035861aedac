#pragma once

#include "clock.h"
#include "media-server.h"
#include "metric.h"
#include "store.h"

/**
 * OtLibrarian:
 *
 * Between the files of recordings and what the database knows of them: notes what media reports,
 * has those completed that a killed server left, and once an hour those deleted that are too old.
 *
 * Thread: main loop.
 */
typedef struct _OtLibrarian OtLibrarian;

/**
 * ot_librarian_new:
 * @store: borrowed, started
 * @media: borrowed
 * @directory: where recordings live; absolute
 * @keep_days: 0: for ever
 */
OtLibrarian *ot_librarian_new (OtStore *store,
                               OtMediaServer *media,
                               const char *directory,
                               int keep_days,
                               const OtClock *clock);

/** ot_librarian_set_keep_days: what is older by another rule is deleted soon. */
void ot_librarian_set_keep_days (OtLibrarian *self, int keep_days);

/** ot_librarian_free: before the store is closed. NULL is fine. */
void ot_librarian_free (OtLibrarian *self);

const char *ot_librarian_get_directory (const OtLibrarian *self);

/** ot_librarian_on_media: %OT_MEDIA_FILE and %OT_MEDIA_FILE_GONE. */
void ot_librarian_on_media (OtLibrarian *self, const OtMediaEvent *event);

/** OtLibrarianEvent: what becomes of files. */
typedef enum {
  OT_LIBRARIAN_BEGUN,
  OT_LIBRARIAN_COMPLETE,
  OT_LIBRARIAN_GONE, /* deleted, or not there */
  OT_LIBRARIAN_N_EVENTS,
} OtLibrarianEvent;

/** OtLibrarianFigures: since the start. */
typedef struct {
  OtCounter files[OT_LIBRARIAN_N_EVENTS];
} OtLibrarianFigures;

/** ot_librarian_event_name: a word; static. */
const char *ot_librarian_event_name (guint event);

/** ot_librarian_get_figures: (transfer none): live as long as the librarian. */
const OtLibrarianFigures *ot_librarian_get_figures (const OtLibrarian *self);
