#pragma once

#include <glib.h>

/**
 * ctl_parse:
 * @entries: (nullable): options of the verb, GOption's way
 * @n_words: how many arguments must be left
 *
 * Reads a verb's options and checks what is left, in place: argv[1] … argv[n_words].
 *
 * Returns: FALSE: said what is wrong on standard error
 */
gboolean ctl_parse (int *argc, char ***argv, const GOptionEntry *entries, int n_words);
