#pragma once

#include <gst/gst.h>

#include "packet-ring.h"
#include "recording.h"

/**
 * OtRecorder:
 *
 * One recording of one call: the pipeline that record.launch describes, fed from a ring. It writes
 * under a temporary name (…mka.part) all the time, so that what was written stays when the process
 * is killed; ot_archive_finish() gives the file its own.
 *
 * A life: made (by the call's worker) → pumped (record-pump.h) → stopped, or in trouble → closed
 * (archive.h). Each thread holds a reference.
 */
typedef struct _OtRecorder OtRecorder;

#define OT_RECORDING_SUFFIX ".mka"
#define OT_RECORDING_PART ".part"

/** OtRecorderTrouble: the file can't be written on; @message is for a person. At most once, on the
 * pump's thread, with the recorder locked: it may be referenced, nothing else. Never after
 * ot_recorder_stop(). */
typedef void (*OtRecorderTrouble) (OtRecorder *recorder, const char *message, gpointer user_data);

typedef struct {
  const char *call_id;
  gint64 start_us;      /* the file's zero, monotonic */
  gint64 start_wall_us; /* the same in UTC */
  OtRecorderTrouble trouble;
  gpointer user_data;
  GDestroyNotify destroy; /* frees @user_data with the recorder */
} OtRecorderOptions;

/** ot_recorder_check: whether @launch describes what a recording needs. FALSE with @error:
 * OT_MEDIA_ERROR_START, or GStreamer's. */
gboolean ot_recorder_check (const char *launch, GError **error);

/**
 * ot_recorder_new:
 * @launch: of pipelines/record.launch, checked with ot_recorder_check()
 * @dir: where recordings live; YYYY/MM/DD below it is made
 * @error: G_FILE_ERROR, or GStreamer's: what can't be written, and why
 *
 * Returns: (transfer full) (nullable): ready to be pumped. @user_data is freed in any case
 */
OtRecorder *ot_recorder_new (const char *launch,
                             const char *dir,
                             const OtRecorderOptions *options,
                             GError **error);
OtRecorder *ot_recorder_ref (OtRecorder *self);
void ot_recorder_unref (OtRecorder *self);

/** ot_recorder_get_ring: (transfer none): where the media thread puts what it hears. */
OtPacketRing *ot_recorder_get_ring (OtRecorder *self);

/** ot_recorder_describe: what is known from the start. Strings live as long as the recorder. */
OtRecording ot_recorder_describe (const OtRecorder *self);

/** ot_recorder_get_part_path: (transfer none): the file's place until it is closed. */
const char *ot_recorder_get_part_path (const OtRecorder *self);

/** ot_recorder_stop: it ends with what was said until @at_us. Nothing may be put into its ring any
 * more; trouble is told to nobody any more. Once. Thread: any. */
void ot_recorder_stop (OtRecorder *self, gint64 at_us);

/** ot_recorder_pump: takes on what has come. Returns: FALSE when it is over: to be closed. */
gboolean ot_recorder_pump (OtRecorder *self, gint64 now_us);

/**
 * ot_recorder_close:
 * @length_us: (out): how long it is
 * @message: (out) (transfer full) (nullable): what went wrong
 *
 * Waits until all is written, at most ten seconds.
 */
void ot_recorder_close (OtRecorder *self, gint64 *length_us, char **message);
