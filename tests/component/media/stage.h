#pragma once

#include "leg.h"
#include "stock.h"

/**
 * Stage:
 *
 * What legs need to live, without a server and its calls: on 127.0.0.1, with one call's engines
 * kept ready.
 */
typedef struct {
  OtLegContext context;
  OtWorkers *workers;     /* owned */
  OtForwarder *forwarder; /* owned */
  OtRelay *relay;         /* owned */
  GstElement *pipeline;   /* owned: PLAYING, empty; its elements keep their messages */
} Stage;

void stage_set_up (Stage *self);

/** stage_tear_down: No leg is open any more. */
void stage_tear_down (Stage *self);
