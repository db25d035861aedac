#pragma once

#include <json-glib/json-glib.h>

/** ctl_print_json: the whole answer, indented. */
void ctl_print_json (JsonNode *node);

/** ctl_print_members: a line for each member of an object. */
void ctl_print_members (JsonObject *object);

/**
 * ctl_print_table:
 * @rows: an array of objects
 * @columns: (array zero-terminated=1): "Title=member"; a member that is absent or null prints as
 * "-"
 */
void ctl_print_table (JsonArray *rows, const char *const *columns);

/** ctl_print_csv: the same as RFC 4180; what is absent or null is empty. */
void ctl_print_csv (JsonArray *rows, const char *const *columns);

/** ctl_value_text: a member as text for a person: on one line, whatever is in it; "-" for none.
 * Returns: (transfer full) */
char *ctl_value_text (JsonObject *object, const char *member);
