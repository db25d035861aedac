/* One channel: its queue and those who have joined. Who may do what is the database's word, and so
 * is the order of the messages. */

#include "channel.h"

struct _OtChannel {
  const OtChannelPorts *ports;
  char *id;          /* owned */
  GQueue requests;   /* of Request, owned; the head is with the database when @asking */
  GPtrArray *joined; /* owned; of OtSeat, borrowed */
  gint64 told;       /* number of the newest message; all who have joined were told */
  gboolean asking;
};

typedef struct {
  OtInType type;
  OtSeat *seat;     /* borrowed; waits for this */
  gint64 sequence;  /* the client's own number of it; 0: none */
  char *message_id; /* send_message: all three owned */
  char *text;
  char *client_message_id; /* (nullable) */
} Request;

static void run (OtChannel *self);

static Request *
request_new (OtSeat *seat, const OtIn *event, gint64 sequence)
{
  Request *self = g_new0 (Request, 1);

  self->type = event->type;
  self->seat = seat;
  self->sequence = sequence;
  if (event->type == OT_IN_SEND_MESSAGE) {
    self->message_id = g_uuid_string_random ();
    self->text = g_strdup (event->send_message.text);
    self->client_message_id = g_strdup (event->send_message.client_message_id);
  }
  seat->n_waiting++;
  return self;
}

static void
request_free (Request *self)
{
  ot_seat_answered (self->seat);
  g_free (self->message_id);
  g_free (self->text);
  g_free (self->client_message_id);
  g_free (self);
}

/* ---- who has joined ---- */

static gboolean
has_joined (const OtChannel *self, OtSeat *seat)
{
  return g_ptr_array_find (self->joined, seat, NULL);
}

static void
add (OtChannel *self, OtSeat *seat)
{
  if (seat->gone || has_joined (self, seat))
    return;
  g_ptr_array_add (self->joined, seat);
  g_ptr_array_add (seat->joined, self);
}

static void
drop (OtChannel *self, OtSeat *seat)
{
  g_ptr_array_remove_fast (self->joined, seat);
  g_ptr_array_remove_fast (seat->joined, self);
}

/* ---- telling ---- */

static void
refuse (const OtChannel *self, const Request *request, OtCode code, const char *message)
{
  ot_seat_refuse (request->seat, &self->ports->tell, code, message, request->type,
                  request->sequence);
}

static void
refuse_as (const OtChannel *self, const Request *request, OtChatOutcome outcome)
{
  static const struct {
    OtCode code;
    const char *message;
  } refusals[] = {
    [OT_CHAT_NOT_FOUND] = { OT_CODE_CHANNEL_NOT_FOUND, "There is no such channel" },
    [OT_CHAT_PERMISSION_DENIED] = { OT_CODE_PERMISSION_DENIED,
                                    "You are not a member of this channel" },
    [OT_CHAT_NOT_JOINED] = { OT_CODE_INVALID_STATE, "Join the channel first" },
    [OT_CHAT_OVER] = { OT_CODE_INVALID_STATE,
                       "The call is over; its channel can be read, but not written to" },
    [OT_CHAT_UNAVAILABLE] = { OT_CODE_TEMPORARILY_UNAVAILABLE,
                              "The database is away for the moment; please try again" },
  };

  refuse (self, request, refusals[outcome].code, refusals[outcome].message);
}

/* To the asker in any case; to the others who have joined when it is news to them. */
static void
tell_line (OtChannel *self, const OtSeat *asker, const OtChatLine *line)
{
  const OtTellPort *tell = &self->ports->tell;
  OtOut event = { OT_OUT_NEW_MESSAGE,
                  .new_message = { .channel_id = self->id, .message = line->message } };

  ot_seat_tell (asker, tell, &event);
  if (line->number <= self->told)
    return;
  for (guint i = 0; i < self->joined->len; i++)
    if (g_ptr_array_index (self->joined, i) != asker)
      ot_seat_tell (g_ptr_array_index (self->joined, i), tell, &event);
  self->told = line->number;
}

/* ---- answers ---- */

