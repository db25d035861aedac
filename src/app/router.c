/* One table: which event goes where. A new event is a new row. */

#include "router.h"

typedef void (*Route) (OtRegistry *registry, OtSession *session, const OtIn *event);

OtSender
ot_router_sender (const OtSession *session)
{
  return (OtSender) { .user_id = ot_session_get_user_id (session), .session_id = ot_session_get_id (session) };
}

static void
to_calls (OtRegistry *registry, OtSession *session, const OtIn *event)
{
  OtSender sender = ot_router_sender (session);

  ot_registry_event (registry, &sender, event);
}

/* There are no channels yet, so none can be found. */
static void
to_channels (OtRegistry *registry, OtSession *session, const OtIn *event)
{
  ot_session_send_error (session, OT_CODE_CHANNEL_NOT_FOUND, "There is no such channel", ot_in_type_name (event->type),
      NULL);
}

static const Route routes[OT_IN_N] = {
  [OT_IN_CALL_REQUEST] = to_calls,
  [OT_IN_CALL_CANCEL] = to_calls,
  [OT_IN_CALL_ACCEPT] = to_calls,
  [OT_IN_CALL_REJECT] = to_calls,
  [OT_IN_WEBRTC_OFFER] = to_calls,
  [OT_IN_WEBRTC_ANSWER] = to_calls,
  [OT_IN_ICE_CANDIDATE] = to_calls,
  [OT_IN_CALL_CONNECTED] = to_calls,
  [OT_IN_CALL_END_REQUEST] = to_calls,
  [OT_IN_JOIN_CHANNEL] = to_channels,
  [OT_IN_LEAVE_CHANNEL] = to_channels,
  [OT_IN_SEND_MESSAGE] = to_channels,
};

void
ot_router_event (OtRegistry *registry, OtSession *session, const OtIn *event)
{
  g_assert (event->type < OT_IN_N && routes[event->type] != NULL); /* the session keeps the rest to itself */
  routes[event->type] (registry, session, event);
}
