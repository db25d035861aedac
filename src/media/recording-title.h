#pragma once

#include <gst/gst.h>

#include "recording.h"

/** ot_recording_set_title: the file's title is the call's id and the instant of its zero. @muxer: a
 * GstTagSetter that has not started. */
void ot_recording_set_title (const OtRecording *self, GstElement *muxer);
