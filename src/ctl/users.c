/* Verbs on people: user add, user block, user unblock, users, token. */

#include <sysexits.h>

#include "arguments.h"
#include "client.h"
#include "print.h"
#include "verbs.h"

int
ctl_user_add (int argc, char **argv)
{
  g_autofree char *role = NULL;
  g_autofree char *price = NULL;
  g_autofree char *share = NULL;
  g_autofree char *name = NULL;
  const GOptionEntry entries[] = {
    { "role", 0, 0, G_OPTION_ARG_STRING, &role, NULL, NULL },
    { "price", 0, 0, G_OPTION_ARG_STRING, &price, NULL, NULL },
    { "share", 0, 0, G_OPTION_ARG_STRING, &share, NULL, NULL },
    { "name", 0, 0, G_OPTION_ARG_STRING, &name, NULL, NULL },
    { NULL },
  };
  g_autoptr (GString) query = g_string_new (NULL);
  g_autofree char *path = NULL;
  g_autofree char *body = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, entries, 1))
    return EX_USAGE;
  if (role == NULL) {
    g_printerr ("otomoctl: user add: --role user or --role otomo is needed\n");
    return EX_USAGE;
  }
  ctl_add_query (query, "role", role);
  ctl_add_query (query, "price", price);
  ctl_add_query (query, "share", share);
  ctl_add_query (query, "name", name);
  path = ctl_path ("/v1/users/%s", argv[1]);
  body = ctl_request ("PUT", path, query->str, &code);
  return code;
}

static int
set_blocked (int argc, char **argv, const char *verb)
{
  g_autofree char *path = NULL;
  g_autofree char *body = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, NULL, 1))
    return EX_USAGE;
  path = ctl_path ("/v1/users/%s", argv[1]);
  body = ctl_request ("POST", path, verb, &code);
  return code;
}

int
ctl_user_block (int argc, char **argv)
{
  return set_blocked (argc, argv, "blocked=true");
}

int
ctl_user_unblock (int argc, char **argv)
{
  return set_blocked (argc, argv, "blocked=false");
}

int
ctl_users (int argc, char **argv)
{
  static const char *const columns[] = { "USER=id", "ROLE=role", "NAME=display_name", "PRICE=price_per_unit", "SHARE=share_percent",
    "BALANCE=balance", "BLOCKED=blocked", NULL };
  gboolean json = FALSE;
  const GOptionEntry entries[] = { { "json", 0, 0, G_OPTION_ARG_NONE, &json, NULL, NULL }, { NULL } };
  g_autoptr (JsonNode) root = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, entries, 0))
    return EX_USAGE;
  root = ctl_request_json ("GET", "/v1/users", NULL, &code);
  if (root != NULL && json)
    ctl_print_json (root);
  else if (root != NULL)
    ctl_print_table (json_node_get_array (root), columns);
  return code;
}

int
ctl_token (int argc, char **argv)
{
  g_autofree char *path = NULL;
  g_autoptr (JsonNode) root = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, NULL, 1))
    return EX_USAGE;
  path = ctl_path ("/v1/users/%s/tokens", argv[1]);
  root = ctl_request_json ("POST", path, NULL, &code);
  if (root != NULL)
    g_print ("%s\n", json_object_get_string_member (json_node_get_object (root), "token"));
  return code;
}
