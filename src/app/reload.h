#pragma once

#include <glib.h>

/**
 * OtReload:
 *
 * What came of reading the settings again, while calls went on. ot_reload_clear() frees it.
 */
typedef struct {
  GPtrArray *changed; /* of char *: settings that have a new value now */
  GPtrArray *kept;    /* of char *: settings that need a new start; they are as before */
  GPtrArray *failed;  /* of char *: a file that is no good, and why; what was there stays */
} OtReload;

void ot_reload_init (OtReload *self);
void ot_reload_clear (OtReload *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OtReload, ot_reload_clear)

/** ot_reload_add_failure: @error: (transfer full) (nullable): NULL: it did not fail. */
void ot_reload_add_failure (OtReload *self, GError *error);

/** ot_reload_log: a line for each thing, and one when nothing failed. */
void ot_reload_log (const OtReload *self);

/** ot_reload_to_json: {changed: [], needsStart: [], failed: []}. Returns: (transfer full) */
char *ot_reload_to_json (const OtReload *self);
