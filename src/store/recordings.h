#pragma once

#include "recording.h"
#include "store.h"

/**
 * SECTION:recordings
 *
 * What the database knows of recordings (data/sql/013-recordings.sql). Errors, completions and
 * threads are as in store.h. Nobody is told how a note went: it waits for the database as long as
 * it takes.
 */

/** ot_store_note_recording: a file was begun, or (sha256) is complete. */
void ot_store_note_recording (OtStore *self, const OtRecording *recording);

/** ot_store_note_recording_gone: it was deleted; or, unfinished, is not there: lost. */
void ot_store_note_recording_gone (OtStore *self, const char *path);

/** ot_store_expired_recordings_async: this server's that are older than @keep_days, at most
 * @at_most. The result is an array of paths, (transfer full); NULL: error. */
void ot_store_expired_recordings_async (
    OtStore *self, int keep_days, int at_most, GAsyncReadyCallback done, gpointer user_data);

/** ot_store_unfinished_recordings_async: this server's that are being written, or were when it was
 * killed; ends as the one above. */
void
ot_store_unfinished_recordings_async (OtStore *self, GAsyncReadyCallback done, gpointer user_data);
GPtrArray *ot_store_recording_paths_finish (OtStore *self, GAsyncResult *result, GError **error);

/** OtRecordingsQuery: which of them; NULL: all. */
typedef struct {
  const char *call_id;
  const char *path;
  const char *before_path; /* what comes after this one, and */
  const char *before_node; /* this server, in the order of the answer */
} OtRecordingsQuery;

/** An array, newest first, at most @limit, ended by ot_store_json_finish(). @directory: where this
 * server's are. */
void ot_store_recordings_json_async (OtStore *self,
                                     const char *directory,
                                     const OtRecordingsQuery *query,
                                     int limit,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback done,
                                     gpointer user_data);
