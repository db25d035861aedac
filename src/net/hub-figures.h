#pragma once

#include "metric.h"
#include "reason.h"

/** OtHubFigures: what the hub counts, since its start. Thread: main loop. */
typedef struct {
  OtCounter messages;            /* that authenticated clients sent, heartbeats apart */
  OtCounter refusals[OT_CODE_N]; /* errors that clients were told */
} OtHubFigures;

/** OtHubPlace: where sessions are. */
typedef enum {
  OT_HUB_FRESH, /* not authenticated yet */
  OT_HUB_OPEN,
  OT_HUB_PARKED, /* the connection was lost; they can be taken up again */
  OT_HUB_N_PLACES,
} OtHubPlace;

/** ot_hub_place_name: a word; static. */
const char *ot_hub_place_name (guint place);
