/* The script of a call, as the answers come. */

#include "call.h"

#include <string.h>

typedef struct {
  LoadPhone *phone;   /* owned (nullable) */
  LoadTalker *talker; /* owned */
  gboolean ready;     /* connection_ack came */
  gboolean added;     /* the talker is the media thread's */
  char name[16];
} Person;

struct _LoadCall {
  const LoadContext *context;
  char id[64];
  LoadCallState state;
  LoadCallTimes times;
  gint64 started_us;
  char *failure; /* owned (nullable) */
  Person people[2];
};

LoadCall *
load_call_new (const LoadContext *context, guint id)
{
  LoadCall *self = g_new0 (LoadCall, 1);

  self->context = context;
  g_snprintf (self->id, sizeof self->id, "load-%08x-%u", context->run, id);
  for (guint side = 0; side < 2; side++) {
    self->people[side].talker =
        load_talker_new (context->identity, context->run, 2 * id + side, context->payload_size);
    g_snprintf (self->people[side].name, sizeof self->people[side].name, "%c%u", "uo"[side], id);
  }
  return self;
}

static void
let_go (Person *self, LoadVoice *voice)
{
  g_clear_pointer (&self->phone, load_phone_close);
  if (self->added)
    load_voice_remove (voice, self->talker);
  self->added = FALSE;
}

void
load_call_free (LoadCall *self)
{
  for (guint side = 0; side < 2; side++) {
    let_go (&self->people[side], self->context->voice);
    load_talker_free (self->people[side].talker);
  }
  g_free (self->failure);
  g_free (self);
}

static void
fail (LoadCall *self, const char *message)
{
  if (self->state == LOAD_CALL_FAILED || self->state == LOAD_CALL_ENDED)
    return;
  self->state = LOAD_CALL_FAILED;
  self->failure = g_strdup (message);
  load_phone_send (self->people[0].phone, "call_end_request", "callId", self->id, NULL);
  for (guint side = 0; side < 2; side++)
    let_go (&self->people[side], self->context->voice);
}

/* ---- what the server says ---- */

static void
on_ready (LoadCall *self, Person *person, JsonObject *fields)
{
  person->ready = TRUE;
  if (!self->people[0].ready || !self->people[1].ready || self->times.requested_us != 0)
    return;
  self->times.requested_us = ot_clock_mono_us (self->context->clock);
  load_phone_send (self->people[0].phone, "call_request", "toUserId", self->people[1].name,
                   "callId", self->id, NULL);
}

static void
on_incoming (LoadCall *self, Person *person, JsonObject *fields)
{
  self->times.accepted_us = ot_clock_mono_us (self->context->clock);
  load_phone_send (person->phone, "call_accept", "callId", self->id, "offerer", "client", NULL);
}

static void
on_signaling_start (LoadCall *self, Person *person, JsonObject *fields)
{
  g_autofree char *offer = load_talker_write_offer (person->talker);

  load_phone_send_offer (person->phone, self->id, offer);
}

static void
on_answer (LoadCall *self, Person *person, JsonObject *fields)
{
  JsonObject *answer = json_object_has_member (fields, "answer")
                           ? json_object_get_object_member (fields, "answer")
                           : NULL;
  g_autoptr (GError) error = NULL;

  if (person->added || answer == NULL)
    return;
  if (!load_talker_answer (
          person->talker, json_object_get_string_member_with_default (answer, "sdp", ""), &error)) {
    fail (self, error->message);
    return;
  }
  load_voice_add (self->context->voice, person->talker);
  person->added = TRUE;
}

static void
on_call_connected (LoadCall *self, Person *person, JsonObject *fields)
{
  self->times.connected_us[person - self->people] = ot_clock_mono_us (self->context->clock);
}

static void
on_refused (LoadCall *self, Person *person, JsonObject *fields)
{
  g_autofree char *message = g_strdup_printf (
      "%s: %s", json_object_get_string_member_with_default (fields, "code", "rejected"),
      json_object_get_string_member_with_default (
          fields, "message", json_object_get_string_member_with_default (fields, "reason", "")));

  fail (self, message);
}

