#pragma once

#include "admin.h"

/**
 * OtConsole:
 *
 * The operator's page at /console/, and the part of the admin API that it needs, on a TCP port of
 * its own. The page's files hold nothing and are for anybody; each request to the API carries a
 * pass (pass.h) as a bearer token. There are no cookies, so no other page can act for a person. At
 * most 64 connections; further ones are closed at once.
 *
 * The passes' key is the file console.key in the state directory, made at the first start.
 *
 * Thread: main loop.
 */
typedef struct _OtConsole OtConsole;

/**
 * ot_console_new:
 * @admin: borrowed
 * @address: as of ot_listener_listen(): there it is served from now on; a warning is logged when it
 *   is not of this machine alone
 *
 * Returns: (transfer full) (nullable): NULL with @error
 */
OtConsole *
ot_console_new (OtAdmin *admin, const char *address, const char *state_dir, GError **error);
void ot_console_free (OtConsole *self);

/** ot_console_get_http: where other pages of this port are added, which anybody who can connect may
 * see; borrowed. */
SoupServer *ot_console_get_http (OtConsole *self);

/** ot_console_stop: accepts no more connections. */
void ot_console_stop (OtConsole *self);

/** ot_console_url: where to look, with a new pass behind the #, which no browser sends to anybody.
 * Returns: (transfer full) */
char *ot_console_url (OtConsole *self);
