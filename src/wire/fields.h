#pragma once

#include <json-glib/json-glib.h>

/**
 * SECTION:fields
 *
 * Reads and writes C structs by tables that schemas/generate.py makes of the JSON Schemas: the one
 * place where members of a message are touched.
 */

typedef enum {
  OT_FIELD_STRING, /* const char *; NULL: absent */
  OT_FIELD_INT,    /* gint64 */
  OT_FIELD_BOOL,   /* gboolean */
  OT_FIELD_OBJECT, /* the struct itself, by @shape */
  OT_FIELD_ARRAY,  /* a pointer to the first: structs by @shape, or const char * where that is NULL
                    */
} OtFieldKind;

enum {
  OT_FIELD_REQUIRED = 1 << 0,
  OT_FIELD_NULLABLE = 1 << 1, /* null is a value of its own; written when there is no other */
  OT_FIELD_ID = 1 << 2,       /* a string that ot_id_valid() takes */
};

typedef struct _OtShape OtShape;

/** OtField: one member of an object. Offsets are of its C struct; all pointers static. */
typedef struct {
  const char *name;
  OtFieldKind kind;
  guint flags;
  gsize offset;
  gsize count_offset; /* ARRAY: of a gsize */
  gsize has_offset;   /* of a gboolean; 0: it has none */
  gint64 min;         /* STRING: characters; INT: value; ARRAY: elements */
  gint64 max;
  const char *const *words; /* STRING: (nullable): the only values allowed, ended by NULL */
  const OtShape *shape;     /* OBJECT, ARRAY */
} OtField;

/** OtShape: an object. */
struct _OtShape {
  gsize size; /* of its C struct */
  guint n_fields;
  const OtField *fields;
};

/** OtEventShape: an event. @offset: of its struct in OtIn or OtOut; @shape: NULL when it has no
 * fields. */
typedef struct {
  const char *name;
  gboolean payload_in_flat; /* its fields go into a "payload" in otomo.flat.v1 */
  gsize offset;
  const OtShape *shape;
} OtEventShape;

/**
 * ot_fields_read:
 * @shape: what to expect
 * @object: passed the gate
 * @target: zero-filled struct of @shape
 * @strings: gets the strings and arrays that @target points to
 *
 * Members that the shape doesn't name are ignored.
 *
 * Returns: (transfer full) (nullable): NULL when read; else the first problem, naming the field:
 * "offer.sdp: not a string"
 */
char *
ot_fields_read (const OtShape *shape, JsonObject *object, gpointer target, GStringChunk *strings);

/** ot_fields_read_whole: a whole number, however it is written: 3, 3.0, 3e0. Returns: FALSE: it is
 * none within 2^53; @value is as it was */
gboolean ot_fields_read_whole (JsonNode *node, gint64 *value);

/**
 * ot_fields_write:
 * @shape: what @source is
 * @source: a struct of @shape, its required strings set (asserted: it is ours)
 * @object: gets the members
 */
void ot_fields_write (const OtShape *shape, gconstpointer source, JsonObject *object);
