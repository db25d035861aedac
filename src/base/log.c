/* The one log writer. Owns the table of levels; never opens a file and never blocks on anything but
 * stderr or the journal. GLib's own messages (libsoup, json-glib) come through the same writer
 * under their domain's name. */

#include "log.h"

#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log-line.h"

typedef struct {
  char *pattern; /* owned */
  int level;
} LevelRule;

static GMutex lock;
static GArray *rules;                  /* of LevelRule, the last match counts; guarded by lock */
static int form = OT_LOG_FORM_TEXT;    /* OtLogForm, atomic */
static int most_verbose = OT_LOG_INFO; /* a cheap first look; guarded by lock for writing only */

#define TEXT_MAX 200 /* bytes of somebody else's text within a line */

static const char *const level_names[] = { "NONE",  "ERROR", "WARN",  "FIXME", "INFO",
                                           "DEBUG", "LOG",   "TRACE", "",      "MEMDUMP" };

const char *
ot_log_level_name (OtLogLevel level)
{
  return level_names[level];
}

static int
parse_level (const char *text)
{
  if (g_ascii_isdigit (text[0]) && text[1] == '\0')
    return text[0] - '0';
  for (guint i = 0; i < G_N_ELEMENTS (level_names); i++)
    if (level_names[i][0] != '\0' && g_ascii_strcasecmp (text, level_names[i]) == 0)
      return (int)i;
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
      ot_log_write ("otomo-base", OT_LOG_WARNING, NULL, __FILE__, __LINE__,
                    "debug levels: cannot read \"%s\"", entry);
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

  if ((int)level > g_atomic_int_get (&most_verbose))
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
  return (int)level <= limit;
}

void
ot_log_set_form (OtLogForm chosen)
{
  g_atomic_int_set (&form, chosen);
}

/* Said once: from then on, and whenever the journal takes nothing, lines are text. */
static void
say_no_journal (void)
{
  static int said; /* atomic */

  if (g_atomic_int_add (&said, 1) == 0)
    ot_log_write ("otomo-base", OT_LOG_WARNING, NULL, __FILE__, __LINE__,
                  "the journal can't be reached: its lines go to standard error as text");
}

void
ot_log_write (const char *topic,
              OtLogLevel level,
              const OtLogSubject *about,
              const char *file,
              int line,
              const char *format,
              ...)
{
  OtLogForm chosen = g_atomic_int_get (&form);
  g_autofree char *message = NULL;
  g_autofree char *out = NULL;
  OtLogLine it = { .wall_us = ot_clock_wall_us (ot_clock_real ()),
                   .topic = topic,
                   .level = level,
                   .file = file,
                   .line = line };
  va_list args;
  ssize_t written;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  it.message = message;
  if (about != NULL)
    it.about = *about;
  if (chosen == OT_LOG_FORM_JOURNAL && ot_log_line_to_journal (&it))
    return;
  out = chosen == OT_LOG_FORM_JSON ? ot_log_line_json (&it) : ot_log_line_text (&it);
  written = write (STDERR_FILENO, out, strlen (out));
  (void)written; /* nobody to tell when standard error is gone */
  if (chosen == OT_LOG_FORM_JOURNAL)
    say_no_journal ();
}

static OtLogLevel
level_of_glib (GLogLevelFlags flags)
{
  if (flags & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
    return OT_LOG_ERROR;
  if (flags & G_LOG_LEVEL_WARNING)
    return OT_LOG_WARNING;
  return flags & G_LOG_LEVEL_MESSAGE ? OT_LOG_INFO : OT_LOG_DEBUG;
}

static const char *
glib_field (const GLogField *fields, gsize n, const char *key)
{
  for (gsize i = 0; i < n; i++)
    if (g_str_equal (fields[i].key, key) && fields[i].length < 0)
      return fields[i].value;
  return NULL;
}

static GLogWriterOutput
on_glib_log (GLogLevelFlags flags, const GLogField *fields, gsize n, gpointer user_data)
{
  const char *domain = glib_field (fields, n, "GLIB_DOMAIN");
  const char *message = glib_field (fields, n, "MESSAGE");
  const char *topic = domain != NULL ? domain : "GLib";
  OtLogLevel level = level_of_glib (flags);

  if (message != NULL && ot_log_enabled (topic, level))
    ot_log_write (topic, level, NULL, "glib", 0, "%s", message);
  return G_LOG_WRITER_HANDLED;
}

void
ot_log_take_glib (void)
{
  g_log_set_writer_func (on_glib_log, NULL, NULL);
}

char *
ot_log_text (const char *text)
{
  GString *out = g_string_new (NULL);

  ot_log_append_printable (out, text != NULL ? text : "(null)", TEXT_MAX);
  return g_string_free (out, FALSE);
}
