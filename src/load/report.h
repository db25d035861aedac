#pragma once

#include "run.h"

/** load_report_json: (transfer full): one line. */
char *load_report_json (const LoadFigures *figures);

/** load_report_print: a table for a person, on standard output, of load_report_json()'s figures. */
void load_report_print (const char *json);
