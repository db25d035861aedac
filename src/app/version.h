#pragma once

/** ot_version_print: our version and that of every library that runs with us, a line each, to
 * standard output. */
void ot_version_print (void);
