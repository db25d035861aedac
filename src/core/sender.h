#pragma once

/** OtSender: who sent an event; strings borrowed for the time of the call. */
typedef struct {
  const char *user_id;
  const char *session_id;
} OtSender;
