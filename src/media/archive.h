#pragma once

#include "recorder.h"

/**
 * OtArchive:
 *
 * The directory of recordings, and the thread that does with it what may take its time: closes
 * files, gives them their names, hashes them, finds those that a killed server left, deletes.
 * Its queue is bounded by the number of calls, and by what ot_archive_delete() is asked for.
 */
typedef struct _OtArchive OtArchive;

/**
 * OtArchiveListener:
 * @complete: a file is on disk under its own name; @recording is borrowed; a file may be
 * reported twice
 * @gone: @path was deleted, or is not there
 *
 * On the archive's thread.
 */
typedef struct {
  void (*complete) (const OtRecording *recording, gpointer user_data);
  void (*gone) (const char *path, gpointer user_data);
} OtArchiveListener;

/** ot_archive_new: @dir: copied; need not be there yet. @listener: copied. */
OtArchive *ot_archive_new (const char *dir, const OtArchiveListener *listener, gpointer user_data);

/** ot_archive_free: does what waits, then ends its thread. */
void ot_archive_free (OtArchive *self);

const char *ot_archive_get_dir (const OtArchive *self);

/** ot_archive_finish: closes a recorder that is over, and completes its file: fsync, rename,
 * SHA-256. Thread: any. */
void ot_archive_finish (OtArchive *self, OtRecorder *recorder);

/** ot_archive_salvage: completes what a server left that was killed; files that one still writes
 * are locked, and left alone. Thread: any. */
void ot_archive_salvage (OtArchive *self);

/** ot_archive_check: tells how it stands with a file that the database has as unfinished: complete,
 * gone, or nothing when it is being written, or to be salvaged. Thread: any. */
void ot_archive_check (OtArchive *self, const char *path);

/** ot_archive_delete: Thread: any. */
void ot_archive_delete (OtArchive *self, const char *path);

/** ot_archive_is_idle: nothing waits, nothing is under way. Thread: any. */
gboolean ot_archive_is_idle (OtArchive *self);
