#pragma once

#include "hub.h"
#include "listener.h"

/**
 * OtServer:
 *
 * The public door: HTTP with whatever routes the app adds, and the WebSocket at /v1/socket, whose
 * connections go to the hub. Every upgrade is taken, whatever its token says: a browser learns of a
 * refusal only by a close code. But a page of another origin gets 403, and an address with too many
 * connections 429.
 *
 * Thread: main loop.
 */
typedef struct _OtServer OtServer;

/** OtServerOptions: all of it may be left out. */
typedef struct {
  const OtListenerLimits *limits; /* see ot_listener_new() */
  OtDoorkeeper *door;             /* see ot_listener_new() */
} OtServerOptions;

/** ot_server_new: @hub: borrowed. Returns: (transfer full) */
OtServer *ot_server_new (OtHub *hub, const OtServerOptions *options);

/** ot_server_set_origins: @origins: (transfer full) (nullable): the only pages that may open the
 * WebSocket from now on, see origins.h; NULL, as at first: any. */
void ot_server_set_origins (OtServer *self, char **origins);

/** ot_server_set_max_connections: see ot_listener_set_max_connections(). */
void ot_server_set_max_connections (OtServer *self, guint max_connections);

/** ot_server_free: before the hub; sessions go on. */
void ot_server_free (OtServer *self);

/** ot_server_get_http: for soup_server_add_handler(); borrowed. */
SoupServer *ot_server_get_http (OtServer *self);

/**
 * ot_server_use_tls:
 *
 * Files and errors as of ot_tls_context_load(). From now on, https and wss with this certificate;
 * connections that are open keep theirs. After an error all is as before.
 */
gboolean ot_server_use_tls (OtServer *self,
                            const char *certificate_file,
                            const char *key_file,
                            GError **error);

/** ot_server_listen: see ot_listener_listen(). */
gboolean ot_server_listen (OtServer *self, const char *address, GError **error);

/** ot_server_get_address: "127.0.0.1:41234", with the port that was picked; (nullable) before
 * listening; borrowed. */
const char *ot_server_get_address (OtServer *self);

/** ot_server_stop: accepts no more connections. */
void ot_server_stop (OtServer *self);

/** ot_server_n_connections: all that are open, upgraded or not. */
guint ot_server_n_connections (OtServer *self);
