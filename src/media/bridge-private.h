#pragma once

#include "bridge.h"
#include "recorder.h"
#include "side-legs.h"
#include "timer.h"

/** The parts of a bridge among themselves: bridge.c, bridge-recording.c. */

struct _OtBridge {
  gatomicrefcount references;
  const OtBridgeContext *context;
  char *call_id;
  OtForwarder *forwarder; /* taken; ours until the bridge is closed, and used on the lane after */
  OtLane *lane;           /* owned */
  OtRelay *relay;         /* owned */
  atomic_bool first_rtp_reported;

  GstElement *pipeline; /* owned; NULL: not open, failed, or closed */
  OtSideLegs legs[OT_N_SIDES];
  OtRecorder *recorder; /* owned; NULL: it isn't recorded; bridge-recording.c's */
  OtTimer settling;     /* the main loop's */
};

/** OtBridgeRequest: a request on its way to the lane; also what a leg or a recorder reports. */
typedef struct {
  OtBridge *bridge; /* owned */
  OtSide side;
  OtMediaCause cause;
  char *text;           /* owned (nullable) */
  OtLeg *leg;           /* owned (nullable) */
  OtRecorder *recorder; /* owned (nullable) */
  gint64 at_us;
  gint64 wall_us; /* the same in UTC */
} OtBridgeRequest;

/** ot_bridge_request_new: (transfer full): @text: (nullable): copied; @leg: (nullable): referenced.
 * Thread: any. */
OtBridgeRequest *
ot_bridge_request_new (OtBridge *bridge, OtSide side, const char *text, OtLeg *leg);
void ot_bridge_request_free (gpointer data);

/** ot_bridge_push: what the bridge wants of itself, a bounded number, onto the lane. @leg:
 * (nullable). Thread: any. */
void ot_bridge_push (OtBridge *self, OtJob job, OtSide side, OtLeg *leg);

/** ot_bridge_post: to the bus, as this call's; an @event without an instant is of now. Thread: any.
 */
void ot_bridge_post (OtBridge *self, OtMediaEvent event);

/** ot_bridge_end_recording: if there is one; what it heard so far still goes into its file, on the
 * pump's thread. Thread: the lane. */
void ot_bridge_end_recording (OtBridge *self, gint64 at_us);
