/* One table: which event goes where. A new event is a new row. */

#include "router.h"

typedef struct {
  void (*handle) (const OtRouter *self, const OtSender *sender, const OtIn *event);
  gboolean begins; /* something new: it takes a token that has not expired */
} Route;

OtSender
ot_router_sender (const OtSession *session)
{
  return (OtSender){ .user_id = ot_session_get_user_id (session),
                     .session_id = ot_session_get_id (session) };
}

static void
to_calls (const OtRouter *self, const OtSender *sender, const OtIn *event)
{
  ot_registry_event (self->calls, sender, event);
}

static void
to_channels (const OtRouter *self, const OtSender *sender, const OtIn *event)
{
  ot_chat_event (self->chat, sender, event);
}

static const Route routes[OT_IN_N] = {
  /* clang-format off */
  [OT_IN_CALL_REQUEST] = { to_calls, TRUE },
  [OT_IN_CALL_CANCEL] = { to_calls, FALSE },
  [OT_IN_CALL_ACCEPT] = { to_calls, TRUE },
  [OT_IN_CALL_REJECT] = { to_calls, FALSE },
  [OT_IN_WEBRTC_OFFER] = { to_calls, FALSE },
  [OT_IN_WEBRTC_ANSWER] = { to_calls, FALSE },
  [OT_IN_ICE_CANDIDATE] = { to_calls, FALSE },
  [OT_IN_CALL_CONNECTED] = { to_calls, FALSE },
  [OT_IN_CALL_END_REQUEST] = { to_calls, FALSE },
  [OT_IN_JOIN_CHANNEL] = { to_channels, TRUE },
  [OT_IN_LEAVE_CHANNEL] = { to_channels, FALSE },
  [OT_IN_SEND_MESSAGE] = { to_channels, TRUE },
  /* clang-format on */
};

void
ot_router_event (const OtRouter *self, OtSession *session, const OtIn *event, gint64 sequence)
{
  OtSender sender = ot_router_sender (session);
  const Route *route;

  sender.sequence = sequence;
  g_assert (event->type < OT_IN_N
            && routes[event->type].handle != NULL); /* the session keeps the rest to itself */
  route = &routes[event->type];
  if (route->begins && ot_session_has_expired (session))
    ot_registry_refuse (self->calls, &sender, OT_CODE_UNAUTHENTICATED,
                        "The token has expired; send init_connection with a fresh one",
                        ot_in_type_name (event->type), ot_in_get_call_id (event));
  else
    route->handle (self, &sender, event);
}
