/* The codec: what is refused and with which words, and that every example of every schema comes
 * through unchanged, both ways and in both formats. */

#include <json-glib/json-glib.h>
#include <string.h>

#include "codec.h"
#include "fields.h"
#include "wire-events.h"

typedef struct {
  OtFormat format;
  const char *text;
  OtCode code;
  const char *message;        /* NULL: accepted */
  const char *original_event; /* NULL: could not be read */
  const char *call_id;
} Case;

#define FLAT OT_FORMAT_FLAT
#define ENVELOPE OT_FORMAT_ENVELOPE
#define INVALID OT_CODE_INVALID_MESSAGE

static const Case cases[] = {
  { FLAT, "{\"type\":\"call_cancel\",\"callId\":\"c1\"}", 0, NULL, "call_cancel", "c1" },
  { FLAT, "{\"type\":\"call_cancel\",\"payload\":{\"callId\":\"c1\"}}", 0, NULL, "call_cancel",
    "c1" },
  { FLAT, "{\"type\":\"call_cancel\",\"callId\":\"c1\",\"payload\":{\"callId\":\"c2\"}}", 0, NULL,
    "call_cancel", "c1" },
  { FLAT, "{\"type\":\"call_cancel\",\"callId\":\"c1\",\"more\":[{}]}", 0, NULL, "call_cancel",
    "c1" },
  { FLAT, "{\"type\":\"heartbeat\"}", 0, NULL, "heartbeat", NULL },
  { FLAT, "{\"type\":\"call_connected\"}", 0, NULL, "call_connected", NULL },
  { ENVELOPE, "{\"event\":\"heartbeat\"}", 0, NULL, "heartbeat", NULL },
  { ENVELOPE, "{\"event\":\"call_cancel\",\"payload\":{\"callId\":\"c1\"}}", 0, NULL, "call_cancel",
    "c1" },

  { FLAT, "{", OT_CODE_INVALID_JSON, "a key in quotes was expected, at byte 1", NULL, NULL },
  { FLAT, "[]", INVALID, "the message: not an object", NULL, NULL },
  { FLAT, "{}", INVALID, "type: missing, or not a string", NULL, NULL },
  { FLAT, "{\"type\":null,\"callId\":\"c1\"}", INVALID, "type: missing, or not a string", NULL,
    "c1" },
  { FLAT, "{\"type\":\"x\",\"payload\":[]}", INVALID, "payload: not an object", "x", NULL },
  { FLAT, "{\"type\":\"call_end\",\"callId\":\"c1\"}", OT_CODE_UNKNOWN_EVENT,
    "There is no such event for clients to send", "call_end", "c1" },
  { FLAT, "{\"event\":\"call_cancel\",\"payload\":{\"callId\":\"c1\"}}", INVALID,
    "type: missing, or not a string", NULL, "c1" },
  { FLAT, "{\"type\":\"call_cancel\"}", INVALID, "callId: missing", "call_cancel", NULL },
  { FLAT, "{\"type\":\"call_cancel\",\"callId\":7}", INVALID, "callId: not a string", "call_cancel",
    NULL },
  { FLAT, "{\"type\":\"call_cancel\",\"callId\":null}", INVALID, "callId: not a string",
    "call_cancel", NULL },
  { FLAT, "{\"type\":\"call_cancel\",\"callId\":\"a b\"}", INVALID,
    "callId: not an id (1 to 64 characters of A-Za-z0-9_.:-)", "call_cancel", NULL },
  { FLAT, "{\"type\":\"call_accept\",\"callId\":\"c1\",\"offerer\":\"me\"}", INVALID,
    "offerer: not one of server, client", "call_accept", "c1" },
  { FLAT, "{\"type\":\"webrtc_offer\",\"callId\":\"c1\",\"offer\":\"v=0\"}", INVALID,
    "offer: not an object", "webrtc_offer", "c1" },
  { FLAT, "{\"type\":\"webrtc_offer\",\"callId\":\"c1\",\"offer\":{\"type\":\"offer\",\"sdp\":1}}",
    INVALID, "offer.sdp: not a string", "webrtc_offer", "c1" },
  { FLAT,
    "{\"type\":\"webrtc_offer\",\"callId\":\"c1\",\"offer\":{\"type\":\"offer\",\"sdp\":\"\"}}",
    INVALID, "offer.sdp: empty", "webrtc_offer", "c1" },
  { FLAT,
    "{\"type\":\"webrtc_offer\",\"callId\":\"c1\",\"offer\":{\"type\":\"answer\",\"sdp\":\"v=0\"}}",
    INVALID, "offer.type: not one of offer", "webrtc_offer", "c1" },
  { FLAT, "{\"type\":\"ice_candidate\",\"callId\":\"c1\"}", INVALID, "candidate: missing",
    "ice_candidate", "c1" },
  { FLAT,
    "{\"type\":\"ice_candidate\",\"callId\":\"c1\",\"candidate\":{\"candidate\":\"\","
    "\"sdpMLineIndex\":-1}}",
    INVALID, "candidate.sdpMLineIndex: below 0", "ice_candidate", "c1" },
  { FLAT,
    "{\"type\":\"ice_candidate\",\"callId\":\"c1\",\"candidate\":{\"candidate\":\"\","
    "\"sdpMLineIndex\":256}}",
    INVALID, "candidate.sdpMLineIndex: above 255", "ice_candidate", "c1" },
  { FLAT,
    "{\"type\":\"ice_candidate\",\"callId\":\"c1\",\"candidate\":{\"candidate\":\"\","
    "\"sdpMLineIndex\":0.5}}",
    INVALID, "candidate.sdpMLineIndex: not a whole number within 2^53", "ice_candidate", "c1" },
  { FLAT,
    "{\"type\":\"ice_candidate\",\"callId\":\"c1\",\"candidate\":{\"candidate\":\"\","
    "\"sdpMLineIndex\":\"0\"}}",
    INVALID, "candidate.sdpMLineIndex: not a whole number", "ice_candidate", "c1" },
  { FLAT,
    "{\"type\":\"ice_candidate\",\"callId\":\"c1\",\"candidate\":{\"candidate\":\"\","
    "\"sdpMLineIndex\":1e0}}",
    0, NULL, "ice_candidate", "c1" },
  { FLAT,
    "{\"type\":\"init_connection\",\"userId\":\"u\",\"token\":\"t\",\"resume\":{\"sessionId\":"
    "\"s\"}}",
    INVALID, "resume.lastSequence: missing", "init_connection", NULL },
  { ENVELOPE, "{\"type\":\"heartbeat\"}", INVALID, "event: missing, or not a string", NULL, NULL },
  { ENVELOPE, "{\"event\":\"call_cancel\",\"callId\":\"c1\"}", INVALID, "callId: missing",
    "call_cancel", NULL },
  { ENVELOPE, "{\"event\":\"call_cancel\",\"payload\":{\"callId\":\"c1\"},\"sequence\":\"1\"}",
    INVALID, "sequence: not a whole number", "call_cancel", "c1" },
};

