#pragma once

#include <glib.h>

/**
 * SECTION:log
 *
 * One line a fact, in GStreamer's manner: every folder of src/ is a topic ("otomo-call"), set by
 * meson as OT_LOG_TOPIC, and its level is chosen at run time in GST_DEBUG's syntax
 * ("otomo-call:5,otomo*:4,*:2"), from GST_DEBUG itself or ot_log_set_levels(). In media/ the same
 * macros go to real GStreamer categories through the sink that media/ installs.
 *
 * Levels: error = a bug or a lost service; warning = degraded, somebody should look; info = the
 * life of a call, one line a transition (the default); debug = for us. Tokens, SDP and ICE
 * passwords never at info or above. Whatever is written is escaped and cut, so that a line stays a
 * line; a client's text within one is cut shorter with ot_log_text().
 *
 * Thread: any.
 */
typedef enum {
  OT_LOG_NONE = 0,
  OT_LOG_ERROR = 1,
  OT_LOG_WARNING = 2,
  OT_LOG_INFO = 4,
  OT_LOG_DEBUG = 5,
  OT_LOG_TRACE = 6,
} OtLogLevel;

/**
 * ot_log_set_levels:
 * @spec: GST_DEBUG's syntax: "topic:level" separated by commas, topics with * and ?, levels 0 to 9
 * or their names (ERROR, WARNING, FIXME, INFO, DEBUG, LOG, TRACE); a bare level is for all topics;
 * the last that matches counts
 *
 * Adds to what was set before. Entries that can't be read are left out and named in a warning.
 */
void ot_log_set_levels (const char *spec);

/** OtLogForm: log.format. */
typedef enum { OT_LOG_FORM_TEXT, OT_LOG_FORM_JSON, OT_LOG_FORM_JOURNAL } OtLogForm;

/** ot_log_set_form: of all lines from now on. Text, as it is at first, and JSON go to standard
 * error; what journald doesn't take goes there as text, which is said once. */
void ot_log_set_form (OtLogForm chosen);

/** ot_log_take_glib: what GLib and its libraries (libsoup, json-glib) log goes the same way from
 * now on, their domain the topic; their infos are debug here. Once, before other threads run. */
void ot_log_take_glib (void);

/** ot_log_enabled: whether a line of this level would be written; TRUE costs a table look-up. */
gboolean ot_log_enabled (const char *topic, OtLogLevel level);

/**
 * OtLogSubject: what a line is about, each (nullable) and borrowed. As text the line's message
 * begins with "call ID: " or "session ID: "; as JSON and in the journal all three are fields
 * besides.
 */
typedef struct {
  const char *call;    /* callId */
  const char *session; /* its id */
  const char *event;   /* of the protocol, or of the state machine's table */
} OtLogSubject;

#define OT_ABOUT(...) (&(const OtLogSubject){ __VA_ARGS__ })

/** ot_log_write: use the macros. One line: time, level, topic, text. @about: (nullable). */
void ot_log_write (const char *topic,
                   OtLogLevel level,
                   const OtLogSubject *about,
                   const char *file,
                   int line,
                   const char *format,
                   ...) G_GNUC_PRINTF (6, 7);

/** ot_log_level_name: as GST_DEBUG has it; static. */
const char *ot_log_level_name (OtLogLevel level);

/**
 * ot_log_text:
 * @text: (nullable): anything, from anybody; need not be UTF-8
 *
 * Returns: (transfer full): @text with all that isn't printable escaped, cut at 200 bytes with "…"
 */
char *ot_log_text (const char *text);

#define ot_log_at(level, about, ...)                                                               \
  G_STMT_START                                                                                     \
  {                                                                                                \
    if (ot_log_enabled (OT_LOG_TOPIC, level))                                                      \
      ot_log_write (OT_LOG_TOPIC, level, about, __FILE__, __LINE__, __VA_ARGS__);                  \
  }                                                                                                \
  G_STMT_END

#define ot_error(...) ot_log_at (OT_LOG_ERROR, NULL, __VA_ARGS__)
#define ot_warning(...) ot_log_at (OT_LOG_WARNING, NULL, __VA_ARGS__)
#define ot_info(...) ot_log_at (OT_LOG_INFO, NULL, __VA_ARGS__)
#define ot_debug(...) ot_log_at (OT_LOG_DEBUG, NULL, __VA_ARGS__)
#define ot_trace(...) ot_log_at (OT_LOG_TRACE, NULL, __VA_ARGS__)

/* The same about a call or a session: ot_info_about (OT_ABOUT (.call = id, .event = name), "…"). */
#define ot_error_about(about, ...) ot_log_at (OT_LOG_ERROR, about, __VA_ARGS__)
#define ot_warning_about(about, ...) ot_log_at (OT_LOG_WARNING, about, __VA_ARGS__)
#define ot_info_about(about, ...) ot_log_at (OT_LOG_INFO, about, __VA_ARGS__)
#define ot_debug_about(about, ...) ot_log_at (OT_LOG_DEBUG, about, __VA_ARGS__)
#define ot_trace_about(about, ...) ot_log_at (OT_LOG_TRACE, about, __VA_ARGS__)
