#pragma once

#include "admin.h"
#include "app.h"
#include "chat.h"
#include "clock.h"
#include "console.h"
#include "courier.h"
#include "health.h"
#include "hub.h"
#include "ice-servers.h"
#include "librarian.h"
#include "media-server.h"
#include "metrics.h"
#include "registry.h"
#include "reload.h"
#include "server.h"
#include "store.h"
#include "supervisor.h"

/**
 * OtApp:
 *
 * What a server is made of, in the order in which it is built; shared by app.c, app-ports.c,
 * app-reload.c and app-shutdown.c, and by nobody else. Owned where nothing else is said; a part
 * that is not there yet is NULL, and so is one that the settings don't want. Made and freed by
 * app.c.
 *
 * Thread: main loop.
 */
typedef struct {
  const OtConfig *config; /* borrowed, as state_dir; since a reload, the same as reloaded */
  OtConfig *reloaded;
  const char *state_dir;
  gboolean dev;
  const OtClock *clock; /* borrowed */
  GMainLoop *loop;
  guint signal_ids[3];
  GError *error; /* why it could not start, or had to stop */

  char *recordings_dir;
  OtAuditLog *audit;
  OtDoorkeeper *door;
  char **origins; /* until the server has them; NULL: any */
  OtMediaServer *media;
  OtIceServers *ice_servers;
  OtStore *store;
  OtAuth *auth;
  OtCourier *courier;

  OtLibrarian *librarian;
  OtRegistry *registry;
  OtChat *chat;
  OtHub *hub;
  OtAdmin admin;
  OtListener *admin_listener;
  OtServer *server;
  OtMetrics metrics;
  OtPulse pulse;
  OtConsole *console; /* NULL: no admin.listen */
  OtTimer alive_timer;
  OtSupervisor supervisor;

  gboolean draining; /* these four are app-shutdown.c's */
  gboolean stopping;
  OtTimer quiet_timer;
  gint64 quiet_deadline_us;
} OtApp;

/** ot_app_call_ports: what calls need of the outside; valid as long as the rooms that it names. */
OtCallPorts ot_app_call_ports (OtApp *self);

/** ot_app_hub_listener: what sessions bring, to calls and to chat. */
OtHubListener ot_app_hub_listener (OtApp *self);

/** ot_app_on_media: #OtMediaListener: to the call, or to the librarian. */
void ot_app_on_media (const OtMediaEvent *event, gpointer user_data);

/** ot_app_ask_health: #OtHealthAsk. */
OtHealth ot_app_ask_health (gpointer user_data);

/** ot_app_reload: #OtAdmin's reload: settings and secrets are read again, without touching a call.
 * A bad file of settings changes nothing, and is the @error; a bad secret leaves the one of before,
 * and is in @report. */
gboolean ot_app_reload (gpointer user_data, OtReload *report, GError **error);

/** ot_app_drain: no new calls; stops when the last call is over, or server.drain_timeout is. */
void ot_app_drain (OtApp *self);

/** ot_app_stop: ends the live calls, waits for the database to have it, then for everybody to be
 * told; at last the loop quits. Again: nothing. */
void ot_app_stop (OtApp *self);

/** ot_app_give_up: ot_app_stop(), and ot_app_run() fails with the first @error (transfer full). */
void ot_app_give_up (OtApp *self, GError *error);

/** ot_app_on_lease_lost: #OtStoreOptions' lost: the calls are another server's now; gives up. */
void ot_app_on_lease_lost (gpointer user_data);
