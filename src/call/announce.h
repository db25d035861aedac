#pragma once

#include "call.h"

/**
 * SECTION:announce
 *
 * What a call says to people: each OT_FX_TELL_… as events of PROTOCOL.md section 3. Reads the call,
 * changes nothing. Before a device holds the call a side is told on all its devices.
 *
 * Thread: main loop.
 */

/** ot_announce: carries out one telling. @result: (nullable): what the database answered. */
void ot_announce (const OtCall *call,
                  OtCallEffect effect,
                  const OtOutboxItem *item,
                  const OtRecordResult *result);

/** ot_announce_to: an event to one side. */
void ot_announce_to (const OtCall *call, OtSide side, const OtOut *event);

/** ot_announce_signaling_start: a side sets up its media, for the first time or afresh. */
void ot_announce_signaling_start (const OtCall *call, OtSide side);

/** ot_announce_request_refused: why the database refused the request, to the device that made it.
 */
void ot_announce_request_refused (const OtCall *call,
                                  const OtSender *to,
                                  gint64 at_us,
                                  const OtRecordResult *result);

/** ot_announce_refusal: an `error` to the device that sent what is refused. */
void ot_announce_refusal (const OtTellPort *tell,
                          const OtSender *to,
                          OtCode code,
                          const char *message,
                          const char *original_event,
                          const char *call_id);

/** ot_announce_standing: where the call stands, to one device (a call_state_update). */
void ot_announce_standing (const OtTellPort *tell,
                           const char *session_id,
                           const char *call_id,
                           const char *state,
                           const char *reason,
                           gint64 wall_us);

/** ot_announce_incoming: the ringing call, to a device of the callee that came late. */
void ot_announce_incoming (const OtCall *call, const char *session_id);
