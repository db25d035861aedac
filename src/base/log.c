/* The one log writer. Owns the table of levels; never opens a file and never blocks on anything but stderr.
 * GLib's own messages (libsoup, json-glib) come through the same writer under their domain's name. */

#include "log.h"

#include <string.h>
#include <unistd.h>

#include "clock.h"

typedef struct {
  char *pattern; /* owned */
  int level;
} LevelRule;

static GMutex lock;
static GArray *rules; /* of LevelRule, the last match counts; guarded by lock */
static gboolean as_json;               /* atomic */
static int most_verbose = OT_LOG_INFO; /* a cheap first look; guarded by lock for writing only */

#define TEXT_MAX 200        /* bytes of somebody else's text within a line */
#define LINE_MAX_BYTES 2000 /* of a line's own text */

static const char *const level_names[] = { "NONE", "ERROR", "WARN", "FIXME", "INFO", "DEBUG", "LOG", "TRACE",
  "", "MEMDUMP" };

static int
parse_level (const char *text)
{
  if (g_ascii_isdigit (text[0]) && text[1] == '\0')
    return text[0] - '0';
  for (guint i = 0; i < G_N_ELEMENTS (level_names); i++)
    if (level_names[i][0] != '\0' && g_ascii_strcasecmp (text, level_names[i]) == 0)
      return (int) i;
  if (g_ascii_strcasecmp (text, "WARNING") == 0)
    return OT_LOG_WARNING;
  return -1;
}

static void
add_rule (const char *pattern, int level)
{
  LevelRule rule = { g_strdup (pattern), level };

  g_mutex_lock (&lock);
  if (rules == NULL)
    rules = g_array_new (FALSE, FALSE, sizeof (LevelRule));
  g_array_append_val (rules, rule);
  g_atomic_int_set (&most_verbose, MAX (most_verbose, level));
  g_mutex_unlock (&lock);
}

void
ot_log_set_levels (const char *spec)
{
  g_auto (GStrv) entries = g_strsplit (spec, ",", -1);

  for (guint i = 0; entries[i] != NULL; i++) {
    char *entry = g_strstrip (entries[i]);
    char *colon = strrchr (entry, ':');
    int level = parse_level (colon != NULL ? colon + 1 : entry);

    if (entry[0] == '\0')
      continue;
    if (level < 0) {
      ot_log_write ("otomo-base", OT_LOG_WARNING, __FILE__, __LINE__, "debug levels: cannot read \"%s\"", entry);
      continue;
    }
    if (colon != NULL)
      *colon = '\0';
    add_rule (colon != NULL ? entry : "*", level);
  }
}

static gboolean
matches (const char *pattern, const char *topic)
{
  return g_pattern_match_simple (pattern, topic);
}

gboolean
ot_log_enabled (const char *topic, OtLogLevel level)
{
  int limit = OT_LOG_INFO;

  if ((int) level > g_atomic_int_get (&most_verbose))
    return FALSE;
  g_mutex_lock (&lock);
  for (guint i = rules != NULL ? rules->len : 0; i > 0; i--) {
    LevelRule *rule = &g_array_index (rules, LevelRule, i - 1);
    if (matches (rule->pattern, topic)) {
      limit = rule->level;
      break;
    }
  }
  g_mutex_unlock (&lock);
  return (int) level <= limit;
}

/* What is not printable (a newline, an escape sequence, a change of writing direction, broken UTF-8) becomes \\xNN: a line is a
 * line, and looks like what it is. */
static void
append_printable (GString *out, const char *text, gsize max)
{
  gsize end = out->len + max;

  while (*text != '\0' && out->len < end) {
    gunichar c = g_utf8_get_char_validated (text, -1);
    gsize length = c < (gunichar) -2 ? (gsize) (g_utf8_next_char (text) - text) : 1;

    if (c < (gunichar) -2 && g_unichar_isprint (c))
      g_string_append_len (out, text, (gssize) length);
    else
      for (gsize i = 0; i < length; i++)
        g_string_append_printf (out, "\\x%02x", (guchar) text[i]);
    text += length;
  }
  if (*text != '\0')
    g_string_append (out, "…");
}

void
ot_log_set_json (gboolean json)
{
  g_atomic_int_set (&as_json, json);
}

/* A member of a JSON object, with a comma before it (RFC 8259, section 7). */
static void
append_member (GString *out, const char *name, const char *text, gssize length)
{
  g_autofree char *valid = g_utf8_make_valid (text, length);

  g_string_append_printf (out, ",\"%s\":\"", name);
  for (const char *c = valid; *c != '\0'; c++)
    if (*c == '"' || *c == '\\')
      g_string_append_printf (out, "\\%c", *c);
    else if ((guchar) *c < 0x20)
      g_string_append_printf (out, "\\u%04x", (guchar) *c);
    else
      g_string_append_c (out, *c);
  g_string_append_c (out, '"');
}

static void
append_json (GString *out, const char *stamp, OtLogLevel level, const char *topic, const char *text)
{
  const char *id = g_str_has_prefix (text, "call ") ? text + strlen ("call ") : "";
  gsize id_length = strcspn (id, ": ");

  g_string_append_printf (out, "{\"time\":\"%.23sZ\"", stamp);
  append_member (out, "level", level_names[level], -1);
  append_member (out, "topic", topic, -1);
  if (id_length > 0 && id[id_length] == ':')
    append_member (out, "call", id, (gssize) id_length);
  append_member (out, "message", text, (gssize) MIN (strlen (text), LINE_MAX_BYTES));
  g_string_append (out, "}\n");
}

void
ot_log_write (const char *topic, OtLogLevel level, const char *file, int line, const char *format, ...)
{
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_utc (0);
  g_autoptr (GDateTime) at = g_date_time_add (now, ot_clock_wall_us (ot_clock_real ()));
  g_autofree char *stamp = g_date_time_format (at, "%Y-%m-%dT%H:%M:%S.%f");
  g_autofree char *text = NULL;
  g_autoptr (GString) out = g_string_new (NULL);
  const char *base = strrchr (file, '/');
  va_list args;
  ssize_t written;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  if (g_atomic_int_get (&as_json)) {
    append_json (out, stamp, level, topic, text);
  } else {
    g_string_append_printf (out, "%.23sZ %-5s %-12s ", stamp, level_names[level], topic);
    append_printable (out, text, LINE_MAX_BYTES);
    if (level >= OT_LOG_DEBUG)
      g_string_append_printf (out, " (%s:%d)", base != NULL ? base + 1 : file, line);
    g_string_append_c (out, '\n');
  }
  written = write (STDERR_FILENO, out->str, out->len);
  (void) written; /* nobody to tell when standard error is gone */
}

char *
ot_log_text (const char *text)
{
  GString *out = g_string_new (NULL);

  append_printable (out, text != NULL ? text : "(null)", TEXT_MAX);
  return g_string_free (out, FALSE);
}
