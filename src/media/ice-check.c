/* The answers to connectivity checks: bytes in, bytes out, no state. */

#include "ice-check.h"

#include "bytes.h"

#define BAD_REQUEST 400
#define UNAUTHENTICATED 401
#define UNKNOWN_ATTRIBUTE 420
#define ROLE_CONFLICT 487

/* @password: NULL for an answer that proves nothing; @extra: bytes that are put beside the code */
static gboolean
begin_error (OtStunWriter *answer,
             const OtStun *check,
             gsize size,
             const char *password,
             gsize extra,
             int code,
             const char *reason)
{
  gsize least = OT_STUN_ERROR_ROOM + OT_STUN_FINGERPRINT_ROOM + extra
                + (password != NULL ? OT_STUN_INTEGRITY_ROOM : 0);

  answer->size = 0;
  if (size < least)
    return FALSE;
  ot_stun_begin (answer, OT_STUN_BINDING_ERROR, check->transaction);
  ot_stun_put_error (answer, code, reason, MIN (size - least, OT_STUN_REASON_MAX));
  return TRUE;
}

static void
answer_error (OtStunWriter *answer,
              const OtStun *check,
              gsize size,
              const char *password,
              int code,
              const char *reason)
{
  if (begin_error (answer, check, size, password, 0, code, reason))
    ot_stun_finish (answer, password);
}

static void
answer_unknown (OtStunWriter *answer, const OtStun *check, gsize size, const char *password)
{
  guint8 types[2 * OT_STUN_UNKNOWN_MAX];
  gsize n_bytes = 2 * check->n_unknown;
  gsize extra = 4 + ((n_bytes + 3) & ~(gsize)3);

  for (guint i = 0; i < check->n_unknown; i++)
    ot_set16 (types + 2 * i, check->unknown[i]);
  if (!begin_error (answer, check, size, password, extra, UNKNOWN_ATTRIBUTE, "Unknown Attribute"))
    return;
  ot_stun_put (answer, OT_STUN_UNKNOWN_ATTRIBUTES, types, n_bytes);
  ot_stun_finish (answer, password);
}

OtIceCheckVerdict
ot_ice_check_answer (OtStunWriter *answer,
                     const OtStun *check,
                     gsize size,
                     const char *password,
                     const OtAddress *from)
{
  if (check->username == NULL || check->integrity_offset == 0) {
    answer_error (answer, check, size, NULL, BAD_REQUEST, "Bad Request");
    return OT_ICE_CHECK_STRANGE;
  }
  if (password == NULL || !ot_stun_is_authentic (check, password)) {
    answer_error (answer, check, size, NULL, UNAUTHENTICATED, "Unauthenticated");
    return OT_ICE_CHECK_STRANGE;
  }
  if (check->n_unknown > 0) {
    answer_unknown (answer, check, size, password);
    return OT_ICE_CHECK_REFUSED;
  }
  if (check->is_malformed || !check->has_priority) {
    answer_error (answer, check, size, password, BAD_REQUEST, "Bad Request");
    return OT_ICE_CHECK_REFUSED;
  }
  if (check->is_controlled) {
    answer_error (answer, check, size, password, ROLE_CONFLICT, "Role Conflict");
    return OT_ICE_CHECK_REFUSED;
  }
  ot_stun_begin (answer, OT_STUN_BINDING_SUCCESS, check->transaction);
  ot_stun_put_mapped (answer, from);
  ot_stun_finish (answer, password);
  return OT_ICE_CHECK_GOOD;
}
