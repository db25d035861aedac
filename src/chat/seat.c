/* One session in the chat: what it joined, how much of it waits. Decides nothing. */

#include "seat.h"

OtSeat *
ot_seat_new (const char *session_id, const char *user_id)
{
  OtSeat *self = g_new0 (OtSeat, 1);

  self->session_id = g_strdup (session_id);
  self->user_id = g_strdup (user_id);
  self->joined = g_ptr_array_new ();
  return self;
}

static void
free_when_done (OtSeat *self)
{
  if (!self->gone || self->n_waiting > 0)
    return;
  g_free (self->session_id);
  g_free (self->user_id);
  g_ptr_array_unref (self->joined);
  g_free (self);
}

void
ot_seat_leave (OtSeat *self)
{
  g_assert (self->joined->len == 0);
  self->gone = TRUE;
  free_when_done (self);
}

void
ot_seat_answered (OtSeat *self)
{
  g_assert (self->n_waiting > 0);
  self->n_waiting--;
  free_when_done (self);
}

void
ot_seat_tell (const OtSeat *self, const OtTellPort *tell, const OtOut *event)
{
  if (!self->gone)
    tell->session (tell->self, self->session_id, event);
}

void
ot_seat_refuse (const OtSeat *self,
                const OtTellPort *tell,
                OtCode code,
                const char *message,
                OtInType original_event,
                gint64 original_sequence)
{
  OtOut error = { OT_OUT_ERROR, .error = { .code = ot_code_name (code),
                                           .message = message,
                                           .original_event = ot_in_type_name (original_event),
                                           .original_sequence = original_sequence,
                                           .has_original_sequence = original_sequence != 0 } };

  ot_seat_tell (self, tell, &error);
}
