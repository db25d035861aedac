#pragma once

#include <json-glib/json-glib.h>

#include "arguments.h"

/**
 * SECTION:answer
 *
 * What most verbs are: one request to the server (client.h), and its answer for a person, or as
 * JSON with --json. Each returns the verb's exit code; what went wrong was said on standard error.
 */

/** ctl_answer_list: GETs a list and prints it as a table. @columns: as ctl_print_table() wants
 * them. */
int ctl_answer_list (const CtlArguments *arguments,
                     const char *path,
                     const char *query,
                     const char *const *columns);

/** ctl_answer_member: sends a request and prints one member of its answer. */
int ctl_answer_member (const CtlArguments *arguments,
                       const char *method,
                       const char *path,
                       const char *query,
                       const char *member);

/** ctl_answer_done: sends a request to whose success there is nothing to add; {} as JSON. */
int ctl_answer_done (const CtlArguments *arguments,
                     const char *method,
                     const char *path,
                     const char *query);

/**
 * ctl_answer_ask:
 *
 * GETs an object that the verb prints in its own way. With --json it has been printed.
 *
 * Returns: (transfer full) (nullable): what is left to print; NULL: nothing
 */
JsonNode *
ctl_answer_ask (const CtlArguments *arguments, const char *path, const char *query, int *exit_code);
