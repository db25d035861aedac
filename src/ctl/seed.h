#pragma once

#include <glib.h>

/**
 * ctl_seed_people:
 * @pairs: a number, as it was written
 * @balance: likewise; checked by the server
 *
 * Users u1 … and otomos o1 … exist from now on: asked for some at a time, with a bar.
 *
 * Returns: (transfer full) (nullable): a line "ID TOKEN" for each; NULL: said on standard error
 * already, @exit_code says which sort
 */
char *ctl_seed_people (const char *pairs, const char *balance, int *exit_code);
