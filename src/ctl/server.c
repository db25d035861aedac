/* Verbs on the server: log, reload, console, status. */

#include <sysexits.h>

#include "answer.h"
#include "client.h"
#include "print.h"
#include "verbs.h"

int
ctl_log (const CtlArguments *arguments)
{
  g_autoptr (GString) query = g_string_new (NULL);

  ctl_add_query (query, "levels", ctl_argument (arguments, 0));
  return ctl_answer_done (arguments, "PUT", "/v1/log", query->str);
}

static guint
print_list (JsonObject *answer, const char *name, const char *what)
{
  JsonArray *texts = json_object_get_array_member (answer, name);

  for (guint i = 0; i < json_array_get_length (texts); i++)
    g_print ("%s: %s\n", what, json_array_get_string_element (texts, i));
  return json_array_get_length (texts);
}

int
ctl_reload (const CtlArguments *arguments)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree char *body = NULL;
  JsonObject *answer;
  int code;

  body = ctl_request ("POST", "/v1/reload", NULL, &code);
  if (body == NULL)
    return code;
  if (!json_parser_load_from_data (parser, body, -1, NULL))
    return EX_PROTOCOL;
  answer = json_node_get_object (json_parser_get_root (parser));
  if (ctl_switch (arguments, "json")) {
    g_print ("%s\n", body);
  } else {
    print_list (answer, "changed", "changed");
    print_list (answer, "needsStart", "needs a new start");
    print_list (answer, "failed", "as before");
  }
  return json_array_get_length (json_object_get_array_member (answer, "failed")) > 0 ? 1 : EX_OK;
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
