/* Structs from and to JSON objects, driven by tables. Owns nothing: what is read is copied into the
 * caller's string chunk. Main loop or any thread: no state. */

#include "fields.h"

#include <math.h>
#include <string.h>

#include "ids.h"

#define MEMBER(type, base, offset) (*(type *)((char *)(base) + (offset)))
#define MEMBER_CONST(type, base, offset) (*(type const *)((const char *)(base) + (offset)))

#define MAX_DOUBLE_INTEGER 9007199254740992.0 /* 2^53: as the gate has it for whole numbers */

/* Where we are in the message, for the error's text; on the stack, innermost first. */
typedef struct _Place Place;
struct _Place {
  const Place *outer; /* nullable */
  const char *name;
  int index; /* in an array; -1: in none */
};

static void
append_path (GString *text, const Place *place)
{
  if (place->outer != NULL) {
    append_path (text, place->outer);
    if (place->index < 0)
      g_string_append_c (text, '.');
  }
  if (place->index < 0)
    g_string_append (text, place->name);
  else
    g_string_append_printf (text, "[%d]", place->index);
}

static char *G_GNUC_PRINTF (2, 3) problem (const Place *place, const char *format, ...)
{
  GString *text = g_string_new (NULL);
  va_list args;

  append_path (text, place);
  g_string_append (text, ": ");
  va_start (args, format);
  g_string_append_vprintf (text, format, args);
  va_end (args);
  return g_string_free (text, FALSE);
}

/* Room for an array in the chunk, aligned for any of our structs and zero-filled. */
static gpointer
take_array (GStringChunk *strings, gsize n, gsize size)
{
  const gsize alignment = G_ALIGNOF (max_align_t);
  g_autofree char *zeros = g_malloc0 (n * size + alignment);
  guintptr room = (guintptr)g_string_chunk_insert_len (strings, zeros, n * size + alignment);

  return (gpointer)((room + alignment - 1) / alignment * alignment);
}

static gboolean
is_in (const char *const *words, const char *word)
{
  return g_strv_contains (words, word);
}

static char *
read_string (const OtField *field,
             JsonNode *node,
             const char **target,
             GStringChunk *strings,
             const Place *place)
{
  const char *text;
  glong length;

  if (json_node_get_value_type (node) != G_TYPE_STRING)
    return problem (place, "not a string");
  text = json_node_get_string (node);
  length = g_utf8_strlen (text, -1);
  if ((field->flags & OT_FIELD_ID) && !ot_id_valid (text))
    return problem (place, "not an id (1 to 64 characters of A-Za-z0-9_.:-)");
  if (length < field->min)
    return problem (place, length == 0 ? "empty" : "shorter than %" G_GINT64_FORMAT " characters",
                    field->min);
  if (length > field->max)
    return problem (place, "longer than %" G_GINT64_FORMAT " characters", field->max);
  if (field->words != NULL && !is_in (field->words, text)) {
    g_autofree char *words = g_strjoinv (", ", (char **)field->words);
    return problem (place, "not one of %s", words);
  }
  *target = g_string_chunk_insert (strings, text);
  return NULL;
}

gboolean
ot_fields_read_whole (JsonNode *node, gint64 *value)
{
  GType type = json_node_get_value_type (node);
  double real;

  if (type == G_TYPE_INT64) {
    *value = json_node_get_int (node);
    return TRUE;
  }
  real = type == G_TYPE_DOUBLE ? json_node_get_double (node) : NAN;
  if (!(fabs (real) <= MAX_DOUBLE_INTEGER) || real != floor (real))
    return FALSE;
  *value = (gint64)real;
  return TRUE;
}

static char *
read_int (const OtField *field, JsonNode *node, gint64 *target, const Place *place)
{
  gint64 value;

  if (!ot_fields_read_whole (node, &value))
    return problem (place, json_node_get_value_type (node) == G_TYPE_DOUBLE
                               ? "not a whole number within 2^53"
                               : "not a whole number");
  if (value < field->min)
    return problem (place, "below %" G_GINT64_FORMAT, field->min);
  if (value > field->max)
    return problem (place, "above %" G_GINT64_FORMAT, field->max);
  *target = value;
  return NULL;
}

static char *
read_object (const OtShape *shape, JsonObject *, gpointer, GStringChunk *, const Place *);

static char *
read_element (const OtShape *shape,
              JsonNode *node,
              gpointer target,
              GStringChunk *strings,
              const Place *place)
{
  static const OtField plain = { .kind = OT_FIELD_STRING, .min = 0, .max = G_MAXINT64 };

  if (shape == NULL)
    return read_string (&plain, node, target, strings, place);
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return problem (place, "not an object");
  return read_object (shape, json_node_get_object (node), target, strings, place);
}

