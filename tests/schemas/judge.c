/* What our codec says of messages, for an independent validator to be compared with. Each line of
 * standard input is "client FORMAT MESSAGE" (a whole message, as a client would send it) or "server
 * NAME FIELDS" (the fields of an event of ours); each line of standard output is "accepted", or
 * "refused" and why. */

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "fields.h"
#include "wire-events.h"

static void
print_verdict (const char *problem)
{
  if (problem == NULL)
    puts ("accepted");
  else
    printf ("refused %s\n", problem);
}

static void
judge_client (const char *format_name, const char *message)
{
  OtFormat format = g_str_equal (format_name, "flat") ? OT_FORMAT_FLAT : OT_FORMAT_ENVELOPE;
  g_auto (OtDecoded) decoded = { 0 };

  ot_codec_decode (format, message, strlen (message), &decoded);
  g_assert ((decoded.event != NULL) == (decoded.message == NULL));
  print_verdict (decoded.message);
}

static const OtShape *
find_server_event (const char *name)
{
  for (guint i = 0; i < OT_OUT_N; i++)
    if (g_str_equal (ot_wire_out[i].name, name))
      return ot_wire_out[i].shape;
  g_error ("no event %s", name);
}

static void
judge_server (const char *name, const char *text)
{
  const OtShape *shape = find_server_event (name);
  g_autoptr (GStringChunk) strings = g_string_chunk_new (256);
  g_autoptr (JsonNode) fields = json_from_string (text, NULL);
  g_autofree char *target = NULL;
  g_autofree char *problem = NULL;

  g_assert_true (JSON_NODE_HOLDS_OBJECT (fields));
  if (shape != NULL) {
    target = g_malloc0 (shape->size);
    problem = ot_fields_read (shape, json_node_get_object (fields), target, strings);
  }
  print_verdict (problem);
}

int
main (void)
{
  g_autoptr (GIOChannel) input = g_io_channel_unix_new (0);
  g_autofree char *line = NULL;
  gsize end;

  while (g_io_channel_read_line (input, &line, NULL, &end, NULL) == G_IO_STATUS_NORMAL) {
    g_auto (GStrv) words = NULL;

    line[end] = '\0';
    words = g_strsplit (line, " ", 3);
    g_assert_cmpuint (g_strv_length (words), ==, 3);
    if (g_str_equal (words[0], "client"))
      judge_client (words[1], words[2]);
    else
      judge_server (words[1], words[2]);
    g_clear_pointer (&line, g_free);
  }
  return 0;
}
