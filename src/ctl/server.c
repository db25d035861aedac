/* Verbs on the server: seed, log, console, status. */

#include <sysexits.h>

#include "answer.h"
#include "client.h"
#include "print.h"
#include "verbs.h"

int
ctl_seed (const CtlArguments *arguments)
{
  const char *file = ctl_option (arguments, "tokens");
  g_autoptr (GString) query = g_string_new (NULL);
  g_autofree char *body = NULL;
  g_autoptr (GError) error = NULL;
  int code;

  ctl_add_query (query, "pairs", ctl_option (arguments, "pairs"));
  ctl_add_query (query, "balance", ctl_option (arguments, "balance"));
  body = ctl_request ("POST", "/v1/seed", query->str, &code);
  if (body == NULL)
    return code;
  if (!g_file_set_contents_full (file, body, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error)) {
    g_printerr ("otomoctl: %s\n", error->message);
    return EX_CANTCREAT;
  }
  if (ctl_switch (arguments, "json"))
    g_print ("{}\n");
  return EX_OK;
}

int
ctl_log (const CtlArguments *arguments)
{
  g_autoptr (GString) query = g_string_new (NULL);

  ctl_add_query (query, "levels", ctl_argument (arguments, 0));
  return ctl_answer_done (arguments, "PUT", "/v1/log", query->str);
}

int
ctl_console (const CtlArguments *arguments)
{
  return ctl_answer_member (arguments, "POST", "/v1/console", NULL, "url");
}

int
ctl_status (const CtlArguments *arguments)
{
  int code;
  g_autoptr (JsonNode) root = ctl_answer_ask (arguments, "/v1/status", NULL, &code);

  if (root != NULL)
    ctl_print_members (json_node_get_object (root));
  return code;
}