static void
carry_out (OtChannel *self, const Request *request, const OtChatAnswer *answer)
{
  OtSeat *seat = request->seat;

  if (answer->outcome == OT_CHAT_PERMISSION_DENIED)
    drop (self, seat);
  if (answer->outcome != OT_CHAT_DONE) {
    refuse_as (self, request, answer->outcome);
    return;
  }
  if (!has_joined (self, seat) && seat->joined->len >= OT_SEAT_JOINED_MAX) {
    refuse (self, request, OT_CODE_INVALID_STATE, "Too many channels are joined; leave one first");
    return;
  }
  for (gsize i = 0; i < answer->n_lines; i++)
    tell_line (self, seat, &answer->lines[i]);
  add (self, seat);
}

/* What waits behind a question without an answer would wait as long again. */
static void
refuse_all (OtChannel *self)
{
  Request *request;

  while ((request = g_queue_pop_head (&self->requests)) != NULL) {
    if (request->type == OT_IN_LEAVE_CHANNEL)
      drop (self, request->seat);
    else
      refuse_as (self, request, OT_CHAT_UNAVAILABLE);
    request_free (request);
  }
}

static void
on_answer (const OtChatAnswer *answer, gpointer user_data)
{
  OtChannel *self = user_data;

  self->asking = FALSE;
  if (answer->outcome == OT_CHAT_UNAVAILABLE) {
    refuse_all (self);
  } else {
    Request *request = g_queue_pop_head (&self->requests);
    carry_out (self, request, answer);
    request_free (request);
  }
  run (self);
}

/* ---- questions ---- */

static void
ask (OtChannel *self, const Request *request)
{
  const OtChatPort *store = &self->ports->store;
  const OtSeat *seat = request->seat;

  self->asking = TRUE;
  if (request->type == OT_IN_JOIN_CHANNEL) {
    store->join (store->self, self->id, seat->user_id, on_answer, self);
  } else {
    OtChatPost post = { .channel_id = self->id,
                        .author_id = seat->user_id,
                        .joined = has_joined (self, request->seat),
                        .message_id = request->message_id,
                        .text = request->text,
                        .client_message_id = request->client_message_id,
                        .after_number = self->told };
    store->post (store->self, &post, on_answer, self);
  }
}

static void
carry_out_leave (OtChannel *self, const Request *request)
{
  if (has_joined (self, request->seat))
    drop (self, request->seat);
  else
    refuse_as (self, request, OT_CHAT_NOT_JOINED);
}

/* A message that was accepted is stored whether its author is still there or not. */
static void
run (OtChannel *self)
{
  while (!self->asking && !g_queue_is_empty (&self->requests)) {
    Request *request = g_queue_peek_head (&self->requests);
    if (request->type != OT_IN_LEAVE_CHANNEL) {
      ask (self, request);
      return;
    }
    carry_out_leave (self, request);
    request_free (g_queue_pop_head (&self->requests));
  }
  if (!self->asking && self->joined->len == 0)
    self->ports->idle (self->ports->self, self);
}

/* ---- public ---- */

OtChannel *
ot_channel_new (const OtChannelPorts *ports, const char *id)
{
  OtChannel *self = g_new0 (OtChannel, 1);

  self->ports = ports;
  self->id = g_strdup (id);
  self->joined = g_ptr_array_new ();
  g_queue_init (&self->requests);
  return self;
}

void
ot_channel_free (OtChannel *self)
{
  g_queue_clear_full (&self->requests, (GDestroyNotify)request_free);
  while (self->joined->len > 0)
    drop (self, g_ptr_array_index (self->joined, 0));
  g_ptr_array_unref (self->joined);
  g_free (self->id);
  g_free (self);
}

const char *
ot_channel_get_id (const OtChannel *self)
{
  return self->id;
}

void
ot_channel_ask (OtChannel *self, OtSeat *seat, const OtIn *event, gint64 sequence)
{
  g_queue_push_tail (&self->requests, request_new (seat, event, sequence));
  run (self);
}

void
ot_channel_leave (OtChannel *self, OtSeat *seat)
{
  drop (self, seat);
  run (self);
}
