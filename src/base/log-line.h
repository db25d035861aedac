#pragma once

#include "log.h"

/**
 * OtLogLine:
 *
 * One line of the log before it has a form, and the three forms that it can have. Whatever is in it
 * is escaped and cut, so that a line stays a line. Pure, but for ot_log_line_to_journal().
 *
 * Thread: any.
 */
typedef struct {
  gint64 wall_us;
  const char *topic;
  OtLogLevel level;
  OtLogSubject about;
  const char *file; /* a path */
  int line;
  const char *message; /* anything, from anybody; need not be UTF-8 */
} OtLogLine;

/** ot_log_line_text: Returns: (transfer full): for people: time, level, topic, subject, message,
 * and for debug levels the place in the source; with its newline. */
char *ot_log_line_text (const OtLogLine *self);

/** ot_log_line_json: Returns: (transfer full): an object (RFC 8259): time, level, topic, message,
 * and of call, session and event those that there are; with its newline. */
char *ot_log_line_json (const OtLogLine *self);

/**
 * ot_log_line_to_journal: to journald (systemd.journal-fields(7)): MESSAGE, PRIORITY,
 * SYSLOG_IDENTIFIER, CODE_FILE, CODE_LINE, OTOMO_TOPIC, and of OTOMO_CALL, OTOMO_SESSION and
 * OTOMO_EVENT those that there are. Waits when journald does, as a write to standard error would.
 *
 * Returns: FALSE: there is no journal, or it took nothing
 */
gboolean ot_log_line_to_journal (const OtLogLine *self);

/** ot_log_append_printable: @text, with all that isn't printable escaped; what is more than @max
 * bytes is "…". */
void ot_log_append_printable (GString *out, const char *text, gsize max);
