/* Verbs on channels: channel add, channel member, channel list. */

#include <sysexits.h>

#include "arguments.h"
#include "client.h"
#include "print.h"
#include "verbs.h"

int
ctl_channel_add (int argc, char **argv)
{
  g_autofree char *path = NULL;
  g_autofree char *body = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, NULL, 1))
    return EX_USAGE;
  path = ctl_path ("/v1/channels/%s", argv[1]);
  body = ctl_request ("PUT", path, NULL, &code);
  return code;
}

int
ctl_channel_member (int argc, char **argv)
{
  g_autoptr (GString) query = g_string_new (NULL);
  g_autofree char *path = NULL;
  g_autofree char *body = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, NULL, 2))
    return EX_USAGE;
  ctl_add_query (query, "user", argv[2]);
  path = ctl_path ("/v1/channels/%s/members", argv[1]);
  body = ctl_request ("POST", path, query->str, &code);
  return code;
}

int
ctl_channel_list (int argc, char **argv)
{
  static const char *const columns[] = { "CHANNEL=id",         "CALL=call_id",
                                         "MEMBERS=members",    "MESSAGES=messages",
                                         "CREATED=created_at", NULL };
  gboolean json = FALSE;
  gboolean calls = FALSE;
  const GOptionEntry entries[] = { { "json", 0, 0, G_OPTION_ARG_NONE, &json, NULL, NULL },
                                   { "calls", 0, 0, G_OPTION_ARG_NONE, &calls, NULL, NULL },
                                   { NULL } };
  g_autoptr (JsonNode) root = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, entries, 0))
    return EX_USAGE;
  root = ctl_request_json ("GET", "/v1/channels", calls ? "calls=true" : NULL, &code);
  if (root != NULL && json)
    ctl_print_json (root);
  else if (root != NULL)
    ctl_print_table (json_node_get_array (root), columns);
  return code;
}
