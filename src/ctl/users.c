/* Verbs on people: user add, user block, user unblock, users, token. */

#include "answer.h"
#include "client.h"
#include "verbs.h"

int
ctl_user_add (const CtlArguments *arguments)
{
  static const char *const members[] = { "role", "price", "share", "name" };
  g_autoptr (GString) query = g_string_new (NULL);
  g_autofree char *path = ctl_path ("/v1/users/%s", ctl_argument (arguments, 0));

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    ctl_add_query (query, members[i], ctl_option (arguments, members[i]));
  return ctl_answer_done (arguments, "PUT", path, query->str);
}

static int
set_blocked (const CtlArguments *arguments, const char *query)
{
  g_autofree char *path = ctl_path ("/v1/users/%s", ctl_argument (arguments, 0));

  return ctl_answer_done (arguments, "POST", path, query);
}

int
ctl_user_block (const CtlArguments *arguments)
{
  return set_blocked (arguments, "blocked=true");
}

int
ctl_user_unblock (const CtlArguments *arguments)
{
  return set_blocked (arguments, "blocked=false");
}

int
ctl_users (const CtlArguments *arguments)
{
  static const char *const columns[] = { "USER=id",
                                         "ROLE=role",
                                         "NAME=display_name",
                                         "PRICE=price_per_unit",
                                         "SHARE=share_percent",
                                         "BALANCE=balance",
                                         "BLOCKED=blocked",
                                         NULL };
  static const char *const members[] = { "search", "after", "limit" };
  g_autoptr (GString) query = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    ctl_add_query (query, members[i], ctl_option (arguments, members[i]));
  return ctl_answer_list (arguments, "/v1/users", query->str, columns);
}

int
ctl_token (const CtlArguments *arguments)
{
  g_autofree char *path = ctl_path ("/v1/users/%s/tokens", ctl_argument (arguments, 0));

  return ctl_answer_member (arguments, "POST", path, NULL, "token");
}
