/* The recording of a call, as its bridge has it: begins and ends on the call's lane, and says so on
 * the bus. The file itself is recorder.c's. */

#include "bridge-private.h"
#include "media-log.h"

static void
post_recording (OtBridge *self, gboolean on, gint64 at_us, const char *message)
{
  ot_bridge_post (self, (OtMediaEvent){ .type = OT_MEDIA_RECORDING,
                                        .at_us = at_us,
                                        .recording_on = on,
                                        .message = message });
}

void
ot_bridge_end_recording (OtBridge *self, gint64 at_us)
{
  if (self->recorder == NULL)
    return;
  ot_forwarder_record (self->forwarder, self->relay, NULL);
  ot_recorder_stop (self->recorder, at_us);
  g_clear_pointer (&self->recorder, ot_recorder_unref);
}

static void
trouble_of_recorder_job (gpointer data)
{
  OtBridgeRequest *request = data;
  OtBridge *self = request->bridge;
  gint64 now_us = ot_clock_mono_us (self->context->leg.clock);

  if (self->recorder != request->recorder)
    return;
  ot_warning_about (OT_ABOUT (.call = self->call_id), "the recording ends: %s", request->text);
  ot_bridge_end_recording (self, now_us);
  post_recording (self, FALSE, now_us, request->text);
}

static void
on_recorder_trouble (OtRecorder *recorder, const char *message, gpointer user_data)
{
  OtBridgeRequest *request = ot_bridge_request_new (user_data, OT_SIDE_CALLER, message, NULL);

  request->recorder = ot_recorder_ref (recorder);
  ot_lane_push_always (request->bridge->lane, trouble_of_recorder_job, request,
                       ot_bridge_request_free);
}

static void
record_job (gpointer data)
{
  OtBridgeRequest *request = data;
  OtBridge *self = request->bridge;
  const OtBridgeContext *context = self->context;
  OtRecorderOptions options = { .call_id = self->call_id,
                                .start_us = request->at_us,
                                .start_wall_us = request->wall_us,
                                .trouble = on_recorder_trouble,
                                .user_data = self,
                                .destroy = (GDestroyNotify)ot_bridge_unref };
  g_autoptr (GError) error = NULL;

  if (self->pipeline == NULL || self->recorder != NULL)
    return;
  ot_bridge_ref (self);
  self->recorder = ot_recorder_new (context->record_launch, ot_archive_get_dir (context->archive),
                                    &options, &error);
  if (self->recorder == NULL) {
    ot_warning_about (OT_ABOUT (.call = self->call_id), "it can't be recorded: %s", error->message);
    post_recording (self, FALSE, 0, error->message);
    return;
  }
  ot_forwarder_record (self->forwarder, self->relay, ot_recorder_get_ring (self->recorder));
  post_recording (self, TRUE, request->at_us, NULL);
  ot_media_bus_post (
      context->bus,
      &(OtMediaEvent){ .type = OT_MEDIA_FILE, .recording = ot_recorder_describe (self->recorder) },
      NULL, NULL);
  ot_record_pump_add (context->pump, self->recorder);
}

static void
stop_record_job (gpointer data)
{
  OtBridge *self = ((OtBridgeRequest *)data)->bridge;
  gint64 now_us = ot_clock_mono_us (self->context->leg.clock);

  if (self->recorder == NULL)
    return;
  ot_bridge_end_recording (self, now_us);
  post_recording (self, FALSE, now_us, NULL);
}

void
ot_bridge_record (OtBridge *self, gint64 start_us, gint64 start_wall_us)
{
  OtBridgeRequest *request = ot_bridge_request_new (self, OT_SIDE_CALLER, NULL, NULL);

  request->at_us = start_us;
  request->wall_us = start_wall_us;
  ot_lane_push_always (self->lane, record_job, request, ot_bridge_request_free);
}

void
ot_bridge_stop_record (OtBridge *self)
{
  ot_bridge_push (self, stop_record_job, OT_SIDE_CALLER, NULL);
}
