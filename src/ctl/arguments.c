/* A verb's options and words. */

#include "arguments.h"

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
  if (*argc != n_words + 1) {
    g_printerr ("otomoctl: %s: %s (otomoctl help)\n", (*argv)[0],
        *argc > n_words + 1 ? "too many arguments" : "an argument is missing");
    return FALSE;
  }
  return TRUE;
}
