/* Reads what follows a verb, by the verb's own description. */

#include "arguments.h"

#include <string.h>

#include "verbs.h"

static const CtlOption json_option = { "json", NULL, FALSE, "the server's answer as JSON" };

struct _CtlArguments {
  const CtlVerb *verb;
  GPtrArray *words; /* owned: of char*, borrowed from argv */
  GHashTable
      *options; /* owned: of const CtlOption*, to a value in argv; a switch: to its own name */
};

static const CtlOption *
find (const CtlVerb *verb, const char *name, gsize length)
{
  for (const CtlOption *option = verb->options; option->name != NULL; option++)
    if (strlen (option->name) == length && strncmp (option->name, name, length) == 0)
      return option;
  return strlen (json_option.name) == length && strncmp (json_option.name, name, length) == 0
             ? &json_option
             : NULL;
}

static gboolean
complain (const CtlVerb *verb, const char *what, const char *which)
{
  g_autofree char *usage = ctl_verb_usage (verb);

  g_printerr ("otomoctl: %s: %s%s\nusage: otomoctl %s\n", verb->words, what, which, usage);
  return FALSE;
}

/* @next: what follows it. Returns how many of them it took: 0 is a mistake. */
static int
take_option (CtlArguments *self, const char *word, const char *next)
{
  const char *name = word + 2;
  const char *equals = strchr (name, '=');
  const CtlOption *option =
      find (self->verb, name, equals != NULL ? (gsize)(equals - name) : strlen (name));
  const char *value;

  if (option == NULL)
    return complain (self->verb, "there is no option ", word);
  if (option->value == NULL && equals != NULL)
    return complain (self->verb, "no value belongs to --", option->name);
  value = option->value == NULL ? option->name : equals != NULL ? equals + 1 : next;
  if (value == NULL)
    return complain (self->verb, "a value is missing after ", word);
  g_hash_table_insert (self->options, (gpointer)option, (gpointer)value);
  return option->value == NULL || equals != NULL ? 1 : 2;
}

static gboolean
take_all (CtlArguments *self, int argc, char **argv)
{
  gboolean only_words = FALSE;

  for (int i = 0; i < argc;) {
    int taken = 1;
    if (!only_words && g_str_equal (argv[i], "--"))
      only_words = TRUE;
    else if (!only_words && argv[i][0] == '-' && argv[i][1] == '-')
      taken = take_option (self, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
    else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0')
      return complain (self->verb, "there is no option ", argv[i]);
    else
      g_ptr_array_add (self->words, argv[i]);
    if (taken == 0)
      return FALSE;
    i += taken;
  }
  return TRUE;
}

static gboolean
is_complete (const CtlArguments *self)
{
  guint wanted = g_strv_length ((char **)self->verb->arguments);

  if (self->words->len < wanted)
    return complain (self->verb, "what is missing: ", self->verb->arguments[self->words->len]);
  if (self->words->len > wanted)
    return complain (self->verb, "too many arguments: ", g_ptr_array_index (self->words, wanted));
  for (const CtlOption *option = self->verb->options; option->name != NULL; option++) {
    const char *value = g_hash_table_lookup (self->options, option);
    if (option->needed && (value == NULL || *value == '\0'))
      return complain (self->verb, "what is needed: --", option->name);
  }
  return TRUE;
}

CtlArguments *
ctl_arguments_new (const CtlVerb *verb, int argc, char **argv)
{
  g_autoptr (CtlArguments) self = g_new0 (CtlArguments, 1);

  self->verb = verb;
  self->words = g_ptr_array_new ();
  self->options = g_hash_table_new (NULL, NULL);
  return take_all (self, argc, argv) && is_complete (self) ? g_steal_pointer (&self) : NULL;
}

void
ctl_arguments_free (CtlArguments *self)
{
  g_ptr_array_unref (self->words);
  g_hash_table_unref (self->options);
  g_free (self);
}

const char *
ctl_argument (const CtlArguments *self, guint index)
{
  g_assert (index < self->words->len);
  return g_ptr_array_index (self->words, index);
}

const char *
ctl_option (const CtlArguments *self, const char *name)
{
  const CtlOption *option = find (self->verb, name, strlen (name));

  g_assert (option != NULL && option->value != NULL);
  return g_hash_table_lookup (self->options, option);
}

gboolean
ctl_switch (const CtlArguments *self, const char *name)
{
  const CtlOption *option = find (self->verb, name, strlen (name));

  g_assert (option != NULL && option->value == NULL);
  return g_hash_table_contains (self->options, option);
}
