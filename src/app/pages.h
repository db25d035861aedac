#pragma once

#include <libsoup/soup.h>

/**
 * ot_pages_add:
 *
 * Serves the files of data/web/ from the program's own resources, / being index.html. Development mode only.
 */
void ot_pages_add (SoupServer *server);
