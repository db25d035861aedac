/* Verbs on the server: seed, log, status. */

#include <sysexits.h>

#include "arguments.h"
#include "client.h"
#include "print.h"
#include "verbs.h"

int
ctl_seed (int argc, char **argv)
{
  g_autofree char *pairs = NULL;
  g_autofree char *balance = NULL;
  g_autofree char *file = NULL;
  const GOptionEntry entries[] = {
    { "pairs", 0, 0, G_OPTION_ARG_STRING, &pairs, NULL, NULL },
    { "balance", 0, 0, G_OPTION_ARG_STRING, &balance, NULL, NULL },
    { "tokens", 0, 0, G_OPTION_ARG_FILENAME, &file, NULL, NULL },
    { NULL },
  };
  g_autoptr (GString) query = g_string_new (NULL);
  g_autofree char *body = NULL;
  g_autoptr (GError) error = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, entries, 0))
    return EX_USAGE;
  if (pairs == NULL || balance == NULL || file == NULL) {
    g_printerr ("otomoctl: seed: --pairs N, --balance POINTS and --tokens FILE are needed\n");
    return EX_USAGE;
  }
  ctl_add_query (query, "pairs", pairs);
  ctl_add_query (query, "balance", balance);
  body = ctl_request ("POST", "/v1/seed", query->str, &code);
  if (body == NULL)
    return code;
  if (!g_file_set_contents_full (file, body, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error)) {
    g_printerr ("otomoctl: %s\n", error->message);
    return EX_CANTCREAT;
  }
  return EX_OK;
}

int
ctl_log (int argc, char **argv)
{
  g_autoptr (GString) query = g_string_new (NULL);
  g_autofree char *body = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, NULL, 1))
    return EX_USAGE;
  ctl_add_query (query, "levels", argv[1]);
  body = ctl_request ("PUT", "/v1/log", query->str, &code);
  return code;
}

int
ctl_status (int argc, char **argv)
{
  g_autoptr (JsonNode) root = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, NULL, 0))
    return EX_USAGE;
  root = ctl_request_json ("GET", "/v1/status", NULL, &code);
  if (root != NULL)
    ctl_print_json (root);
  return code;
}
