/* Verbs on money: wallet top-up, wallet adjust, wallet show, statement, audit. */

#include <stdlib.h>
#include <sysexits.h>

#include "arguments.h"
#include "client.h"
#include "print.h"
#include "verbs.h"

int
ctl_wallet_top_up (int argc, char **argv)
{
  g_autofree char *purchase = NULL;
  const GOptionEntry entries[] = { { "id", 0, 0, G_OPTION_ARG_STRING, &purchase, NULL, NULL }, { NULL } };
  g_autoptr (GString) query = g_string_new (NULL);
  g_autofree char *path = NULL;
  g_autoptr (JsonNode) root = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, entries, 2))
    return EX_USAGE;
  if (purchase == NULL) /* one run of the tool is one purchase */
    purchase = g_uuid_string_random ();
  ctl_add_query (query, "id", purchase);
  ctl_add_query (query, "points", argv[2]);
  path = ctl_path ("/v1/users/%s/purchases", argv[1]);
  root = ctl_request_json ("POST", path, query->str, &code);
  if (root != NULL)
    g_print ("%" G_GINT64_FORMAT "\n", json_object_get_int_member (json_node_get_object (root), "balance"));
  return code;
}

int
ctl_wallet_adjust (int argc, char **argv)
{
  g_autofree char *adjustment = NULL;
  g_autofree char *operator = NULL;
  g_autofree char *reason = NULL;
  const GOptionEntry entries[] = { { "id", 0, 0, G_OPTION_ARG_STRING, &adjustment, NULL, NULL },
    { "operator", 0, 0, G_OPTION_ARG_STRING, &operator, NULL, NULL },
    { "reason", 0, 0, G_OPTION_ARG_STRING, &reason, NULL, NULL }, { NULL } };
  g_autoptr (GString) query = g_string_new (NULL);
  g_autofree char *path = NULL;
  g_autoptr (JsonNode) root = NULL;
  int code;

  if (!ctl_parse (&argc, &argv, entries, 2))
    return EX_USAGE;
  if (reason == NULL || *reason == '\0') {
    g_printerr ("otomoctl: wallet adjust: --reason TEXT is needed\n");
    return EX_USAGE;
  }
  if (adjustment == NULL) /* one run of the tool is one adjustment */
    adjustment = g_uuid_string_random ();
  ctl_add_query (query, "id", adjustment);
  ctl_add_query (query, "points", argv[2]);
  ctl_add_query (query, "operator", operator != NULL ? operator : g_get_user_name ());
  ctl_add_query (query, "reason", reason);
  path = ctl_path ("/v1/users/%s/adjustments", argv[1]);
  root = ctl_request_json ("POST", path, query->str, &code);
  if (root != NULL)
    g_print ("%" G_GINT64_FORMAT "\n", json_object_get_int_member (json_node_get_object (root), "balance"));
  return code;
}

int
ctl_statement (int argc, char **argv)
{
  static const char *const columns[] = { "AT=at", "KIND=kind", "POINTS=points", "BALANCE=balance", "CALL=call_id",
    "UNIT=unit_index", "DUE=unit_at", "OPERATOR=operator", "REASON=reason", "ID=id", NULL };
  g_autofree char *from = NULL;
  g_autofree char *to = NULL;
  gboolean csv = FALSE;
  gboolean json = FALSE;
  const GOptionEntry entries[] = { { "from", 0, 0, G_OPTION_ARG_STRING, &from, NULL, NULL },
    { "to", 0, 0, G_OPTION_ARG_STRING, &to, NULL, NULL }, { "csv", 0, 0, G_OPTION_ARG_NONE, &csv, NULL, NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, NULL, NULL }, { NULL } };
  g_autoptr (GString) query = g_string_new (NULL);
  g_autofree char *path = NULL;
  g_autoptr (JsonNode) root = NULL;
  JsonObject *statement;
  int code;

  if (!ctl_parse (&argc, &argv, entries, 1))
    return EX_USAGE;
  ctl_add_query (query, "from", from);
  ctl_add_query (query, "to", to);
  path = ctl_path ("/v1/users/%s/statement", argv[1]);
  root = ctl_request_json ("GET", path, query->str, &code);
  if (root == NULL)
    return code;
  if (json) {
    ctl_print_json (root);
    return code;
  }
  statement = json_node_get_object (root);
  if (csv) {
    ctl_print_csv (json_object_get_array_member (statement, "lines"), columns);
    return code;
  }
  ctl_print_table (json_object_get_array_member (statement, "lines"), columns);
  g_print ("%s (%s) has %" G_GINT64_FORMAT " points now\n", json_object_get_string_member (statement, "user_id"),
      json_object_get_string_member (statement, "account"), json_object_get_int_member (statement, "balance"));
  return code;
}

int
ctl_wallet_show (int argc, char **argv)
{
  static const char *const columns[] = { "AT=created_at", "KIND=kind", "AMOUNT=amount", "CALL=call_id", "UNIT=unit_index",
    NULL };
  gboolean json = FALSE;
  const GOptionEntry entries[] = { { "json", 0, 0, G_OPTION_ARG_NONE, &json, NULL, NULL }, { NULL } };
  g_autofree char *path = NULL;
  g_autoptr (JsonNode) root = NULL;
  JsonObject *wallet;
  int code;

  if (!ctl_parse (&argc, &argv, entries, 1))
    return EX_USAGE;
  path = ctl_path ("/v1/users/%s/wallet", argv[1]);
  root = ctl_request_json ("GET", path, NULL, &code);
  if (root == NULL)
    return code;
  if (json) {
    ctl_print_json (root);
    return code;
  }
  wallet = json_node_get_object (root);
  g_print ("%s (%s): %" G_GINT64_FORMAT " points\n", json_object_get_string_member (wallet, "user_id"),
      json_object_get_string_member (wallet, "account"), json_object_get_int_member (wallet, "balance"));
  ctl_print_table (json_object_get_array_member (wallet, "transfers"), columns);
  return code;
}

int
ctl_audit (int argc, char **argv)
{
  static const char *const columns[] = { "INVARIANT=invariant", "SUBJECT=subject", "DETAIL=detail", NULL };
  gboolean json = FALSE;
  const GOptionEntry entries[] = { { "json", 0, 0, G_OPTION_ARG_NONE, &json, NULL, NULL }, { NULL } };
  g_autoptr (JsonNode) root = NULL;
  guint n_broken;
  int code;

  if (!ctl_parse (&argc, &argv, entries, 0))
    return EX_USAGE;
  root = ctl_request_json ("GET", "/v1/audit", NULL, &code);
  if (root == NULL)
    return code;
  n_broken = json_array_get_length (json_node_get_array (root));
  if (json)
    ctl_print_json (root);
  else if (n_broken > 0)
    ctl_print_table (json_node_get_array (root), columns);
  else
    g_print ("audit: all six invariants hold\n");
  return n_broken > 0 ? EXIT_FAILURE : EX_OK;
}
