/* PostgreSQL's error codes as errors of ours. Pure. */

#include "store-error.h"

G_DEFINE_QUARK (ot-store-error-quark, ot_store_error)

static OtStoreError
code_of (const char *state)
{
  if (g_str_equal (state, "OT404"))
    return OT_STORE_ERROR_NOT_FOUND;
  if (g_str_equal (state, "OT409"))
    return OT_STORE_ERROR_CONFLICT;
  /* 22: data exception; 23514: a CHECK; 23502: NULL where none may be */
  if (g_str_equal (state, "OT422") || g_str_has_prefix (state, "22") || g_str_equal (state, "23514")
      || g_str_equal (state, "23502"))
    return OT_STORE_ERROR_INVALID;
  return OT_STORE_ERROR_FAILED;
}

GError *
ot_store_error_from_result (const PGresult *result)
{
  const char *state = PQresultErrorField (result, PG_DIAG_SQLSTATE);
  const char *message = PQresultErrorField (result, PG_DIAG_MESSAGE_PRIMARY);
  const char *context = PQresultErrorField (result, PG_DIAG_CONTEXT);

  state = state != NULL ? state : "?????";
  message = message != NULL ? message : PQresStatus (PQresultStatus (result));
  if (code_of (state) != OT_STORE_ERROR_FAILED)
    return g_error_new_literal (OT_STORE_ERROR, code_of (state), message);
  return g_error_new (OT_STORE_ERROR, OT_STORE_ERROR_FAILED, "%s (%s%s%.200s)", message, state,
      context != NULL ? "; " : "", context != NULL ? context : "");
}
