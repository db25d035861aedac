/* A verb's options and words. */

#include "arguments.h"

/* GOption leaves the "--" that ends the options; what follows it is all words, "-17" too. */
static void
drop_separator (int *argc, char **argv)
{
  int i = 1;

  while (i < *argc && !g_str_equal (argv[i], "--"))
    i++;
  if (i == *argc)
    return;
  for (; i < *argc; i++)
    argv[i] = argv[i + 1];
  (*argc)--;
}

gboolean
ctl_parse (int *argc, char ***argv, const GOptionEntry *entries, int n_words)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_set_help_enabled (context, FALSE);
  if (entries != NULL)
    g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error)) {
    g_printerr ("otomoctl: %s (otomoctl help)\n", error->message);
    return FALSE;
  }
  drop_separator (argc, *argv);
  if (*argc != n_words + 1) {
    g_printerr ("otomoctl: %s: %s (otomoctl help)\n", (*argv)[0],
        *argc > n_words + 1 ? "too many arguments" : "an argument is missing");
    return FALSE;
  }
  return TRUE;
}
