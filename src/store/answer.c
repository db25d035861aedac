/* PostgreSQL's answers and error codes in terms of ours. Owns nothing, asks nobody. */

#include "answer.h"

#include <stdlib.h>
#include <string.h>

G_DEFINE_QUARK (ot - store - error - quark, ot_store_error)

const char *
ot_answer_text (const PGresult *result, const char *column)
{
  int index = PQfnumber (result, column);

  g_assert (index >= 0);
  if (PQntuples (result) == 0 || PQgetisnull (result, 0, index))
    return NULL;
  return PQgetvalue (result, 0, index);
}

gint64
ot_answer_int (const PGresult *result, const char *column, gint64 otherwise)
{
  const char *text = ot_answer_text (result, column);

  return text != NULL ? g_ascii_strtoll (text, NULL, 10) : otherwise;
}

gboolean
ot_answer_true (const PGresult *result, const char *column)
{
  return g_strcmp0 (ot_answer_text (result, column), "t") == 0;
}

gboolean
ot_answer_is_error (const PGresult *result)
{
  ExecStatusType status = PQresultStatus (result);

  return status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK;
}

static const char *
code_of (const PGresult *result)
{
  const char *code = PQresultErrorField (result, PG_DIAG_SQLSTATE);

  return code != NULL ? code : ""; /* libpq's own: the connection broke */
}

static gboolean
is_one_of (const char *code, const char *const *prefixes)
{
  for (; *prefixes != NULL; prefixes++)
    if (g_str_has_prefix (code, *prefixes))
      return TRUE;
  return FALSE;
}

gboolean
ot_answer_is_passing (const PGresult *result)
{
  static const char *const passing[] = {
    "08",    /* connection */
    "25006", /* a standby that only reads, after a failover */
    "40",    /* serialization, deadlock */
    "53",    /* no disk, no memory, too many connections */
    "55P03", /* lock not available */
    "57",    /* cancelled by a time-out, shut down, crashed, starting */
    "58",    /* the system below PostgreSQL */
    NULL,
  };
  const char *code = code_of (result);

  return code[0] == '\0' || is_one_of (code, passing) || ot_answer_is_stale_plan (result);
}

gboolean
ot_answer_is_stale_plan (const PGresult *result)
{
  return g_str_equal (code_of (result), "26000")
         || (g_str_equal (code_of (result), "0A000")
             && g_strcmp0 (PQresultErrorField (result, PG_DIAG_SOURCE_FUNCTION),
                           "RevalidateCachedQuery")
                    == 0);
}

gboolean
ot_answer_is_lease_lost (const PGresult *result)
{
  return g_str_equal (code_of (result), "OT410");
}

gboolean
ot_answer_read_step (const PGresult *notice, int *step)
{
  if (!g_str_equal (code_of (notice), "OT100"))
    return FALSE;
  *step = atoi (PQresultErrorField (notice, PG_DIAG_MESSAGE_PRIMARY));
  return TRUE;
}

GError *
ot_answer_error (const PGresult *result)
{
  static const char *const invalid[] = { "OT422", "22", "23502", "23514", NULL };
  const char *code = code_of (result);
  const char *message = PQresultErrorField (result, PG_DIAG_MESSAGE_PRIMARY);
  const char *context = PQresultErrorField (result, PG_DIAG_CONTEXT);

  message = message != NULL ? message : PQresStatus (PQresultStatus (result));
  if (g_str_equal (code, "OT404"))
    return g_error_new_literal (OT_STORE_ERROR, OT_STORE_ERROR_NOT_FOUND, message);
  if (g_str_equal (code, "OT409"))
    return g_error_new_literal (OT_STORE_ERROR, OT_STORE_ERROR_CONFLICT, message);
  if (is_one_of (code, invalid))
    return g_error_new_literal (OT_STORE_ERROR, OT_STORE_ERROR_INVALID, message);
  context = context != NULL ? context : "";
  return g_error_new (OT_STORE_ERROR, OT_STORE_ERROR_FAILED, "%s (%s %.*s)", message, code,
                      (int)strcspn (context, "\n"), context);
}
