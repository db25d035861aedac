/* The shapes of what calls measure. */

#include "call-figures.h"

void
ot_call_figures_init (OtCallFigures *self)
{
  *self = (OtCallFigures){ 0 };
  ot_histogram_init (&self->setup_us, &ot_shape_person_us);
  ot_histogram_init (&self->first_rtp_us, &ot_shape_person_us);
  ot_histogram_init (&self->charge_us, &ot_shape_answer_us);
  ot_histogram_init (&self->mos_percent, &ot_shape_mos_percent);
}
