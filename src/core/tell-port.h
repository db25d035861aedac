#pragma once

#include <glib.h>

#include "event.h"

/**
 * OtTellPort:
 *
 * How a call reaches people. Sending never waits and never fails visibly: a device that is gone or
 * doesn't read is dealt with where the connections are owned. Nothing is called back from inside.
 */
typedef struct {
  gpointer self;

  /** One device. Unknown: nothing happens. */
  void (*session) (gpointer self, const char *session_id, const OtOut *event);

  /** All devices of a user but one (@except_session_id nullable). */
  void (*user) (gpointer self,
                const char *user_id,
                const char *except_session_id,
                const OtOut *event);

  /** Whether the user has a connection now. */
  gboolean (*is_online) (gpointer self, const char *user_id);

  /** The servers for signaling_start; valid until the next call. */
  const OtIceServer *(*ice_servers) (gpointer self, const char *user_id, gsize *n_servers);
} OtTellPort;
