#pragma once

#include <glib.h>

typedef struct _CtlVerb CtlVerb;

/**
 * CtlArguments:
 *
 * What a person typed after a verb's words, checked against the verb's description. Asking for what
 * that doesn't name is an error of the program.
 */
typedef struct _CtlArguments CtlArguments;

/**
 * ctl_arguments_new:
 * @argv: (array length=argc): what follows the verb's words. "--" ends the options: "-17" may
 * follow it.
 *
 * Returns: (transfer full) (nullable): NULL: it said on standard error what is wrong
 */
CtlArguments *ctl_arguments_new (const CtlVerb *verb, int argc, char **argv);
void ctl_arguments_free (CtlArguments *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CtlArguments, ctl_arguments_free)

/** ctl_argument: the one at @index, from 0. */
const char *ctl_argument (const CtlArguments *self, guint index);

/** ctl_option: Returns: (nullable): the option's value; NULL: not given, and not needed */
const char *ctl_option (const CtlArguments *self, const char *name);

/** ctl_switch: whether an option without a value was given. Every verb has "json". */
gboolean ctl_switch (const CtlArguments *self, const char *name);
