#pragma once

#include <libsoup/soup.h>

#include "audit-log.h"
#include "clock.h"
#include "hub.h"
#include "librarian.h"
#include "quota.h"
#include "registry.h"
#include "reload.h"
#include "store.h"

/**
 * OtAdmin:
 *
 * The operator's HTTP API, which otomoctl speaks: all below /v1/, by the routes' table of
 * admin.c. An id in a path may have a ~ before it; "." and ".." need one. Parameters come in the
 * query, answers are JSON, refusals {"error": text}. It is
 * served on the Unix socket in the state directory, where who may connect is the listener's matter;
 * and the part of it that the console needs (the routes' table says which) on the console's port,
 * for who has a pass.
 *
 * Thread: main loop.
 */
typedef struct {
  OtStore *store; /* borrowed, as all here */
  OtRegistry *registry;
  OtHub *hub;
  OtLibrarian *librarian;
  const OtClock *clock;
  gint64 default_price_points; /* of an otomo that is added without a price */

  /** Reads the settings again; FALSE with @error: they are no good, and nothing is changed. */
  gboolean (*reload) (gpointer reload_data, OtReload *report, GError **error);
  gpointer reload_data;
  OtAuditLog *audit;
  struct _OtConsole *console; /* (nullable): admin.listen */
  OtQuota live_quota;         /* of /v1/live: 10 answers a second for all, 429 beyond it */
} OtAdmin;

/** ot_admin_add: @self must outlive @server. */
void ot_admin_add (SoupServer *server, OtAdmin *self);

/** OtAdminAdmit: Returns: whether who asks may; if not, it has answered */
typedef gboolean (*OtAdminAdmit) (SoupServerMessage *message, gpointer user_data);

/** ot_admin_add_for_console: only what the console needs, and each request only after @admit. */
void ot_admin_add_for_console (SoupServer *server,
                               OtAdmin *self,
                               OtAdminAdmit admit,
                               gpointer user_data);
