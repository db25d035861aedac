#pragma once

#include "forwarders.h"
#include "lane.h"
#include "leg.h"
#include "media-bus.h"
#include "media-port.h"
#include "record-pump.h"

/**
 * OtBridge:
 *
 * One call's media: its pipeline, the legs of each side (side-legs.h), and the relay between them.
 * Requests are carried out in order on the call's lane; what happens is posted to the bus. When a
 * side's leg is replaced, the voice changes over in the instant in which the new one is up.
 */
typedef struct _OtBridge OtBridge;

#define OT_CANDIDATES_MAX 64 /* of a side, in one call */

/** OtBridgeContext: what all calls share; outlives them. */
typedef struct {
  OtLegContext leg;
  OtForwarders *forwarders;
  OtWorkers *workers;
  OtMediaBus *bus;
  char *launch;        /* the pipeline's description */
  char *record_launch; /* a recording's */
  OtArchive *archive;
  OtRecordPump *pump;
} OtBridgeContext;

/** ot_bridge_new: (transfer full): a call without media. Its events are posted with a reference to
 * it as origin. */
OtBridge *ot_bridge_new (const OtBridgeContext *context, const char *call_id);

/** Thread: any. */
OtBridge *ot_bridge_ref (OtBridge *self);
void ot_bridge_unref (OtBridge *self);

const char *ot_bridge_get_call_id (const OtBridge *self);

/** The requests of #OtMediaPort. Too many at once are refused, with an event. Thread: main loop. */
void ot_bridge_open (OtBridge *self);
void ot_bridge_offer (OtBridge *self, OtSide side, const char *sdp, const OtMediaCause *cause);
void ot_bridge_make_offer (OtBridge *self, OtSide side);
void ot_bridge_answer (OtBridge *self, OtSide side, const char *sdp, const OtMediaCause *cause);
void ot_bridge_candidate (OtBridge *self,
                          OtSide side,
                          const OtIceCandidate *candidate,
                          const OtMediaCause *cause);
void ot_bridge_record (OtBridge *self, gint64 start_us, gint64 start_wall_us);
void ot_bridge_stop_record (OtBridge *self);
void ot_bridge_read_rtp (OtBridge *self, OtRtpEvidence evidence[OT_N_SIDES]);
void ot_bridge_read_quality (OtBridge *self, OtQuality quality[OT_N_SIDES]);

/** ot_bridge_heard: its own event, as it is delivered: some of them are followed by more. Thread:
 * main loop. */
void ot_bridge_heard (OtBridge *self, const OtMediaEvent *event);

/** ot_bridge_fail: Reports that the call can have no media. Instead of ot_bridge_open(). */
void ot_bridge_fail (OtBridge *self, const char *message);

/** ot_bridge_close: Ends all of it, soon. Events that are posted still are for whoever delivers
 * them to drop. */
void ot_bridge_close (OtBridge *self);
