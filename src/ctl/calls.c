/* Verbs on calls: calls, live, call show, call explain, call end. */

#include "answer.h"
#include "client.h"
#include "print.h"
#include "verbs.h"

int
ctl_calls (const CtlArguments *arguments)
{
  static const char *const columns[] = { "CALL=call_id",           "STATUS=status",
                                         "CALLER=caller_id",       "CALLEE=callee_id",
                                         "REQUESTED=requested_at", "SECONDS=total_seconds",
                                         "UNITS=units_charged",    "POINTS=total_charged",
                                         "REASON=end_reason",      NULL };

  g_autoptr (GString) query = g_string_new (NULL);

  ctl_add_query (query, "live", ctl_switch (arguments, "live") ? "true" : NULL);
  ctl_add_query (query, "of", ctl_option (arguments, "of"));
  ctl_add_query (query, "limit", ctl_option (arguments, "limit"));
  return ctl_answer_list (arguments, "/v1/calls", query->str, columns);
}

int
ctl_live (const CtlArguments *arguments)
{
  static const char *const columns[] = { "CALL=call_id",     "STATUS=status",   "CALLER=caller_id",
                                         "CALLEE=callee_id", "SECONDS=seconds", "UNITS=units",
                                         "POINTS=points",    "MOS=mos",         NULL };
  g_autoptr (GString) query = g_string_new (NULL);
  g_autoptr (JsonNode) root = NULL;
  int code;

  ctl_add_query (query, "search", ctl_option (arguments, "search"));
  ctl_add_query (query, "limit", ctl_option (arguments, "limit"));
  root = ctl_answer_ask (arguments, "/v1/live", query->str, &code);
  if (root != NULL)
    ctl_print_table (json_object_get_array_member (json_node_get_object (root), "calls"), columns);
  return code;
}

static void
print_call (JsonObject *answer)
{
  static const char *const events[] = {
    "AT=at", "WHO=actor", "WHAT=event", "FROM=from_state", "TO=to_state", "DETAIL=detail", NULL
  };
  static const char *const evidence[] = {
    "SIDE=side", "SSRC=ssrc", "FIRST=first_sequence", "ARRIVED=first_at", "PACKETS=packet_count",
    NULL
  };
  static const char *const quality[] = { "SIDE=side",
                                         "PACKETS=packets",
                                         "LOST=lost",
                                         "JITTER_US=jitter_us",
                                         "SENT=forwarded",
                                         "HEARD_LOST=heard_lost",
                                         "OF=heard_expected",
                                         "HEARD_JITTER_US=heard_jitter_us",
                                         "ROUND_TRIP_US=round_trip_us",
                                         "MOS=mos",
                                         NULL };
  static const char *const transfers[] = {
    "UNIT=unit_index",      "FOR=unit_at", "KIND=kind", "AMOUNT=amount",
    "COMMITTED=created_at", "ID=id",       NULL
  };

  ctl_print_members (json_object_get_object_member (answer, "call"));
  g_print ("\nWhat happened\n");
  ctl_print_table (json_object_get_array_member (answer, "events"), events);
  g_print ("\nWhat proved it\n");
  ctl_print_table (json_object_get_array_member (answer, "evidence"), evidence);
  g_print ("\nHow it sounded\n");
  ctl_print_table (json_object_get_array_member (answer, "quality"), quality);
  g_print ("\nWhat it cost\n");
  ctl_print_table (json_object_get_array_member (answer, "transfers"), transfers);
}

int
ctl_call_show (const CtlArguments *arguments)
{
  g_autofree char *path = ctl_path ("/v1/calls/%s", ctl_argument (arguments, 0));
  int code;
  g_autoptr (JsonNode) root = ctl_answer_ask (arguments, path, NULL, &code);

  if (root != NULL)
    print_call (json_node_get_object (root));
  return code;
}

int
ctl_call_explain (const CtlArguments *arguments)
{
  static const char *const columns[] = { "AT=at", "SECONDS=seconds", "WHAT=what", "DETAIL=detail",
                                         NULL };
  g_autofree char *path = ctl_path ("/v1/calls/%s/timeline", ctl_argument (arguments, 0));

  return ctl_answer_list (arguments, path, NULL, columns);
}

int
ctl_call_record (const CtlArguments *arguments)
{
  g_autofree char *path = ctl_path ("/v1/calls/%s/recording", ctl_argument (arguments, 0));
  g_autoptr (GString) query = g_string_new (NULL);

  ctl_add_query (query, "on", ctl_argument (arguments, 1));
  return ctl_answer_done (arguments, "POST", path, query->str);
}

int
ctl_call_end (const CtlArguments *arguments)
{
  g_autofree char *path = ctl_path ("/v1/calls/%s/end", ctl_argument (arguments, 0));

  return ctl_answer_done (arguments, "POST", path, NULL);
}
