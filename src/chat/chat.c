/* Owns the channels and the seats: finds both for an event, and frees them when nobody needs them.
 * Decides nothing but the limits. */

#include "chat.h"

struct _OtChat {
  OtChannelPorts ports;
  GHashTable *channels; /* channel id (borrowed from the channel) → OtChannel, owned */
  GHashTable *seats;    /* session id (borrowed from the seat) → OtSeat, which frees itself */
};

static void
on_idle (gpointer user_data, OtChannel *channel)
{
  OtChat *self = user_data;

  g_hash_table_remove (self->channels, ot_channel_get_id (channel));
}

static OtSeat *
seat_of (OtChat *self, const OtSender *sender)
{
  OtSeat *seat = g_hash_table_lookup (self->seats, sender->session_id);

  if (seat == NULL) {
    seat = ot_seat_new (sender->session_id, sender->user_id);
    g_hash_table_insert (self->seats, seat->session_id, seat);
  }
  return seat;
}

static OtChannel *
channel_of (OtChat *self, const char *id)
{
  OtChannel *channel = g_hash_table_lookup (self->channels, id);

  if (channel == NULL) {
    channel = ot_channel_new (&self->ports, id);
    g_hash_table_insert (self->channels, (char *)ot_channel_get_id (channel), channel);
  }
  return channel;
}

static const char *
channel_id_of (const OtIn *event)
{
  switch ((int)event->type) {
  case OT_IN_JOIN_CHANNEL:
    return event->join_channel.channel_id;
  case OT_IN_LEAVE_CHANNEL:
    return event->leave_channel.channel_id;
  case OT_IN_SEND_MESSAGE:
    return event->send_message.channel_id;
  default:
    g_assert_not_reached (); /* the router's table */
  }
}

void
ot_chat_event (OtChat *self, const OtSender *sender, const OtIn *event)
{
  OtSeat *seat = seat_of (self, sender);

  if (seat->n_waiting >= OT_SEAT_WAITING_MAX)
    ot_seat_refuse (seat, &self->ports.tell, OT_CODE_RATE_LIMITED,
                    "Too much of yours waits already; send it again a little later", event->type,
                    sender->sequence);
  else
    ot_channel_ask (channel_of (self, channel_id_of (event)), seat, event, sender->sequence);
}

static void
leave_all (OtSeat *seat)
{
  while (seat->joined->len > 0)
    ot_channel_leave (g_ptr_array_index (seat->joined, seat->joined->len - 1), seat);
  ot_seat_leave (seat);
}

void
ot_chat_closed (OtChat *self, const OtSender *sender)
{
  OtSeat *seat = g_hash_table_lookup (self->seats, sender->session_id);

  if (seat == NULL)
    return;
  g_hash_table_remove (self->seats, sender->session_id);
  leave_all (seat);
}

OtChat *
ot_chat_new (const OtChatPort *store, const OtTellPort *tell)
{
  OtChat *self = g_new0 (OtChat, 1);

  self->ports = (OtChannelPorts){ *store, *tell, self, on_idle };
  self->channels =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)ot_channel_free);
  self->seats = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

void
ot_chat_free (OtChat *self)
{
  GHashTableIter iter;
  OtSeat *seat;

  g_hash_table_unref (self->channels);
  g_hash_table_iter_init (&iter, self->seats);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&seat))
    ot_seat_leave (seat);
  g_hash_table_unref (self->seats);
  g_free (self);
}
