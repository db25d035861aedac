#pragma once

#include <json-glib/json-glib.h>

/**
 * SECTION:client
 *
 * The admin API from the outside: one HTTP request over the server's Unix socket, waited for.
 */

/** ctl_set_state_dir: where the server's socket is; (nullable): the default place. */
void ctl_set_state_dir (const char *state_dir);

/**
 * ctl_request:
 * @method: "GET", "PUT", "POST"
 * @path: "/v1/…", with its parts escaped (ctl_path())
 * @query: (nullable): "a=b&c=d", escaped
 *
 * Returns: (transfer full) (nullable): the body; NULL: said on standard error already, @exit_code
 * says which sort
 */
char *ctl_request (const char *method, const char *path, const char *query, int *exit_code);

/** ctl_request_json: the same, parsed. Returns: (transfer full) (nullable) */
JsonNode *
ctl_request_json (const char *method, const char *path, const char *query, int *exit_code);

/** ctl_request_watched: GET, parsed, for what takes its time: a bar, called @what (static), shows
 * meanwhile what GET @progress_path answers: {"done": N, "of": N}. */
JsonNode *
ctl_request_watched (const char *path, const char *what, const char *progress_path, int *exit_code);

/** ctl_path: a path from a format with one %s for an id, which is escaped, and gets its ~ where the
 * admin API needs one. Returns: (transfer full) */
char *ctl_path (const char *format, const char *id) G_GNUC_FORMAT (1);

/** ctl_add_query: appends "&key=value", escaped; nothing for a NULL value. */
void ctl_add_query (GString *query, const char *key, const char *value);
