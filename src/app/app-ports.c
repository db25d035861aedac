/* Who hears what of whom: rooms never see each other, so what one of them says or needs comes
 * through here. Passes on, and decides nothing but where it goes. */

#include "app-private.h"
#include "router.h"
#include "rules.h"

/* ---- what calls need of the outside ---- */

static void
tell_session (gpointer self, const char *session_id, const OtOut *event)
{
  ot_hub_send (((OtApp *)self)->hub, session_id, event);
}

static void
tell_user (gpointer self, const char *user_id, const char *except_session_id, const OtOut *event)
{
  ot_hub_send_user (((OtApp *)self)->hub, user_id, except_session_id, event);
}

static gboolean
is_online (gpointer self, const char *user_id)
{
  return ot_hub_is_online (((OtApp *)self)->hub, user_id);
}

static const OtIceServer *
ice_servers (gpointer user_data, const char *user_id, gsize *n_servers)
{
  OtApp *self = user_data;

  return ot_ice_servers_get (self->ice_servers, user_id,
                             ot_clock_wall_us (self->clock) / G_USEC_PER_SEC, n_servers);
}

static OtTellPort
tell_port (OtApp *self)
{
  return (OtTellPort){ self, tell_session, tell_user, is_online, ice_servers };
}

OtCallPorts
ot_app_call_ports (OtApp *self)
{
  return (OtCallPorts){
    .record = *ot_store_record_port (self->store),
    .media = ot_media_server_port (self->media),
    .tell = tell_port (self),
    .clock = self->clock,
    .settings = ot_rules_of_calls (self->config),
  };
}

/* ---- what the outside tells calls ---- */

void
ot_app_on_media (const OtMediaEvent *event, gpointer user_data)
{
  OtApp *self = user_data;

  if (event->type == OT_MEDIA_FILE || event->type == OT_MEDIA_FILE_GONE) {
    if (self->librarian != NULL)
      ot_librarian_on_media (self->librarian, event);
  } else if (self->registry != NULL) {
    ot_registry_on_media (event, self->registry);
  }
}

static void
on_opened (gpointer user_data, OtSession *session)
{
  OtApp *self = user_data;
  OtSender sender = ot_router_sender (session);

  ot_registry_opened (self->registry, &sender);
}

static void
on_event (gpointer user_data, OtSession *session, const OtIn *event, gint64 sequence)
{
  OtApp *self = user_data;
  OtRouter router = { self->registry, self->chat };

  ot_router_event (&router, session, event, sequence);
}

static void
on_refused (gpointer user_data,
            OtSession *session,
            OtCode code,
            const char *message,
            const char *original_event,
            const char *call_id)
{
  OtApp *self = user_data;
  OtSender sender = ot_router_sender (session);

  if (sender.user_id != NULL)
    ot_registry_note_refused (self->registry, &sender, code, original_event, call_id);
}

static void
on_closed (gpointer user_data, OtSession *session)
{
  OtApp *self = user_data;
  OtSender sender = ot_router_sender (session);

  ot_registry_closed (self->registry, &sender);
}

static gboolean
on_needed (gpointer user_data, OtSession *session)
{
  OtApp *self = user_data;
  OtSender sender = ot_router_sender (session);

  return ot_registry_needs (self->registry, &sender);
}

static void
on_over (gpointer user_data, const char *user_id, const char *session_id)
{
  OtApp *self = user_data;
  OtSender sender = { .user_id = user_id, .session_id = session_id };

  ot_chat_closed (self->chat, &sender);
}

OtHubListener
ot_app_hub_listener (OtApp *self)
{
  return (OtHubListener){ self, on_opened, on_event, on_refused, on_needed, on_closed, on_over };
}

/* ---- what others ask ---- */

OtHealth
ot_app_ask_health (gpointer user_data)
{
  OtApp *self = user_data;

  return (OtHealth){ .database = ot_store_is_available (self->store),
                     .media = ot_media_server_is_serving (self->media),
                     .busy = ot_registry_is_busy (self->registry),
                     .draining = self->draining || self->stopping };
}
