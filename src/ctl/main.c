/* otomoctl: the operator's tool. Finds the verb in one table and runs it; every verb is one request to the running
 * server's admin socket. Exit codes: sysexits.h; `audit` ends with 1 when an invariant is broken. */

#include <glib.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "client.h"
#include "verbs.h"

static const CtlVerb verbs[] = {
  { "user add", "ID --role user|otomo [--price N] [--share PERCENT] [--name S]", "adds a person, or changes one", ctl_user_add },
  { "user block", "ID", "closes an account's connections and lets it in no more", ctl_user_block },
  { "user unblock", "ID", "lets it in again", ctl_user_unblock },
  { "users", "[--json]", "lists all people", ctl_users },
  { "wallet top-up", "ID POINTS [--id PURCHASE]", "points bought; prints the balance", ctl_wallet_top_up },
  { "wallet show", "ID [--json]", "balance and newest transfers", ctl_wallet_show },
  { "wallet adjust", "ID POINTS --reason TEXT [--operator NAME] [--id ADJUSTMENT]",
    "gives points, or takes them (-- ID -POINTS), and keeps who and why", ctl_wallet_adjust },
  { "statement", "ID [--from INSTANT] [--to INSTANT] [--csv|--json]", "a person's bill: each transfer and what it left",
    ctl_statement },
  { "token", "ID", "prints a new session token, good for 30 days", ctl_token },
  { "calls", "[--live] [--json]", "lists calls, newest first", ctl_calls },
  { "call show", "ID [--json]", "a call: events, evidence, transfers", ctl_call_show },
  { "call explain", "ID [--json]", "a call as one timeline: states, evidence, units, transfers, the end", ctl_call_explain },
  { "call end", "ID", "ends a live call", ctl_call_end },
  { "channel add", "ID", "a chat channel without members", ctl_channel_add },
  { "channel member", "ID USER", "lets somebody read and write a channel", ctl_channel_member },
  { "channel list", "[--calls] [--json]", "lists channels, newest first; --calls: those of calls as well", ctl_channel_list },
  { "webhooks retry", "ID|dead", "tries an event once more from the start, or all that were given up", ctl_webhooks_retry },
  { "webhooks test", "", "puts an event that says nothing on its way, and prints its id", ctl_webhooks_test },
  { "webhooks", "[--state waiting|sent|dead] [--json]", "lists the events for the operator's own systems, newest first",
    ctl_webhooks },
  { "audit", "[--json]", "checks the six invariants of the ledger; exit code 1 when one is broken", ctl_audit },
  { "seed", "--pairs N --balance P --tokens FILE", "users u1…uN and otomos o1…oN for load tests", ctl_seed },
  { "log", "LEVELS", "sets log levels while the server runs, in GST_DEBUG's syntax", ctl_log },
  { "status", "", "version, sockets and counts", ctl_status },
};

static void
print_help (FILE *out)
{
  fprintf (out, "otomoctl [--state-dir DIR] VERB …: operates the Otomo server of that state directory\n\n");
  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    fprintf (out, "  %s %s\n      %s\n", verbs[i].words, verbs[i].arguments, verbs[i].help);
  fprintf (out, "  version\n      prints the version\n");
}

/* How many arguments the verb's words take up at the start of @argv; 0: another verb. */
static int
match (const CtlVerb *verb, int argc, char **argv)
{
  g_auto (GStrv) words = g_strsplit (verb->words, " ", -1);
  int n = (int) g_strv_length (words);

  for (int i = 0; i < n; i++)
    if (i >= argc || !g_str_equal (words[i], argv[i]))
      return 0;
  return n;
}

static int
run_verb (int argc, char **argv)
{
  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++) {
    int n = match (&verbs[i], argc, argv);
    if (n > 0)
      return verbs[i].run (argc - n + 1, argv + n - 1);
  }
  fprintf (stderr, "otomoctl: there is no verb \"%s\" (otomoctl help)\n", argv[0]);
  return EX_USAGE;
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
      fprintf (stderr, "otomoctl: --state-dir needs a directory\n");
      return EX_USAGE;
    }
    ctl_set_state_dir (equals != NULL ? equals + 1 : argv[1]);
    argv += taken, argc -= taken;
  }
  if (argc == 0 || g_str_equal (argv[0], "help") || g_str_equal (argv[0], "--help")) {
    print_help (argc == 0 ? stderr : stdout);
    return argc == 0 ? EX_USAGE : EX_OK;
  }
  if (g_str_equal (argv[0], "version") || g_str_equal (argv[0], "--version")) {
    printf ("otomoctl %s\n", OT_VERSION);
    return EX_OK;
  }
  return run_verb (argc, argv);
}
