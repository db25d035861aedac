/* The three forms of a line of the log. Owns nothing; the journal is GLib's way to it, which knows
 * whether it arrived, and needs no library of systemd's here. */

#include "log-line.h"

#include <string.h>

#define LINE_MAX_BYTES 2000 /* of a line's own text */
#define TIME_LENGTH 23      /* to the millisecond */

/* A line is a line, and looks like what it is: newlines, escape sequences, changes of writing
 * direction and broken UTF-8 become \\xNN. */
void
ot_log_append_printable (GString *out, const char *text, gsize max)
{
  gsize end = out->len + max;

  while (*text != '\0' && out->len < end) {
    gunichar c = g_utf8_get_char_validated (text, -1);
    gsize length = c < (gunichar)-2 ? (gsize)(g_utf8_next_char (text) - text) : 1;

    if (c < (gunichar)-2 && g_unichar_isprint (c))
      g_string_append_len (out, text, (gssize)length);
    else
      for (gsize i = 0; i < length; i++)
        g_string_append_printf (out, "\\x%02x", (guchar)text[i]);
    text += length;
  }
  if (*text != '\0')
    g_string_append (out, "…");
}

static void
append_time (GString *out, const OtLogLine *self)
{
  g_autoptr (GDateTime) epoch = g_date_time_new_from_unix_utc (0);
  g_autoptr (GDateTime) at = g_date_time_add (epoch, self->wall_us);
  g_autofree char *stamp = g_date_time_format (at, "%Y-%m-%dT%H:%M:%S.%f");

  g_string_append_printf (out, "%.*sZ", TIME_LENGTH, stamp);
}

/* What every form has as its message. */
static char *
message_of (const OtLogLine *self)
{
  if (self->about.call != NULL)
    return g_strdup_printf ("call %s: %s", self->about.call, self->message);
  if (self->about.session != NULL)
    return g_strdup_printf ("session %s: %s", self->about.session, self->message);
  return g_strdup (self->message);
}

static const char *
file_of (const OtLogLine *self)
{
  const char *slash = strrchr (self->file, '/');

  return slash != NULL ? slash + 1 : self->file;
}

char *
ot_log_line_text (const OtLogLine *self)
{
  g_autofree char *message = message_of (self);
  GString *out = g_string_new (NULL);

  append_time (out, self);
  g_string_append_printf (out, " %-5s %-12s ", ot_log_level_name (self->level), self->topic);
  ot_log_append_printable (out, message, LINE_MAX_BYTES);
  if (self->level >= OT_LOG_DEBUG)
    g_string_append_printf (out, " (%s:%d)", file_of (self), self->line);
  g_string_append_c (out, '\n');
  return g_string_free (out, FALSE);
}

/* ---- JSON ---- */

/* A member of an object, with a comma before it (RFC 8259, section 7). */
static void
append_member (GString *out, const char *name, const char *text)
{
  g_autofree char *valid = NULL;

  if (text == NULL)
    return;
  valid = g_utf8_make_valid (text, (gssize)MIN (strlen (text), LINE_MAX_BYTES));
  g_string_append_printf (out, ",\"%s\":\"", name);
  for (const char *c = valid; *c != '\0'; c++)
    if (*c == '"' || *c == '\\')
      g_string_append_printf (out, "\\%c", *c);
    else if ((guchar)*c < 0x20)
      g_string_append_printf (out, "\\u%04x", (guchar)*c);
    else
      g_string_append_c (out, *c);
  g_string_append_c (out, '"');
}

char *
ot_log_line_json (const OtLogLine *self)
{
  g_autofree char *message = message_of (self);
  GString *out = g_string_new ("{\"time\":\"");

  append_time (out, self);
  g_string_append_c (out, '"');
  append_member (out, "level", ot_log_level_name (self->level));
  append_member (out, "topic", self->topic);
  append_member (out, "call", self->about.call);
  append_member (out, "session", self->about.session);
  append_member (out, "event", self->about.event);
  append_member (out, "message", message);
  g_string_append (out, "}\n");
  return g_string_free (out, FALSE);
}

/* ---- the journal ---- */

/* syslog(3)'s numbers. */
static const char *
priority_of (OtLogLevel level)
{
  return level <= OT_LOG_ERROR     ? "3"
         : level == OT_LOG_WARNING ? "4"
         : level <= OT_LOG_INFO    ? "6"
                                   : "7";
}

static char *
printable (const char *text)
{
  GString *out = g_string_new (NULL);

  ot_log_append_printable (out, text, LINE_MAX_BYTES);
  return g_string_free (out, FALSE);
}

gboolean
ot_log_line_to_journal (const OtLogLine *self)
{
  g_autofree char *whole = message_of (self);
  g_autofree char *message = printable (whole);
  g_autofree char *line = g_strdup_printf ("%d", self->line);
  const GLogField given[] = {
    { "MESSAGE", message, -1 },
    { "PRIORITY", priority_of (self->level), -1 },
    { "SYSLOG_IDENTIFIER", "otomod", -1 },
    { "CODE_FILE", file_of (self), -1 },
    { "CODE_LINE", line, -1 },
    { "OTOMO_TOPIC", self->topic, -1 },
    { "OTOMO_CALL", self->about.call, -1 },
    { "OTOMO_SESSION", self->about.session, -1 },
    { "OTOMO_EVENT", self->about.event, -1 },
  };
  GLogField fields[G_N_ELEMENTS (given)];
  gsize n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (given); i++)
    if (given[i].value != NULL)
      fields[n++] = given[i];
  return g_log_writer_journald (G_LOG_LEVEL_MESSAGE, fields, n, NULL) == G_LOG_WRITER_HANDLED;
}
