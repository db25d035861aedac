#pragma once

#include <json-glib/json-glib.h>

#include "codec.h"
#include "fields.h"

/** OtUnwrapped: the parts of a client's message; borrowed from the message's tree. */
typedef struct {
  const char *name;   /* (nullable): the event's, when it could be read */
  JsonObject *fields; /* never NULL when unwrapped */
  gint64 sequence;
  gboolean has_sequence;
} OtUnwrapped;

/**
 * ot_format_unwrap:
 * @format: how it is wrapped
 * @message: the whole message; kept alive by the caller; a flat one is changed: its payload's
 * members move beside "type"
 * @unwrapped: (out): what could be read, also when something is wrong
 *
 * Returns: (transfer none) (nullable): NULL, or what is wrong and where; static
 */
const char *ot_format_unwrap (OtFormat format, JsonObject *message, OtUnwrapped *unwrapped);

/**
 * ot_format_wrap:
 * @shape: the event's
 * @source: its struct; NULL when it has no fields
 *
 * Returns: (transfer full): the whole message
 */
JsonObject *
ot_format_wrap (OtFormat format, const OtEventShape *shape, gconstpointer source, gint64 sequence);
