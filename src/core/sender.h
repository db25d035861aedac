#pragma once

#include <glib.h>

/** OtSender: who sent an event; strings borrowed for the time of the call. */
typedef struct {
  const char *user_id;
  const char *session_id;
  gint64 sequence; /* the client's own number of the message; 0: it has none */
} OtSender;
