#pragma once

#include <libsoup/soup.h>

/**
 * ot_pages_add:
 * @path: "/", or "/console": then it is moved to "/console/"
 * @resource: the folder among the program's own resources, without a slash at its end; static
 * @policy: Content-Security-Policy of all of it; static
 *
 * Serves the files of a folder, index.html for the folder itself. Nothing of the file system is
 * ever served.
 */
void ot_pages_add (SoupServer *server, const char *path, const char *resource, const char *policy);
