#pragma once

#include "archive.h"
#include "clock.h"
#include "recorder.h"

/**
 * OtRecordPump:
 *
 * The one thread that carries voice from all rings into all files, twenty times a second while
 * there is a recording. What is over goes to the archive.
 */
typedef struct _OtRecordPump OtRecordPump;

/** ot_record_pump_new: @archive, @clock: borrowed. */
OtRecordPump *ot_record_pump_new (OtArchive *archive, const OtClock *clock);

/** ot_record_pump_free: all recorders must have been stopped; they are handed on first. */
void ot_record_pump_free (OtRecordPump *self);

/** ot_record_pump_add: from now on until it is over. Thread: any. */
void ot_record_pump_add (OtRecordPump *self, OtRecorder *recorder);

/** ot_record_pump_n_recordings: how many there are. Thread: any. */
guint ot_record_pump_n_recordings (OtRecordPump *self);
