/* Verbs on webhooks: webhooks, webhooks retry, webhooks test. */

#include <sysexits.h>

#include "arguments.h"
#include "client.h"
#include "print.h"
#include "verbs.h"

int
ctl_webhooks (int argc, char **argv)
{
  static const char *const columns[] = { "ID=id",
                                         "TYPE=type",
                                         "STATE=state",
                                         "TRIES=tries",
                                         "CREATED=created_at",
                                         "NEXT TRY=next_try_at",
                                         "STATUS=last_status",
                                         "WHAT WAS WRONG=last_error",
                                         NULL };
  gboolean json = FALSE;
  g_autofree char *state = NULL;
  const GOptionEntry entries[] = { { "json", 0, 0, G_OPTION_ARG_NONE, &json, NULL, NULL },
                                   { "state", 0, 0, G_OPTION_ARG_STRING, &state, NULL, NULL },
                                   { NULL } };
  g_autoptr (GString) query = g_string_new (NULL);
  g_autoptr (JsonNode) root = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, entries, 0))
    return EX_USAGE;
  ctl_add_query (query, "state", state);
  root = ctl_request_json ("GET", "/v1/webhooks", query->str, &code);
  if (root != NULL && json)
    ctl_print_json (root);
  else if (root != NULL)
    ctl_print_table (json_node_get_array (root), columns);
  return code;
}

static int
post_and_print (const char *path, const char *member)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) root = NULL;
  int code;

  root = ctl_request_json ("POST", path, NULL, &code);
  if (root == NULL)
    return code;
  text = ctl_value_text (json_node_get_object (root), member);
  g_print ("%s\n", text);
  return code;
}

int
ctl_webhooks_retry (int argc, char **argv)
{
  g_autofree char *path = NULL;

  if (!ctl_parse (&argc, &argv, NULL, 1))
    return EX_USAGE;
  path = ctl_path ("/v1/webhooks/%s/retry", argv[1]);
  return post_and_print (path, "retried");
}

int
ctl_webhooks_test (int argc, char **argv)
{
  if (!ctl_parse (&argc, &argv, NULL, 0))
    return EX_USAGE;
  return post_and_print ("/v1/webhooks", "id");
}
