/* Answers of the server, for people: JSON, or a table with columns as wide as they need. */

#include "print.h"

#include <string.h>

#include "log-line.h"

void
ctl_print_json (JsonNode *node)
{
  g_autofree char *text = json_to_string (node, TRUE);

  g_print ("%s\n", text);
}

/* It may be anybody's: a client names its events as it likes. */
static char *
printable (const char *text)
{
  GString *out = g_string_new (NULL);

  ot_log_append_printable (out, text, G_MAXINT);
  return g_string_free (out, FALSE);
}

char *
ctl_value_text (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return g_strdup ("-");
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return printable (json_node_get_string (node));
  return json_to_string (node, FALSE);
}

void
ctl_print_members (JsonObject *object)
{
  g_autoptr (GList) members = json_object_get_members (object);

  for (GList *link = members; link != NULL; link = link->next) {
    g_autofree char *text = ctl_value_text (object, link->data);
    g_print ("%-20s %s\n", (const char *)link->data, text);
  }
}

static void
print_cell (const char *text, gsize width, gboolean last)
{
  gsize length = (gsize)g_utf8_strlen (text, -1);

  g_print ("%s", text);
  if (!last)
    g_print ("%*s", (int)(width - length + 2), "");
}

void
ctl_print_table (JsonArray *rows, const char *const *columns)
{
  guint n_columns = g_strv_length ((char **)columns);
  g_autofree gsize *widths = g_new0 (gsize, n_columns);
  g_autoptr (GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);

  for (guint c = 0; c < n_columns; c++) {
    const char *equals = strchr (columns[c], '=');
    widths[c] = (gsize)(equals - columns[c]);
    g_ptr_array_add (cells, g_strndup (columns[c], widths[c]));
  }
  for (guint r = 0; r < json_array_get_length (rows); r++)
    for (guint c = 0; c < n_columns; c++) {
      char *text =
          ctl_value_text (json_array_get_object_element (rows, r), strchr (columns[c], '=') + 1);
      widths[c] = MAX (widths[c], (gsize)g_utf8_strlen (text, -1));
      g_ptr_array_add (cells, text);
    }
  for (guint i = 0; i < cells->len; i++) {
    print_cell (g_ptr_array_index (cells, i), widths[i % n_columns],
                i % n_columns == n_columns - 1);
    if (i % n_columns == n_columns - 1)
      g_print ("\n");
  }
}

/* In quotes when it has to be. A text that a spreadsheet would take for a formula gets an
 * apostrophe. */
static void
print_csv_cell (JsonNode *node)
{
  gboolean is_text = node != NULL && json_node_get_value_type (node) == G_TYPE_STRING;
  const char *text = is_text ? json_node_get_string (node) : NULL;

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return;
  if (!is_text) {
    g_autofree char *number = json_to_string (node, FALSE);
    g_print ("%s", number);
    return;
  }
  g_print ("\"%s", *text != '\0' && strchr ("=+-@\t\r", *text) != NULL ? "'" : "");
  for (; *text != '\0'; text = g_utf8_next_char (text))
    g_print (*text == '"' ? "\"%.*s" : "%.*s", (int)(g_utf8_next_char (text) - text), text);
  g_print ("\"");
}

void
ctl_print_csv (JsonArray *rows, const char *const *columns)
{
  guint n_columns = g_strv_length ((char **)columns);

  for (guint c = 0; c < n_columns; c++)
    g_print ("%s%s", c > 0 ? "," : "", strchr (columns[c], '=') + 1);
  g_print ("\r\n");
  for (guint r = 0; r < json_array_get_length (rows); r++)
    for (guint c = 0; c < n_columns; c++) {
      print_csv_cell (json_object_get_member (json_array_get_object_element (rows, r),
                                              strchr (columns[c], '=') + 1));
      g_print ("%s", c + 1 < n_columns ? "," : "\r\n");
    }
}
