/* Makes and ends what a leg stands on. */

#include "stage.h"

#include "media-plugins.h"

#define CONSENT_US G_TIME_SPAN_MINUTE /* longer than any test */

void
stage_set_up (Stage *self)
{
  OtAddressList here;
  OtForwarderOptions options = {
    .listen = &here, .announced = &here, .consent_us = CONSENT_US, .clock = ot_clock_real ()
  };
  g_autoptr (GError) error = NULL;

  g_assert_null (ot_address_list_parse (&here, "127.0.0.1"));
  ot_media_check_plugins (&error);
  g_assert_no_error (error);
  ot_leg_register ();
  self->workers = ot_workers_new (1);
  self->context = (OtLegContext){ .feeder = ot_feeder_new (ot_leg_take_input),
                                  .certificate = ot_certificate_new (1, &error),
                                  .clock = ot_clock_real () };
  g_assert_no_error (error);
  self->context.stock =
      ot_stock_new (self->context.certificate, self->context.clock, self->workers, 1);
  self->forwarder = ot_forwarder_new (&options, &error);
  g_assert_no_error (error);
  self->relay = ot_relay_new ();
  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  gst_element_set_bus (self->pipeline, NULL);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
}

void
stage_tear_down (Stage *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (self->pipeline);
  ot_workers_free (self->workers);
  ot_stock_free (self->context.stock);
  ot_feeder_free (self->context.feeder);
  ot_forwarder_free (self->forwarder);
  ot_relay_free (self->relay);
  ot_certificate_free (self->context.certificate);
}
