#pragma once

#include <gio/gio.h>

/**
 * SECTION:listen-socket
 *
 * Sockets that listen, and clear words when they can't: every message names the address.
 */

#define OT_LISTENER_ERROR (g_quark_from_static_string ("ot-listener-error"))
typedef enum {
  OT_LISTENER_ERROR_ADDRESS, /* not an address, or one that can't be bound */
  OT_LISTENER_ERROR_IN_USE,  /* somebody listens there already */
} OtListenerError;

/**
 * ot_listen_socket_new:
 * @address: "127.0.0.1:8080", "[::1]:8080"; numbers only, since a name would have to be looked up;
 *   port 0 picks a free one
 *
 * Returns: (transfer full) (nullable): listening; NULL with @error
 * Errors: %OT_LISTENER_ERROR_ADDRESS, %OT_LISTENER_ERROR_IN_USE
 */
GSocket *ot_listen_socket_new (const char *address, GError **error);

/**
 * ot_listen_socket_new_unix:
 * @path: of the socket, mode 0600, at most 107 bytes; one that nobody listens on any more is
 *   replaced, anything else that is there is not
 *
 * Returns: (transfer full) (nullable): listening; NULL with @error
 * Errors: %OT_LISTENER_ERROR_ADDRESS, %OT_LISTENER_ERROR_IN_USE
 */
GSocket *ot_listen_socket_new_unix (const char *path, GError **error);
