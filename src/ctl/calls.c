/* Verbs on calls: calls, call show, call end. */

#include <sysexits.h>

#include "arguments.h"
#include "client.h"
#include "print.h"
#include "verbs.h"

int
ctl_calls (int argc, char **argv)
{
  static const char *const columns[] = { "CALL=call_id", "STATUS=status", "CALLER=caller_id", "CALLEE=callee_id",
    "REQUESTED=requested_at", "SECONDS=total_seconds", "UNITS=units_charged", "POINTS=total_charged", "REASON=end_reason", NULL };
  gboolean json = FALSE;
  gboolean live = FALSE;
  const GOptionEntry entries[] = { { "json", 0, 0, G_OPTION_ARG_NONE, &json, NULL, NULL },
    { "live", 0, 0, G_OPTION_ARG_NONE, &live, NULL, NULL }, { NULL } };
  g_autoptr (JsonNode) root = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, entries, 0))
    return EX_USAGE;
  root = ctl_request_json ("GET", "/v1/calls", live ? "live=true" : NULL, &code);
  if (root != NULL && json)
    ctl_print_json (root);
  else if (root != NULL)
    ctl_print_table (json_node_get_array (root), columns);
  return code;
}

static void
print_members (JsonObject *object)
{
  g_autoptr (GList) members = json_object_get_members (object);

  for (GList *link = members; link != NULL; link = link->next) {
    g_autofree char *text = ctl_value_text (object, link->data);
    g_print ("%-20s %s\n", (const char *) link->data, text);
  }
}

static void
print_call (JsonObject *answer)
{
  static const char *const events[] = { "AT=at", "WHO=actor", "WHAT=event", "FROM=from_state", "TO=to_state", "DETAIL=detail", NULL };
  static const char *const evidence[] = { "SIDE=side", "SSRC=ssrc", "FIRST=first_sequence", "ARRIVED=first_at",
    "PACKETS=packet_count", NULL };
  static const char *const transfers[] = { "UNIT=unit_index", "FOR=unit_at", "KIND=kind", "AMOUNT=amount", "COMMITTED=created_at",
    "ID=id", NULL };

  print_members (json_object_get_object_member (answer, "call"));
  g_print ("\nWhat happened\n");
  ctl_print_table (json_object_get_array_member (answer, "events"), events);
  g_print ("\nWhat proved it\n");
  ctl_print_table (json_object_get_array_member (answer, "evidence"), evidence);
  g_print ("\nWhat it cost\n");
  ctl_print_table (json_object_get_array_member (answer, "transfers"), transfers);
}

int
ctl_call_show (int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = { { "json", 0, 0, G_OPTION_ARG_NONE, &json, NULL, NULL }, { NULL } };
  g_autofree char *path = NULL;
  g_autoptr (JsonNode) root = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, entries, 1))
    return EX_USAGE;
  path = ctl_path ("/v1/calls/%s", argv[1]);
  root = ctl_request_json ("GET", path, NULL, &code);
  if (root != NULL && json)
    ctl_print_json (root);
  else if (root != NULL)
    print_call (json_node_get_object (root));
  return code;
}

int
ctl_call_explain (int argc, char **argv)
{
  static const char *const columns[] = { "AT=at", "SECONDS=seconds", "WHAT=what", "DETAIL=detail", NULL };
  gboolean json = FALSE;
  const GOptionEntry entries[] = { { "json", 0, 0, G_OPTION_ARG_NONE, &json, NULL, NULL }, { NULL } };
  g_autofree char *path = NULL;
  g_autoptr (JsonNode) root = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, entries, 1))
    return EX_USAGE;
  path = ctl_path ("/v1/calls/%s/timeline", argv[1]);
  root = ctl_request_json ("GET", path, NULL, &code);
  if (root != NULL && json)
    ctl_print_json (root);
  else if (root != NULL)
    ctl_print_table (json_node_get_array (root), columns);
  return code;
}

int
ctl_call_end (int argc, char **argv)
{
  g_autofree char *path = NULL;
  g_autofree char *body = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, NULL, 1))
    return EX_USAGE;
  path = ctl_path ("/v1/calls/%s/end", argv[1]);
  body = ctl_request ("POST", path, NULL, &code);
  return code;
}
