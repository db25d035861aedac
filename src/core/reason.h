#pragma once

#include <glib.h>

/**
 * SECTION:reason
 *
 * Names that people and programs read on the wire and in the database, one table each: states of a
 * call, reasons for its end, codes of an error. PROTOCOL.md sections 3 and 5.
 */

typedef enum {
  OT_CALL_REQUESTED, /* asked for, the database has not answered yet; "ringing" on the wire */
  OT_CALL_RINGING,
  OT_CALL_ACCEPTED,
  OT_CALL_IN_CALL,
  OT_CALL_RECONNECTING,
  OT_CALL_ENDED,
  OT_CALL_FAILED,
  OT_CALL_N_STATES,
} OtCallState;

typedef enum {
  OT_REASON_NONE, /* no reason yet */
  OT_REASON_CANCELLED,
  OT_REASON_BUSY,
  OT_REASON_MANUAL_DECLINE,
  OT_REASON_AWAY,
  OT_REASON_TIMEOUT,
  OT_REASON_SYSTEM_ERROR,
  OT_REASON_RING_TIMEOUT,
  OT_REASON_MEDIA_TIMEOUT,
  OT_REASON_NETWORK_LOST,
  OT_REASON_RTP_STOPPED,
  OT_REASON_USER_END,
  OT_REASON_NO_POINT,
  OT_REASON_ADMIN,
  OT_REASON_SERVER_SHUTDOWN,
  OT_REASON_N,
} OtReason;

typedef enum {
  OT_CODE_NONE, /* no error */
  OT_CODE_INVALID_JSON,
  OT_CODE_INVALID_MESSAGE,
  OT_CODE_UNKNOWN_EVENT,
  OT_CODE_UNAUTHENTICATED,
  OT_CODE_PERMISSION_DENIED,
  OT_CODE_INVALID_STATE,
  OT_CODE_CALL_NOT_FOUND,
  OT_CODE_DUPLICATE_CALL_ID,
  OT_CODE_USER_NOT_FOUND,
  OT_CODE_USER_OFFLINE,
  OT_CODE_USER_BUSY,
  OT_CODE_INSUFFICIENT_BALANCE,
  OT_CODE_SELF_REPORT_FORBIDDEN,
  OT_CODE_MEDIA_ERROR,
  OT_CODE_CHANNEL_NOT_FOUND,
  OT_CODE_RATE_LIMITED,
  OT_CODE_SERVER_DRAINING,
  OT_CODE_TEMPORARILY_UNAVAILABLE,
  OT_CODE_INTERNAL,
  OT_CODE_N,
} OtCode;

/** The wire's name; static. OT_CALL_REQUESTED is "ringing", OT_REASON_NONE and OT_CODE_NONE are
 * NULL. */
const char *ot_call_state_name (OtCallState state);
const char *ot_reason_name (OtReason reason);
const char *ot_code_name (OtCode code);

/** The value of a wire name; OT_REASON_NONE for NULL and for what is not one. */
OtReason ot_reason_parse (const char *name);

/** The same for codes; OT_CODE_NONE. */
OtCode ot_code_parse (const char *name);

/** Whether a call in this state still holds its two people: not ended, not failed. */
gboolean ot_call_state_is_live (OtCallState state);

/** Whether the call has been connected and not ended: in_call or reconnecting. */
gboolean ot_call_state_is_talking (OtCallState state);