static char *
read_array (const OtField *field,
            JsonNode *node,
            gpointer target,
            GStringChunk *strings,
            const Place *place)
{
  gsize size = field->shape != NULL ? field->shape->size : sizeof (char *);
  JsonArray *array;
  char *items;
  guint n;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return problem (place, "not an array");
  array = json_node_get_array (node);
  n = json_array_get_length (array);
  if (n < field->min || n > field->max)
    return problem (place, "must have %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " elements",
                    field->min, field->max);
  items = take_array (strings, n, size);
  for (guint i = 0; i < n; i++) {
    Place inner = { place, NULL, (int)i };
    char *error = read_element (field->shape, json_array_get_element (array, i), items + i * size,
                                strings, &inner);
    if (error != NULL)
      return error;
  }
  MEMBER (gpointer, target, field->offset) = items;
  MEMBER (gsize, target, field->count_offset) = n;
  return NULL;
}

static char *
read_value (const OtField *field,
            JsonNode *node,
            gpointer target,
            GStringChunk *strings,
            const Place *place)
{
  switch (field->kind) {
  case OT_FIELD_STRING:
    return read_string (field, node, &MEMBER (const char *, target, field->offset), strings, place);
  case OT_FIELD_INT:
    return read_int (field, node, &MEMBER (gint64, target, field->offset), place);
  case OT_FIELD_BOOL:
    if (json_node_get_value_type (node) != G_TYPE_BOOLEAN)
      return problem (place, "not true or false");
    MEMBER (gboolean, target, field->offset) = json_node_get_boolean (node);
    return NULL;
  case OT_FIELD_OBJECT:
    if (!JSON_NODE_HOLDS_OBJECT (node))
      return problem (place, "not an object");
    return read_object (field->shape, json_node_get_object (node), (char *)target + field->offset,
                        strings, place);
  case OT_FIELD_ARRAY:
    return read_array (field, node, target, strings, place);
  }
  g_assert_not_reached ();
}

static char *
read_object (const OtShape *shape,
             JsonObject *object,
             gpointer target,
             GStringChunk *strings,
             const Place *outer)
{
  for (guint i = 0; i < shape->n_fields; i++) {
    const OtField *field = &shape->fields[i];
    Place place = { outer, field->name, -1 };
    JsonNode *node = json_object_get_member (object, field->name);
    char *error;

    if (node == NULL && (field->flags & OT_FIELD_REQUIRED))
      return problem (&place, "missing");
    if (node == NULL || (JSON_NODE_HOLDS_NULL (node) && (field->flags & OT_FIELD_NULLABLE)))
      continue;
    error = read_value (field, node, target, strings, &place);
    if (error != NULL)
      return error;
    if (field->has_offset != 0)
      MEMBER (gboolean, target, field->has_offset) = TRUE;
  }
  return NULL;
}

char *
ot_fields_read (const OtShape *shape, JsonObject *object, gpointer target, GStringChunk *strings)
{
  return read_object (shape, object, target, strings, NULL);
}

static JsonNode *
object_node (const OtShape *shape, gconstpointer source)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, json_object_new ());
  ot_fields_write (shape, source, json_node_get_object (node));
  return node;
}

static JsonNode *
array_node (const OtField *field, gconstpointer source)
{
  const char *items = MEMBER_CONST (gpointer, source, field->offset);
  gsize n = MEMBER_CONST (gsize, source, field->count_offset);
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_sized_new (n);

  for (gsize i = 0; i < n; i++) {
    if (field->shape != NULL)
      json_array_add_element (array, object_node (field->shape, items + i * field->shape->size));
    else
      json_array_add_string_element (array, ((const char *const *)items)[i]);
  }
  json_node_take_array (node, array);
  return node;
}

/* NULL where an optional field has no value. */
static JsonNode *
value_node (const OtField *field, gconstpointer source)
{
  const char *text;

  if (field->has_offset != 0 && !MEMBER_CONST (gboolean, source, field->has_offset))
    return NULL;
  switch (field->kind) {
  case OT_FIELD_STRING:
    text = MEMBER_CONST (const char *, source, field->offset);
    return text != NULL ? json_node_init_string (json_node_alloc (), text) : NULL;
  case OT_FIELD_INT:
    return json_node_init_int (json_node_alloc (), MEMBER_CONST (gint64, source, field->offset));
  case OT_FIELD_BOOL:
    return json_node_init_boolean (json_node_alloc (),
                                   MEMBER_CONST (gboolean, source, field->offset));
  case OT_FIELD_OBJECT:
    return object_node (field->shape, (const char *)source + field->offset);
  case OT_FIELD_ARRAY:
    return array_node (field, source);
  }
  g_assert_not_reached ();
}

void
ot_fields_write (const OtShape *shape, gconstpointer source, JsonObject *object)
{
  for (guint i = 0; i < shape->n_fields; i++) {
    const OtField *field = &shape->fields[i];
    JsonNode *node = value_node (field, source);

    if (node == NULL && (field->flags & OT_FIELD_REQUIRED)) {
      g_assert (field->flags & OT_FIELD_NULLABLE);
      node = json_node_new (JSON_NODE_NULL);
    }
    if (node != NULL)
      json_object_set_member (object, field->name, node);
  }
}
