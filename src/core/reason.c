/* The tables of names. Pure. */

#include "reason.h"

static const char *const state_names[OT_CALL_N_STATES] = {
  [OT_CALL_REQUESTED] = "ringing",
  [OT_CALL_RINGING] = "ringing",
  [OT_CALL_ACCEPTED] = "accepted",
  [OT_CALL_IN_CALL] = "in_call",
  [OT_CALL_RECONNECTING] = "reconnecting",
  [OT_CALL_ENDED] = "ended",
  [OT_CALL_FAILED] = "failed",
};

static const char *const reason_names[OT_REASON_N] = {
  [OT_REASON_CANCELLED] = "cancelled",
  [OT_REASON_BUSY] = "busy",
  [OT_REASON_MANUAL_DECLINE] = "manual_decline",
  [OT_REASON_AWAY] = "away",
  [OT_REASON_TIMEOUT] = "timeout",
  [OT_REASON_SYSTEM_ERROR] = "system_error",
  [OT_REASON_RING_TIMEOUT] = "ring_timeout",
  [OT_REASON_MEDIA_TIMEOUT] = "media_timeout",
  [OT_REASON_NETWORK_LOST] = "network_lost",
  [OT_REASON_RTP_STOPPED] = "rtp_stopped",
  [OT_REASON_USER_END] = "user_end",
  [OT_REASON_NO_POINT] = "no_point",
  [OT_REASON_ADMIN] = "admin",
  [OT_REASON_SERVER_SHUTDOWN] = "server_shutdown",
};

static const char *const code_names[OT_CODE_N] = {
  [OT_CODE_INVALID_JSON] = "INVALID_JSON",
  [OT_CODE_INVALID_MESSAGE] = "INVALID_MESSAGE",
  [OT_CODE_UNKNOWN_EVENT] = "UNKNOWN_EVENT",
  [OT_CODE_UNAUTHENTICATED] = "UNAUTHENTICATED",
  [OT_CODE_PERMISSION_DENIED] = "PERMISSION_DENIED",
  [OT_CODE_INVALID_STATE] = "INVALID_STATE",
  [OT_CODE_CALL_NOT_FOUND] = "CALL_NOT_FOUND",
  [OT_CODE_DUPLICATE_CALL_ID] = "DUPLICATE_CALL_ID",
  [OT_CODE_USER_NOT_FOUND] = "USER_NOT_FOUND",
  [OT_CODE_USER_OFFLINE] = "USER_OFFLINE",
  [OT_CODE_USER_BUSY] = "USER_BUSY",
  [OT_CODE_INSUFFICIENT_BALANCE] = "INSUFFICIENT_BALANCE",
  [OT_CODE_SELF_REPORT_FORBIDDEN] = "SELF_REPORT_FORBIDDEN",
  [OT_CODE_MEDIA_ERROR] = "MEDIA_ERROR",
  [OT_CODE_CHANNEL_NOT_FOUND] = "CHANNEL_NOT_FOUND",
  [OT_CODE_RATE_LIMITED] = "RATE_LIMITED",
  [OT_CODE_SERVER_DRAINING] = "SERVER_DRAINING",
  [OT_CODE_TEMPORARILY_UNAVAILABLE] = "TEMPORARILY_UNAVAILABLE",
  [OT_CODE_INTERNAL] = "INTERNAL",
};

const char *
ot_call_state_name (OtCallState state)
{
  g_return_val_if_fail (state < OT_CALL_N_STATES, NULL);
  return state_names[state];
}

const char *
ot_reason_name (OtReason reason)
{
  g_return_val_if_fail (reason < OT_REASON_N, NULL);
  return reason_names[reason];
}

const char *
ot_code_name (OtCode code)
{
  g_return_val_if_fail (code < OT_CODE_N, NULL);
  return code_names[code];
}

OtReason
ot_reason_parse (const char *name)
{
  for (int i = OT_REASON_NONE + 1; i < OT_REASON_N; i++)
    if (g_strcmp0 (reason_names[i], name) == 0)
      return (OtReason)i;
  return OT_REASON_NONE;
}

OtCode
ot_code_parse (const char *name)
{
  for (int i = OT_CODE_NONE + 1; i < OT_CODE_N; i++)
    if (g_strcmp0 (code_names[i], name) == 0)
      return (OtCode)i;
  return OT_CODE_NONE;
}

gboolean
ot_call_state_is_live (OtCallState state)
{
  return state < OT_CALL_ENDED;
}

gboolean
ot_call_state_is_talking (OtCallState state)
{
  return state == OT_CALL_IN_CALL || state == OT_CALL_RECONNECTING;
}
