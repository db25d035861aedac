/* Verbs on webhooks: webhooks, webhooks retry, webhooks test. */

#include "answer.h"
#include "client.h"
#include "verbs.h"

int
ctl_webhooks (const CtlArguments *arguments)
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
  g_autoptr (GString) query = g_string_new (NULL);

  ctl_add_query (query, "state", ctl_option (arguments, "state"));
  return ctl_answer_list (arguments, "/v1/webhooks", query->str, columns);
}

int
ctl_webhooks_retry (const CtlArguments *arguments)
{
  g_autofree char *path = ctl_path ("/v1/webhooks/%s/retry", ctl_argument (arguments, 0));

  return ctl_answer_member (arguments, "POST", path, NULL, "retried");
}

int
ctl_webhooks_test (const CtlArguments *arguments)
{
  return ctl_answer_member (arguments, "POST", "/v1/webhooks", NULL, "id");
}
