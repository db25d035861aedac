/* The verb seed, and what it is made of, which load-test needs, too. */

#include "seed.h"

#include <gio/gio.h>
#include <sysexits.h>

#include "client.h"
#include "progress.h"
#include "verbs.h"

#define PAIRS_MAX 100000
#define PAIRS_AT_A_TIME 100

/* Returns: FALSE: it is said on standard error why. */
static gboolean
add_people (GString *lines, gint64 first, gint64 pairs, const char *balance, int *exit_code)
{
  g_autoptr (GString) query = g_string_new (NULL);
  g_autofree char *more = NULL;

  g_string_printf (query, "first=%" G_GINT64_FORMAT "&pairs=%" G_GINT64_FORMAT, first, pairs);
  ctl_add_query (query, "balance", balance);
  more = ctl_request ("POST", "/v1/seed", query->str, exit_code);
  if (more != NULL)
    g_string_append (lines, more);
  return more != NULL;
}

char *
ctl_seed_people (const char *pairs, const char *balance, int *exit_code)
{
  g_autoptr (CtlProgress) progress = ctl_progress_new ("seeding");
  g_autoptr (GString) lines = g_string_new (NULL);
  gint64 total;

  if (!g_ascii_string_to_signed (pairs, 10, 1, PAIRS_MAX, &total, NULL)) {
    g_printerr ("otomoctl: pairs: a whole number from 1 to %d is needed\n", PAIRS_MAX);
    *exit_code = EX_DATAERR;
    return NULL;
  }
  for (gint64 done = 0; done < total;) {
    gint64 n = MIN (PAIRS_AT_A_TIME, total - done);

    ctl_progress_set (progress, done, total);
    if (!add_people (lines, done + 1, n, balance, exit_code))
      return NULL;
    done += n;
  }
  ctl_progress_set (progress, total, total);
  return g_string_free (g_steal_pointer (&lines), FALSE);
}

int
ctl_seed (const CtlArguments *arguments)
{
  int code;
  g_autofree char *lines =
      ctl_seed_people (ctl_option (arguments, "pairs"), ctl_option (arguments, "balance"), &code);
  g_autoptr (GError) error = NULL;

  if (lines == NULL)
    return code;
  if (!g_file_set_contents_full (ctl_option (arguments, "tokens"), lines, -1,
                                 G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error)) {
    g_printerr ("otomoctl: %s\n", error->message);
    return EX_CANTCREAT;
  }
  if (ctl_switch (arguments, "json"))
    g_print ("{}\n");
  return EX_OK;
}
