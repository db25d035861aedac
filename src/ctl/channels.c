/* Verbs on channels: channel add, channel member, channel list. */

#include "answer.h"
#include "client.h"
#include "verbs.h"

int
ctl_channel_add (const CtlArguments *arguments)
{
  g_autofree char *path = ctl_path ("/v1/channels/%s", ctl_argument (arguments, 0));

  return ctl_answer_done (arguments, "PUT", path, NULL);
}

int
ctl_channel_member (const CtlArguments *arguments)
{
  g_autoptr (GString) query = g_string_new (NULL);
  g_autofree char *path = ctl_path ("/v1/channels/%s/members", ctl_argument (arguments, 0));

  ctl_add_query (query, "user", ctl_argument (arguments, 1));
  return ctl_answer_done (arguments, "POST", path, query->str);
}

int
ctl_channel_list (const CtlArguments *arguments)
{
  static const char *const columns[] = { "CHANNEL=id",         "CALL=call_id",
                                         "MEMBERS=members",    "MESSAGES=messages",
                                         "CREATED=created_at", NULL };

  return ctl_answer_list (arguments, "/v1/channels",
                          ctl_switch (arguments, "calls") ? "calls=true" : NULL, columns);
}
