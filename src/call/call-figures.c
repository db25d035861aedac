/* What calls count when the database has answered, and the shapes of what they measure. */

#include "call-figures.h"

#include "call-private.h"

void
ot_call_figures_init (OtCallFigures *self)
{
  *self = (OtCallFigures){ 0 };
  ot_histogram_init (&self->setup_us, &ot_shape_person_us);
  ot_histogram_init (&self->first_rtp_us, &ot_shape_person_us);
  ot_histogram_init (&self->charge_us, &ot_shape_answer_us);
  ot_histogram_init (&self->mos_percent, &ot_shape_mos_percent);
}

static void
count_mos (const OtCall *self)
{
  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++) {
    int mos_percent = ot_quality_mos_percent (self->quality, side);

    if (mos_percent > 0)
      ot_histogram_add (&self->ports->figures->mos_percent, mos_percent, 1);
  }
}

void
ot_call_count (const OtCall *self, const OtOutboxItem *item, const OtRecordResult *result)
{
  OtCallFigures *figures = self->ports->figures;
  OtRecordKind kind = item->record.kind;

  if (result->charged_points > 0) {
    ot_counter_add (&figures->units, 1);
    ot_counter_add (&figures->points, (guint64)result->charged_points);
    ot_counter_add (&figures->earnings, (guint64)result->earned_points);
    ot_histogram_add (&figures->charge_us, ot_clock_mono_us (self->ports->clock) - item->put_us, 1);
  }
  if (kind == OT_RECORD_REQUESTED && result->outcome == OT_OUTCOME_DONE)
    ot_counter_add (&figures->requests, 1);
  if (kind == OT_RECORD_ENDED) {
    ot_counter_add (&figures->ends[self->reason], 1);
    count_mos (self);
  }
}
