#pragma once

#include <libsoup/soup.h>

#include "doorkeeper.h"
#include "listen-socket.h"
#include "peer-stream.h"
#include "tls-context.h"

/**
 * OtListener:
 *
 * An HTTP server that can't be filled up: it accepts connections itself (libsoup's own listening
 * has no limits), hands each to a SoupServer, and shuts down the ones that send no request in time,
 * whose request is too big, or that don't take their answer. Serves TCP, with or without TLS, or a
 * Unix socket for this user and root only.
 *
 * Thread: main loop.
 */
typedef struct _OtListener OtListener;

/** OtListenerLimits: 0 means the default. */
typedef struct {
  guint max_connections; /* at a time; further ones are closed at once. Default 10,000, and never
                            more than this process may have open files, less 200 for other things */
  gint64 request_timeout_us; /* to send a whole request, or the next one; default 10 s */
  gint64 answer_timeout_us;  /* from the request to the end of its answer; default 60 s */
  gsize max_body_bytes;      /* of a request; default 64 KiB */
} OtListenerLimits;

/**
 * ot_listener_new:
 * @limits: (nullable): copied
 * @door: (nullable): borrowed, until the last of its connections is gone: who has too many is
 * closed at once
 *
 * Returns: (transfer full)
 */
OtListener *ot_listener_new (const OtListenerLimits *limits, OtDoorkeeper *door);

/** ot_listener_set_max_connections: for those that come from now on; the others stay. */
void ot_listener_set_max_connections (OtListener *self, guint max_connections);

/** ot_listener_set_tls: @context: (transfer full): with which connections are made from now on; a
 * handshake has the time of the first request. */
void ot_listener_set_tls (OtListener *self, SSL_CTX *context);

/** ot_listener_free: stops listening and drops what is connected, but not what was upgraded. */
void ot_listener_free (OtListener *self);

/** ot_listener_get_server: where handlers are added; borrowed. */
SoupServer *ot_listener_get_server (OtListener *self);

/** ot_listener_listen: on TCP; @address and errors as of ot_listen_socket_new(). Once. */
gboolean ot_listener_listen (OtListener *self, const char *address, GError **error);

/**
 * ot_listener_listen_unix:
 * @path: as of ot_listen_socket_new_unix()
 *
 * Instead of TCP: takes connections of this process's user and of root only. Once.
 */
gboolean ot_listener_listen_unix (OtListener *self, const char *path, GError **error);

/** ot_listener_get_address: (nullable): with the port that was picked, or the path; NULL before
 * listening; borrowed. */
const char *ot_listener_get_address (OtListener *self);

/** ot_listener_stop: accepts no more; what is connected stays. A Unix socket's path is removed. */
void ot_listener_stop (OtListener *self);

/** ot_listener_admit: asks the doorkeeper about a request, whose visitor may be known only now,
 * when a proxy forwards it. Returns: FALSE: that one has too many connections */
gboolean ot_listener_admit (OtListener *self, SoupServerMessage *message);

/** ot_listener_n_connections: how many are open, also those that were upgraded. */
guint ot_listener_n_connections (OtListener *self);

/**
 * ot_listener_steal:
 * @message: from within its "wrote-informational"
 *
 * Takes an upgraded connection out of HTTP; its deadlines end, but it still counts as one.
 *
 * Returns: (transfer full): what libsoup reads and writes; @peer: (out) (transfer none): the
 * accepted connection under it
 */
GIOStream *ot_listener_steal (OtListener *self, SoupServerMessage *message, OtPeerStream **peer);
