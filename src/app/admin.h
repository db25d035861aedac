#pragma once

#include <libsoup/soup.h>

#include "clock.h"
#include "hub.h"
#include "librarian.h"
#include "registry.h"
#include "store.h"

/**
 * OtAdmin:
 *
 * The operator's HTTP API, which otomoctl speaks: /v1/users, /v1/calls, /v1/channels,
 * /v1/recordings, /v1/webhooks, /v1/audit, /v1/seed, /v1/log,
 * /v1/status. Parameters come in the query, answers are JSON, refusals {"error": text}. It is served on the Unix socket in
 * the state directory only; who may connect is the listener's matter.
 *
 * Thread: main loop.
 */
typedef struct {
  OtStore *store;       /* borrowed, as all here */
  OtRegistry *registry;
  OtHub *hub;
  OtLibrarian *librarian;
  const OtClock *clock;
  gboolean may_record;         /* recording.mode */
  gint64 default_price_points; /* of an otomo that is added without a price */
} OtAdmin;

/** ot_admin_add: @self must outlive @server. */
void ot_admin_add (SoupServer *server, OtAdmin *self);
