/* The shapes that answers have. */

#include "answer.h"

#include <sysexits.h>

#include "client.h"
#include "print.h"

JsonNode *
ctl_answer_ask (const CtlArguments *arguments, const char *path, const char *query, int *exit_code)
{
  g_autoptr (JsonNode) root = ctl_request_json ("GET", path, query, exit_code);

  if (root == NULL || !ctl_switch (arguments, "json"))
    return g_steal_pointer (&root);
  ctl_print_json (root);
  return NULL;
}

int
ctl_answer_list (const CtlArguments *arguments,
                 const char *path,
                 const char *query,
                 const char *const *columns)
{
  int code;
  g_autoptr (JsonNode) root = ctl_answer_ask (arguments, path, query, &code);

  if (root != NULL)
    ctl_print_table (json_node_get_array (root), columns);
  return code;
}

int
ctl_answer_member (const CtlArguments *arguments,
                   const char *method,
                   const char *path,
                   const char *query,
                   const char *member)
{
  int code;
  g_autoptr (JsonNode) root = ctl_request_json (method, path, query, &code);
  g_autofree char *text = NULL;

  if (root == NULL)
    return code;
  if (ctl_switch (arguments, "json")) {
    ctl_print_json (root);
    return code;
  }
  text = ctl_value_text (json_node_get_object (root), member);
  g_print ("%s\n", text);
  return code;
}

int
ctl_answer_done (const CtlArguments *arguments,
                 const char *method,
                 const char *path,
                 const char *query)
{
  int code;
  g_autofree char *body = ctl_request (method, path, query, &code);

  if (body != NULL && ctl_switch (arguments, "json"))
    g_print ("%s\n", *body != '\0' ? body : "{}");
  return code;
}
