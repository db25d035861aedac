/* otomoctl: the operator's tool. Finds the verb in one table (made of verbs.toml) and runs it;
 * every verb is one request to the running server's admin socket. Exit codes: sysexits.h; `audit`
 * ends with 1 when an invariant is broken. */

#include <glib.h>
#include <locale.h>
#include <string.h>
#include <sysexits.h>

#include "arguments.h"
#include "client.h"
#include "verbs.h"

char *
ctl_verb_usage (const CtlVerb *self)
{
  GString *line = g_string_new (self->words);

  for (guint i = 0; self->arguments[i] != NULL; i++)
    g_string_append_printf (line, " %s", self->arguments[i]);
  for (const CtlOption *option = self->options; option->name != NULL; option++)
    g_string_append_printf (line, option->needed ? " --%s%s%s" : " [--%s%s%s]", option->name,
                            option->value != NULL ? " " : "",
                            option->value != NULL ? option->value : "");
  return g_string_free (line, FALSE);
}

static void
print_verb (const CtlVerb *verb, gboolean with_options)
{
  g_autofree char *usage = ctl_verb_usage (verb);

  g_print ("  %s\n      %s\n", usage, verb->about);
  for (const CtlOption *option = verb->options; with_options && option->name != NULL; option++)
    g_print ("      --%s %s: %s\n", option->name, option->value != NULL ? option->value : "",
             option->about);
}

static void
print_help (void)
{
  g_print (
      "otomoctl [--state-dir DIR] VERB …: operates the Otomo server of that state directory\n\n");
  for (const CtlVerb *verb = ctl_verbs; verb->words != NULL; verb++)
    print_verb (verb, FALSE);
  g_print (
      "  help [VERB]\n      prints this, or a verb with its options; the manual: man otomoctl\n"
      "  version\n      prints the version\n\n"
      "Every verb takes --json. Exit codes are those of sysexits.h.\n");
}

/* How many of the words at the start of @argv are the verb's; 0: another verb. */
static int
match (const CtlVerb *verb, int argc, char **argv)
{
  g_auto (GStrv) words = g_strsplit (verb->words, " ", -1);
  int n = (int)g_strv_length (words);

  for (int i = 0; i < n; i++)
    if (i >= argc || !g_str_equal (words[i], argv[i]))
      return 0;
  return n;
}

/* @n_words: (out): of those that it found. */
static const CtlVerb *
find_verb (int argc, char **argv, int *n_words)
{
  for (const CtlVerb *verb = ctl_verbs; verb->words != NULL; verb++) {
    *n_words = match (verb, argc, argv);
    if (*n_words > 0)
      return verb;
  }
  g_printerr ("otomoctl: there is no verb \"%s\" (otomoctl help)\n", argv[0]);
  return NULL;
}

static int
run_verb (int argc, char **argv)
{
  int n_words;
  const CtlVerb *verb = find_verb (argc, argv, &n_words);
  g_autoptr (CtlArguments) arguments =
      verb != NULL ? ctl_arguments_new (verb, argc - n_words, argv + n_words) : NULL;

  return arguments != NULL ? verb->run (arguments) : EX_USAGE;
}

static int
help (int argc, char **argv)
{
  const CtlVerb *verb;
  int n_words;

  if (argc == 0) {
    print_help ();
    return EX_OK;
  }
  verb = find_verb (argc, argv, &n_words);
  if (verb == NULL)
    return EX_USAGE;
  print_verb (verb, TRUE);
  return EX_OK;
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  argv++, argc--;
  while (argc > 0 && g_str_has_prefix (argv[0], "--state-dir")) {
    const char *equals = strchr (argv[0], '=');
    int taken = equals != NULL ? 1 : 2;
    if (argc < taken) {
      g_printerr ("otomoctl: --state-dir needs a directory\n");
      return EX_USAGE;
    }
    ctl_set_state_dir (equals != NULL ? equals + 1 : argv[1]);
    argv += taken, argc -= taken;
  }
  if (argc == 0) {
    g_printerr ("otomoctl: a verb is needed (otomoctl help)\n");
    return EX_USAGE;
  }
  if (g_str_equal (argv[0], "help") || g_str_equal (argv[0], "--help"))
    return help (argc - 1, argv + 1);
  if (g_str_equal (argv[0], "version") || g_str_equal (argv[0], "--version")) {
    g_print ("otomoctl %s\n", OT_VERSION);
    return EX_OK;
  }
  return run_verb (argc, argv);
}