static void
on_end (LoadCall *self, Person *person, JsonObject *fields)
{
  g_autofree char *message = g_strconcat (
      "the server ended it: ", json_object_get_string_member_with_default (fields, "reason", ""),
      NULL);

  if (self->state != LOAD_CALL_ENDING) {
    fail (self, message);
    return;
  }
  self->state = LOAD_CALL_ENDED;
  for (guint side = 0; side < 2; side++)
    let_go (&self->people[side], self->context->voice);
}

static const struct {
  const char *type;
  void (*handle) (LoadCall *self, Person *person, JsonObject *fields);
} events[] = {
  { "connection_ack", on_ready },
  { "incoming_call", on_incoming },
  { "signaling_start", on_signaling_start },
  { "webrtc_answer", on_answer },
  { "call_connected", on_call_connected },
  { "call_rejected", on_refused },
  { "error", on_refused },
  { "call_end", on_end },
};

static void
on_event (LoadCall *self, Person *person, const char *type, JsonObject *fields, const char *message)
{
  if (type == NULL) {
    fail (self, message);
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    if (g_str_equal (events[i].type, type)) {
      events[i].handle (self, person, fields);
      return;
    }
}

static void
on_caller_event (
    LoadPhone *phone, const char *type, JsonObject *fields, const char *message, gpointer user_data)
{
  LoadCall *self = user_data;

  on_event (self, &self->people[0], type, fields, message);
}

static void
on_callee_event (
    LoadPhone *phone, const char *type, JsonObject *fields, const char *message, gpointer user_data)
{
  LoadCall *self = user_data;

  on_event (self, &self->people[1], type, fields, message);
}

/* ---- what the run wants ---- */

void
load_call_start (LoadCall *self)
{
  static const LoadPhoneListener listeners[] = { on_caller_event, on_callee_event };

  self->state = LOAD_CALL_SETUP;
  self->started_us = ot_clock_mono_us (self->context->clock);
  for (guint side = 0; side < 2; side++) {
    const char *token = g_hash_table_lookup (self->context->tokens, self->people[side].name);

    self->people[side].phone =
        load_phone_new (self->context->session, self->context->url, self->people[side].name,
                        token != NULL ? token : "t", listeners[side], self);
  }
}

void
load_call_watch (LoadCall *self)
{
  gint64 now_us = ot_clock_mono_us (self->context->clock);
  LoadHeard heard[2];

  if (self->state != LOAD_CALL_SETUP)
    return;
  load_call_look (self, heard);
  if (heard[0].state == LOAD_TALKER_FAILED || heard[1].state == LOAD_TALKER_FAILED)
    fail (self, "media failed");
  else if (heard[0].first_heard_us != 0 && heard[1].first_heard_us != 0
           && self->times.connected_us[0] != 0 && self->times.connected_us[1] != 0) {
    self->times.up_us = now_us;
    self->state = LOAD_CALL_UP;
  } else if (now_us - self->started_us > LOAD_SETUP_US)
    fail (self, self->times.requested_us == 0  ? "no connection_ack in time"
                : self->times.accepted_us == 0 ? "no incoming_call in time"
                                               : "media or call_connected did not come in time");
}

void
load_call_hang_up (LoadCall *self)
{
  if (self->state != LOAD_CALL_UP)
    return;
  self->state = LOAD_CALL_ENDING;
  load_phone_send (self->people[0].phone, "call_end_request", "callId", self->id, NULL);
}

LoadCallState
load_call_get_state (const LoadCall *self)
{
  return self->state;
}

const LoadCallTimes *
load_call_get_times (const LoadCall *self)
{
  return &self->times;
}

const char *
load_call_get_failure (const LoadCall *self)
{
  return self->failure;
}

void
load_call_look (LoadCall *self, LoadHeard heard[2])
{
  for (guint side = 0; side < 2; side++)
    load_voice_look (self->context->voice, self->people[side].talker, &heard[side]);
}
