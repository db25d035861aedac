/* Bytes from and to typed events: gate, then json-glib, then the format's skin, then the event's
 * table. Owns nothing between calls. */

#include "codec.h"

#include <json-glib/json-glib.h>

#include "format.h"
#include "gate.h"
#include "ids.h"
#include "wire-events.h"

#define MAX_EVENT_NAME_CHARS 64

static void
refuse (OtDecoded *decoded, OtCode code, char *message)
{
  decoded->code = code;
  decoded->message = message;
}

/* The tree of a text that passed the gate; NULL when it did not. */
static JsonNode *
parse (const char *text, gsize length, OtDecoded *decoded)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  const char *problem;
  gsize at_byte;

  problem = ot_gate_check (text, length, &at_byte);
  if (problem != NULL) {
    refuse (decoded, OT_CODE_INVALID_JSON,
            g_strdup_printf ("%s, at byte %" G_GSIZE_FORMAT, problem, at_byte));
    return NULL;
  }
  if (!json_parser_load_from_data (parser, text, length, &error)) {
    /* stricter than the gate: not known to happen, and no reason to stop when it does */
    refuse (decoded, OT_CODE_INVALID_JSON, g_strdup ("not JSON"));
    return NULL;
  }
  return json_parser_steal_root (parser);
}

static void
note_call_id (JsonObject *fields, OtDecoded *decoded)
{
  JsonNode *node = json_object_get_member (fields, "callId");

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return;
  if (ot_id_valid (json_node_get_string (node)))
    decoded->call_id = g_strdup (json_node_get_string (node));
}

static int
find_event (const char *name)
{
  for (int i = 0; i < OT_IN_N; i++)
    if (g_str_equal (name, ot_wire_in[i].name))
      return i;
  return -1;
}

static OtIn *
read_event (OtInType type, JsonObject *fields, OtDecoded *decoded)
{
  const OtEventShape *shape = &ot_wire_in[type];
  g_autoptr (OtIn) event = g_new0 (OtIn, 1);
  char *problem = NULL;

  event->type = type;
  event->strings = g_string_chunk_new (256);
  if (shape->shape != NULL)
    problem = ot_fields_read (shape->shape, fields, (char *)event + shape->offset, event->strings);
  if (problem != NULL) {
    refuse (decoded, OT_CODE_INVALID_MESSAGE, problem);
    return NULL;
  }
  return g_steal_pointer (&event);
}

void
ot_codec_decode (OtFormat format, const char *text, gsize length, OtDecoded *decoded)
{
  g_autoptr (JsonNode) root = NULL;
  OtUnwrapped parts;
  const char *problem;
  int type;

  *decoded = (OtDecoded){ 0 };
  root = parse (text, length, decoded);
  if (root == NULL)
    return;
  if (!JSON_NODE_HOLDS_OBJECT (root)) {
    refuse (decoded, OT_CODE_INVALID_MESSAGE, g_strdup ("the message: not an object"));
    return;
  }
  problem = ot_format_unwrap (format, json_node_get_object (root), &parts);
  decoded->sequence = parts.sequence;
  decoded->has_sequence = parts.has_sequence;
  if (parts.name != NULL)
    decoded->original_event = g_utf8_substring (
        parts.name, 0, MIN (g_utf8_strlen (parts.name, -1), MAX_EVENT_NAME_CHARS));
  if (parts.fields != NULL)
    note_call_id (parts.fields, decoded);
  if (problem != NULL) {
    refuse (decoded, OT_CODE_INVALID_MESSAGE, g_strdup (problem));
    return;
  }
  type = find_event (parts.name);
  if (type < 0)
    refuse (decoded, OT_CODE_UNKNOWN_EVENT,
            g_strdup ("There is no such event for clients to send"));
  else
    decoded->event = read_event (type, parts.fields, decoded);
}

void
ot_decoded_clear (OtDecoded *decoded)
{
  g_clear_pointer (&decoded->event, ot_in_free);
  g_clear_pointer (&decoded->message, g_free);
  g_clear_pointer (&decoded->original_event, g_free);
  g_clear_pointer (&decoded->call_id, g_free);
}

char *
ot_codec_encode (OtFormat format, const OtOut *event, gint64 sequence)
{
  const OtEventShape *shape = &ot_wire_out[event->type];
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  g_assert (event->type < OT_OUT_N);
  json_node_take_object (
      node, ot_format_wrap (format, shape, (const char *)event + shape->offset, sequence));
  return json_to_string (node, FALSE);
}
