/* Verbs on money: wallet top-up, wallet adjust, wallet show, statement, audit. */

#include <stdlib.h>
#include <sysexits.h>

#include "answer.h"
#include "client.h"
#include "print.h"
#include "verbs.h"

/* One run of the tool is one transfer, unless the operator names it. */
static void
add_transfer (GString *query, const CtlArguments *arguments)
{
  g_autofree char *made_up = g_uuid_string_random ();
  const char *id = ctl_option (arguments, "id");

  ctl_add_query (query, "id", id != NULL ? id : made_up);
  ctl_add_query (query, "points", ctl_argument (arguments, 1));
}

int
ctl_wallet_top_up (const CtlArguments *arguments)
{
  g_autoptr (GString) query = g_string_new (NULL);
  g_autofree char *path = ctl_path ("/v1/users/%s/purchases", ctl_argument (arguments, 0));

  add_transfer (query, arguments);
  return ctl_answer_member (arguments, "POST", path, query->str, "balance");
}

int
ctl_wallet_adjust (const CtlArguments *arguments)
{
  const char *operator= ctl_option (arguments, "operator");
  g_autoptr (GString) query = g_string_new (NULL);
  g_autofree char *path = ctl_path ("/v1/users/%s/adjustments", ctl_argument (arguments, 0));

  add_transfer (query, arguments);
  ctl_add_query (query, "operator", operator != NULL ? operator : g_get_user_name ());
  ctl_add_query (query, "reason", ctl_option (arguments, "reason"));
  return ctl_answer_member (arguments, "POST", path, query->str, "balance");
}

int
ctl_statement (const CtlArguments *arguments)
{
  static const char *const columns[] = { "AT=at",
                                         "KIND=kind",
                                         "POINTS=points",
                                         "BALANCE=balance",
                                         "CALL=call_id",
                                         "UNIT=unit_index",
                                         "DUE=unit_at",
                                         "OPERATOR=operator",
                                         "REASON=reason",
                                         "ID=id",
                                         NULL };
  g_autoptr (GString) query = g_string_new (NULL);
  g_autofree char *path = ctl_path ("/v1/users/%s/statement", ctl_argument (arguments, 0));
  g_autoptr (JsonNode) root = NULL;
  JsonObject *statement;
  JsonArray *lines;
  int code;

  ctl_add_query (query, "from", ctl_option (arguments, "from"));
  ctl_add_query (query, "to", ctl_option (arguments, "to"));
  root = ctl_answer_ask (arguments, path, query->str, &code);
  if (root == NULL)
    return code;
  statement = json_node_get_object (root);
  lines = json_object_get_array_member (statement, "lines");
  if (ctl_switch (arguments, "csv")) {
    ctl_print_csv (lines, columns);
    return code;
  }
  ctl_print_table (lines, columns);
  g_print ("%s (%s) has %" G_GINT64_FORMAT " points now\n",
           json_object_get_string_member (statement, "user_id"),
           json_object_get_string_member (statement, "account"),
           json_object_get_int_member (statement, "balance"));
  return code;
}

int
ctl_wallet_show (const CtlArguments *arguments)
{
  static const char *const columns[] = { "AT=created_at", "KIND=kind",       "AMOUNT=amount",
                                         "CALL=call_id",  "UNIT=unit_index", NULL };
  g_autofree char *path = ctl_path ("/v1/users/%s/wallet", ctl_argument (arguments, 0));
  int code;
  g_autoptr (JsonNode) root = ctl_answer_ask (arguments, path, NULL, &code);
  JsonObject *wallet;

  if (root == NULL)
    return code;
  wallet = json_node_get_object (root);
  g_print ("%s (%s): %" G_GINT64_FORMAT " points\n",
           json_object_get_string_member (wallet, "user_id"),
           json_object_get_string_member (wallet, "account"),
           json_object_get_int_member (wallet, "balance"));
  ctl_print_table (json_object_get_array_member (wallet, "transfers"), columns);
  return code;
}

int
ctl_audit (const CtlArguments *arguments)
{
  static const char *const columns[] = { "INVARIANT=invariant", "SUBJECT=subject", "DETAIL=detail",
                                         NULL };
  int code;
  g_autoptr (JsonNode) root =
      ctl_request_watched ("/v1/audit", "checking the ledger", "/v1/audit/progress", &code);
  guint n_broken;

  if (root == NULL)
    return code;
  n_broken = json_array_get_length (json_node_get_array (root));
  if (ctl_switch (arguments, "json"))
    ctl_print_json (root);
  else if (n_broken > 0)
    ctl_print_table (json_node_get_array (root), columns);
  else
    g_print ("audit: all six invariants hold\n");
  return n_broken > 0 ? EXIT_FAILURE : EX_OK;
}