static void
test_cases (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (OtDecoded) decoded = { 0 };

    g_test_message ("%s", cases[i].text);
    ot_codec_decode (cases[i].format, cases[i].text, strlen (cases[i].text), &decoded);
    g_assert_cmpstr (decoded.message, ==, cases[i].message);
    g_assert_cmpint (decoded.code, ==, cases[i].code);
    g_assert_cmpstr (decoded.original_event, ==, cases[i].original_event);
    g_assert_cmpstr (decoded.call_id, ==, cases[i].call_id);
    g_assert_cmpint (decoded.event != NULL, ==, cases[i].message == NULL);
  }
}

/* 3.0 and 3e1 are whole numbers too, and what is wrong has its number as well. */
static void
test_sequence (void)
{
  static const struct {
    const char *text;
    gboolean has_sequence;
    gint64 sequence;
  } rows[] = {
    { "{\"event\":\"heartbeat\",\"sequence\":3}", TRUE, 3 },
    { "{\"event\":\"heartbeat\",\"sequence\":3.0}", TRUE, 3 },
    { "{\"event\":\"heartbeat\",\"sequence\":3e1}", TRUE, 30 },
    { "{\"event\":\"heartbeat\",\"payload\":null,\"sequence\":4}", TRUE, 4 },
    { "{\"payload\":{},\"sequence\":5}", TRUE, 5 },
    { "{\"event\":\"heartbeat\",\"sequence\":3.5}", FALSE, 0 },
    { "{\"event\":\"heartbeat\",\"sequence\":null}", FALSE, 0 },
    { "{\"event\":\"heartbeat\"}", FALSE, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_auto (OtDecoded) decoded = { 0 };

    ot_codec_decode (OT_FORMAT_ENVELOPE, rows[i].text, strlen (rows[i].text), &decoded);
    g_assert_cmpint (decoded.has_sequence, ==, rows[i].has_sequence);
    g_assert_cmpint (decoded.sequence, ==, rows[i].sequence);
  }
}

static void
test_values (void)
{
  static const char text[] =
      "{\"event\":\"ice_candidate\",\"sequence\":12,\"payload\":{\"callId\":\"c1\",\"candidate\":"
      "{\"candidate\":\"a \\/ \\ud83c\\udfa7\",\"sdpMid\":null,\"sdpMLineIndex\":3}}}";
  g_auto (OtDecoded) decoded = { 0 };
  const OtInIceCandidate *event;

  ot_codec_decode (ENVELOPE, text, strlen (text), &decoded);
  g_assert_nonnull (decoded.event);
  g_assert_true (decoded.has_sequence);
  g_assert_cmpint (decoded.sequence, ==, 12);
  g_assert_cmpint (decoded.event->type, ==, OT_IN_ICE_CANDIDATE);
  g_assert_cmpstr (ot_in_get_call_id (decoded.event), ==, "c1");
  event = &decoded.event->ice_candidate;
  g_assert_true (event->has_candidate);
  g_assert_cmpstr (event->candidate.candidate, ==, "a / \360\237\216\247");
  g_assert_null (event->candidate.sdp_mid);
  g_assert_true (event->candidate.has_sdp_m_line_index);
  g_assert_cmpint (event->candidate.sdp_m_line_index, ==, 3);
}

/* A name that nobody bounded comes back cut, at a character's edge. */
static void
test_long_event_name (void)
{
  g_autoptr (GString) text = g_string_new ("{\"type\":\"");
  g_auto (OtDecoded) decoded = { 0 };

  for (int i = 0; i < 1000; i++)
    g_string_append (text, "呼");
  g_string_append (text, "\"}");
  ot_codec_decode (FLAT, text->str, text->len, &decoded);
  g_assert_cmpint (decoded.code, ==, OT_CODE_UNKNOWN_EVENT);
  g_assert_true (g_utf8_validate (decoded.original_event, -1, NULL));
  g_assert_cmpint (g_utf8_strlen (decoded.original_event, -1), ==, 64);
}

static void
test_encode (void)
{
  OtOut connected = { OT_OUT_CALL_CONNECTED,
                      .call_connected = { "c1", "u", "o", "2025-01-15T12:02:15.123Z",
                                          "sfu_rtp_detected" } };
  OtOut end = { OT_OUT_CALL_END, .call_end = { "c1", "user_end", 12 } };
  OtOut refused = { OT_OUT_ERROR,
                    .error = { .code = "INVALID_JSON", .message = "\"\\\n\t\x01\x7f é" } };
  g_autofree char *flat_connected = ot_codec_encode (FLAT, &connected, 4);
  g_autofree char *flat = ot_codec_encode (FLAT, &end, 5);
  g_autofree char *envelope = ot_codec_encode (ENVELOPE, &end, 5);
  g_autofree char *escaped = ot_codec_encode (FLAT, &refused, 6);

  g_assert_cmpstr (
      flat_connected, ==,
      "{\"type\":\"call_connected\",\"payload\":{\"callId\":\"c1\",\"userId\":\"u\",\"otomoId\":"
      "\"o\","
      "\"connectedAt\":\"2025-01-15T12:02:15.123Z\",\"method\":\"sfu_rtp_detected\"}}");
  g_assert_cmpstr (
      flat, ==,
      "{\"type\":\"call_end\",\"callId\":\"c1\",\"reason\":\"user_end\",\"totalSeconds\":12}");
  g_assert_cmpstr (envelope, ==,
                   "{\"event\":\"call_end\",\"payload\":{\"callId\":\"c1\",\"reason\":\"user_end\","
                   "\"totalSeconds\":12},\"sequence\":5}");
  g_assert_cmpstr (escaped, ==,
                   "{\"type\":\"error\",\"code\":\"INVALID_JSON\",\"message\":"
                   "\"\\\"\\\\\\n\\t\\u0001\\u007f é\"}");
}

/* What it takes it gives back: LeakSanitizer looks, in a build that has it. */
static void
test_encode_list (void)
{
  const char *urls[] = { "stun:stun.example.org", "turn:turn.example.org" };
  const OtIceServer servers[] = { { .urls = urls, .n_urls = 2 } };
  OtOut start = { OT_OUT_SIGNALING_START, .signaling_start = { .call_id = "c1",
                                                               .ice_servers = servers,
                                                               .n_ice_servers = 1 } };
  g_autofree char *text = ot_codec_encode (FLAT, &start, 1);

  g_assert_cmpstr (text, ==,
                   "{\"type\":\"signaling_start\",\"callId\":\"c1\",\"iceServers\":[{\"urls\":["
                   "\"stun:stun.example.org\",\"turn:turn.example.org\"]}]}");
}

static JsonArray *
load_examples (const char *folder, const char *name, JsonParser *parser)
{
  g_autofree char *file = g_strconcat (name, ".json", NULL);
  g_autofree char *path = g_build_filename (g_getenv ("OTOMO_SCHEMAS"), folder, file, NULL);
  g_autoptr (GError) error = NULL;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  return json_object_get_array_member (json_node_get_object (json_parser_get_root (parser)),
                                       "examples");
}

static void
assert_round_trip (const OtEventShape *shape, JsonNode *example)
{
  g_autoptr (GStringChunk) strings = g_string_chunk_new (256);
  g_autofree char *zeros = g_malloc0 (shape->shape->size);
  g_autoptr (JsonNode) back = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *problem =
      ot_fields_read (shape->shape, json_node_get_object (example), zeros, strings);
  g_autofree char *before = json_to_string (example, FALSE);
  g_autofree char *after = NULL;

  g_assert_cmpstr (problem, ==, NULL);
  json_node_take_object (back, json_object_new ());
  ot_fields_write (shape->shape, zeros, json_node_get_object (back));
  after = json_to_string (back, FALSE);
  /* the one thing that does not survive: an optional null comes back as absent, which means the
   * same */
  if (strstr (before, ",\"sdpMid\":null") == NULL)
    g_assert_cmpstr (after, ==, before);
}

static void
round_trip_all (const char *folder, const OtEventShape *shapes, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_autoptr (JsonParser) parser = json_parser_new ();
    JsonArray *examples = load_examples (folder, shapes[i].name, parser);

    g_test_message ("%s/%s", folder, shapes[i].name);
    g_assert_cmpuint (json_array_get_length (examples), >, 0);
    for (guint e = 0; shapes[i].shape != NULL && e < json_array_get_length (examples); e++)
      assert_round_trip (&shapes[i], json_array_get_element (examples, e));
  }
}

