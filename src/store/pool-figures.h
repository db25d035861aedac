#pragma once

#include "metric.h"

/** OtPoolFigures: what a pool counts and measures; ot_pool_figures_init() first. Thread: main loop.
 */
typedef struct {
  OtHistogram answer_us; /* from when a statement was sent to its answer */
  OtCounter retries;     /* answers that said "try again" */
  OtCounter given_up;    /* statements whose patience was over, or that found too many waiting */
} OtPoolFigures;

static inline void
ot_pool_figures_init (OtPoolFigures *self)
{
  *self = (OtPoolFigures){ 0 };
  ot_histogram_init (&self->answer_us, &ot_shape_answer_us);
}
