/* The two skins around an event's fields. Knows no event by name. */

#include "format.h"

static const char *const subprotocols[OT_FORMAT_N] = {
  [OT_FORMAT_FLAT] = "otomo.flat.v1",
  [OT_FORMAT_ENVELOPE] = "otomo.envelope.v1",
};

const char *
ot_format_subprotocol (OtFormat format)
{
  g_assert (format < OT_FORMAT_N);
  return subprotocols[format];
}

OtFormat
ot_format_parse (const char *name)
{
  for (guint i = 0; name != NULL && i < OT_FORMAT_N; i++)
    if (g_str_equal (name, subprotocols[i]))
      return i;
  return OT_FORMAT_FLAT;
}

static const char *
get_string (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

/* What lies beside "type" goes before what lies in the payload. */
static void
adopt_missing (JsonObject *message, JsonObject *payload)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init (&iter, payload);
  while (json_object_iter_next (&iter, &name, &node))
    if (!json_object_has_member (message, name))
      json_object_set_member (message, name, json_node_copy (node));
}

static const char *
unwrap_flat (JsonObject *message, JsonNode *payload, OtUnwrapped *unwrapped)
{
  unwrapped->name = get_string (message, "type");
  unwrapped->fields = message;
  if (payload != NULL)
    adopt_missing (message, json_node_get_object (payload));
  return unwrapped->name != NULL ? NULL : "type: missing, or not a string";
}

static const char *
unwrap_envelope (JsonObject *message, JsonNode *payload, OtUnwrapped *unwrapped)
{
  JsonNode *sequence = json_object_get_member (message, "sequence");

  unwrapped->name = get_string (message, "event");
  if (unwrapped->name == NULL)
    return "event: missing, or not a string";
  if (payload == NULL) { /* heartbeat needs none */
    json_object_set_object_member (message, "payload", json_object_new ());
    payload = json_object_get_member (message, "payload");
  }
  unwrapped->fields = json_node_get_object (payload);
  if (sequence == NULL)
    return NULL;
  return unwrapped->has_sequence ? NULL : "sequence: not a whole number";
}

const char *
ot_format_unwrap (OtFormat format, JsonObject *message, OtUnwrapped *unwrapped)
{
  JsonNode *payload = json_object_get_member (message, "payload");
  JsonNode *sequence = json_object_get_member (message, "sequence");

  *unwrapped =
      (OtUnwrapped){ .name = get_string (message, format == OT_FORMAT_FLAT ? "type" : "event") };
  if (format == OT_FORMAT_ENVELOPE && sequence != NULL)
    unwrapped->has_sequence = ot_fields_read_whole (sequence, &unwrapped->sequence);
  if (payload != NULL && !JSON_NODE_HOLDS_OBJECT (payload))
    return "payload: not an object";
  return format == OT_FORMAT_FLAT ? unwrap_flat (message, payload, unwrapped)
                                  : unwrap_envelope (message, payload, unwrapped);
}

JsonObject *
ot_format_wrap (OtFormat format, const OtEventShape *shape, gconstpointer source, gint64 sequence)
{
  JsonObject *message = json_object_new ();
  JsonObject *fields = message;

  json_object_set_string_member (message, format == OT_FORMAT_FLAT ? "type" : "event", shape->name);
  if (format == OT_FORMAT_ENVELOPE || shape->payload_in_flat) {
    fields = json_object_new ();
    json_object_set_object_member (message, "payload", fields);
  }
  if (shape->shape != NULL)
    ot_fields_write (shape->shape, source, fields);
  if (format == OT_FORMAT_ENVELOPE)
    json_object_set_int_member (message, "sequence", sequence);
  return message;
}