static void
test_examples (void)
{
  round_trip_all ("client", ot_wire_in, OT_IN_N);
  round_trip_all ("server", ot_wire_out, OT_OUT_N);
}

/* A client event without one of its members is refused exactly when the schema requires that
 * member. */
static void
test_required (void)
{
  for (guint i = 0; i < OT_IN_N; i++) {
    g_autoptr (JsonParser) parser = json_parser_new ();
    JsonArray *examples = load_examples ("client", ot_wire_in[i].name, parser);
    g_autofree char *example = json_to_string (json_array_get_element (examples, 0), FALSE);

    for (guint f = 0; ot_wire_in[i].shape != NULL && f < ot_wire_in[i].shape->n_fields; f++) {
      const OtField *field = &ot_wire_in[i].shape->fields[f];
      g_autoptr (JsonNode) less = json_from_string (example, NULL);
      g_autofree char *body = NULL;
      g_autofree char *text = NULL;
      g_auto (OtDecoded) decoded = { 0 };

      json_object_remove_member (json_node_get_object (less), field->name);
      body = json_to_string (less, FALSE);
      text = g_strdup_printf ("{\"event\":\"%s\",\"payload\":%s}", ot_wire_in[i].name, body);
      ot_codec_decode (ENVELOPE, text, strlen (text), &decoded);
      g_assert_cmpint (decoded.event == NULL, ==, (field->flags & OT_FIELD_REQUIRED) != 0);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/codec/cases", test_cases);
  g_test_add_func ("/wire/codec/sequence", test_sequence);
  g_test_add_func ("/wire/codec/values", test_values);
  g_test_add_func ("/wire/codec/long-event-name", test_long_event_name);
  g_test_add_func ("/wire/codec/encode", test_encode);
  g_test_add_func ("/wire/codec/encode-list", test_encode_list);
  g_test_add_func ("/wire/codec/examples", test_examples);
  g_test_add_func ("/wire/codec/required", test_required);
  return g_test_run ();
}
