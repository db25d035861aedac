#pragma once

#include <libsoup/soup.h>

#include "clock.h"

/**
 * OtAuditLog:
 *
 * Who did what as an operator: each request to the admin API that changes something, and each that
 * was refused, when its answer was sent. In a file of its own, a line of JSON each (at, by, method,
 * path, query, status), or in the log under the topic otomo-audit. No secret is in it: none is ever
 * part of a request.
 *
 * Thread: main loop.
 */
typedef struct _OtAuditLog OtAuditLog;

/**
 * ot_audit_log_new:
 * @path: (nullable): appended to, made with mode 0600; NULL: the log
 * @clock: borrowed
 *
 * Returns: (transfer full) (nullable): NULL with @error: G_FILE_ERROR, with the path
 */
OtAuditLog *ot_audit_log_new (const char *path, const OtClock *clock, GError **error);

/** ot_audit_log_free: what is still asked is not written any more. NULL is fine. */
void ot_audit_log_free (OtAuditLog *self);

/** ot_audit_log_set_file: another file, or the same after it was moved away; as of
 * ot_audit_log_new(). FALSE with @error: goes on with the old one. */
gboolean ot_audit_log_set_file (OtAuditLog *self, const char *path, GError **error);

/** OtAuditDoor: by which way a request came; the address is written of who came by the console's.
 */
typedef enum { OT_AUDIT_SOCKET, OT_AUDIT_CONSOLE } OtAuditDoor;

/** ot_audit_log_watch: a request has come; it is written when it was answered. */
void ot_audit_log_watch (OtAuditLog *self, SoupServerMessage *message, OtAuditDoor door);
