#!/usr/bin/env python3
"""Generates C from the JSON Schemas of this folder: the typed events and the tables that read and write them.

    generate.py event|wire HEADER SOURCE TYPES.json SCHEMA.json...

A schema's folder (client or server) says who sends the event, the order of the arguments is the order of the enums.
Only what the events need of JSON Schema is understood; anything else stops the build with the place's name.
"""

import json
import re
import sys
from pathlib import Path

ID_PATTERN = "^[A-Za-z0-9_.:-]{1,64}$"  # the one pattern: ot_id_valid() of core/ids.h
ANNOTATIONS = {"description", "title", "examples"}
KEYWORDS = {
    "STRING": {"type", "enum", "minLength", "maxLength", "pattern"},
    "INT": {"type", "minimum", "maximum"},
    "BOOL": {"type"},
    "OBJECT": {"type", "properties", "required"},
    "ARRAY": {"type", "items", "minItems", "maxItems"},
}
KINDS = {"string": "STRING", "integer": "INT", "boolean": "BOOL", "object": "OBJECT", "array": "ARRAY"}


def snake(name):
    """sdpMLineIndex becomes sdp_m_line_index."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


def fail(place, problem):
    sys.exit(f"schemas/{place}: {problem}")


class Field:
    """One property of an object: what C needs to declare, read, check and write it."""

    def __init__(self, place, name, schema, required, types):
        self.name, self.c_name, self.place = name, snake(name), place
        self.description = schema.get("description", "")
        schema, self.nullable, shared = types.resolve(schema, place)
        kind = schema["type"]
        if isinstance(kind, list):
            self.nullable = "null" in kind
            kind = next(k for k in kind if k != "null")
        self.kind = KINDS.get(kind) or fail(place, f"type {kind} is not understood")
        unknown = set(schema) - KEYWORDS[self.kind] - ANNOTATIONS
        if unknown:
            fail(place, f"{', '.join(sorted(unknown))} is not understood")
        self.required, self.schema = required, schema
        self.struct = types.struct_of(shared, place) if self.kind == "OBJECT" else None
        if self.kind == "ARRAY":
            item, _, shared = types.resolve(schema["items"], place)
            self.struct = types.struct_of(shared, place) if item["type"] == "object" else None
            if not self.struct and item != {"type": "string"}:
                fail(place, "an array is of plain strings or of objects")
            if "maxItems" not in schema:
                fail(place, "an array needs maxItems")
        if schema.get("pattern", ID_PATTERN) != ID_PATTERN:
            fail(place, "the only pattern is that of an id")

    @property
    def has_flag(self):
        """Strings and arrays say "absent" as NULL and 0; the rest needs a member of its own."""
        return self.kind in ("INT", "BOOL", "OBJECT") and (self.nullable or not self.required)

    def declaration(self):
        item = self.struct and self.struct.c_name
        before = {"STRING": "const char *", "INT": "gint64 ", "BOOL": "gboolean ", "OBJECT": f"{item} ",
                  "ARRAY": f"const {item} *" if self.struct else "const char *const *"}[self.kind]
        lines = [f"{before}{self.c_name};"]
        if self.kind == "ARRAY":
            lines.append(f"gsize n_{self.c_name};")
        if self.has_flag:
            lines.append(f"gboolean has_{self.c_name};")
        return lines

    def row(self, c_type):
        """The initialiser of this field's OtField."""
        schema, flags = self.schema, []
        if self.required:
            flags.append("OT_FIELD_REQUIRED")
        if self.nullable:
            flags.append("OT_FIELD_NULLABLE")
        if "pattern" in schema:
            flags.append("OT_FIELD_ID")
        lowest = "G_MININT64" if self.kind == "INT" else 0
        low = schema.get("minLength", schema.get("minimum", schema.get("minItems", lowest)))
        high = schema.get("maxLength", schema.get("maximum", schema.get("maxItems", "G_MAXINT64")))
        parts = [f'"{self.name}"', f"OT_FIELD_{self.kind}", " | ".join(flags) or "0",
                 f"offsetof ({c_type}, {self.c_name})"]
        if self.kind == "ARRAY":
            parts.append(f".count_offset = offsetof ({c_type}, n_{self.c_name})")
        if self.has_flag:
            parts.append(f".has_offset = offsetof ({c_type}, has_{self.c_name})")
        parts += [f".min = {low}", f".max = {high}"]
        if "enum" in schema:
            parts.append(".words = (const char *const[]) { %s, NULL }" % ", ".join(f'"{w}"' for w in schema["enum"]))
        if self.struct:
            parts.append(f".shape = &{self.struct.shape}")
        return "  { " + ", ".join(parts) + " },"


class Struct:
    """An object: a C struct, and a table of its fields (shape) that several schemas may have each of their own."""

    def __init__(self, c_name, shape, schema, place, types):
        self.c_name, self.shape, self.place = c_name, shape, place
        self.description = schema.get("description", "")
        required = set(schema.get("required", []))
        properties = schema.get("properties", {})
        if required - set(properties):
            fail(place, f"required, but not a property: {', '.join(required - set(properties))}")
        self.fields = [Field(f"{place}: {name}", name, value, name in required, types)
                       for name, value in properties.items()]

    def declaration(self):
        out = []
        for field in self.fields:
            if field.description:
                out.append(f"  /* {field.description} */")
            out += ["  " + line for line in field.declaration()]
        return out

    def layout(self):
        return [line for field in self.fields for line in field.declaration()]

    def table(self):
        rows = [field.row(self.c_name) for field in self.fields]
        return [f"static const OtField {self.shape}_fields[] = {{", *rows, "};",
                f"static const OtShape {self.shape} = {{ sizeof ({self.c_name}), {len(rows)}, {self.shape}_fields }};",
                ""] if rows else []


class Types:
    """types.json: resolves references, keeps each object once and in the order of need."""

    def __init__(self, path):
        self.defs = json.loads(Path(path).read_text())["$defs"]
        self.structs = {}

    def resolve(self, schema, place):
        """Follows $ref and "or null"; what stands beside a $ref wins."""
        nullable = False
        if "anyOf" in schema:
            choices = [s for s in schema["anyOf"] if s != {"type": "null"}]
            if len(choices) != 1 or len(schema["anyOf"]) != 2:
                fail(place, "anyOf is for one thing or null")
            schema = {**choices[0], **{k: v for k, v in schema.items() if k != "anyOf"}}
            nullable = True
        if "$ref" not in schema:
            return schema, nullable, None
        name = schema["$ref"].rpartition("/")[2]
        if name not in self.defs:
            fail(place, f"no {name} in types.json")
        own = {k: v for k, v in schema.items() if k != "$ref"}
        return {**self.defs[name], **own}, nullable, name

    def struct_of(self, name, place):
        if name is None:
            fail(place, "an object belongs into types.json")
        if name not in self.structs:
            struct = Struct("Ot" + self.defs[name]["title"], snake(name), self.defs[name], f"types.json: {name}", self)
            for other in self.structs.values():
                if other.c_name == struct.c_name and other.layout() != struct.layout():
                    fail(struct.place, f"not laid out as the other {struct.c_name}")
            self.structs[name] = struct
        return self.structs[name]


class Event:
    def __init__(self, path, types):
        schema = json.loads(path.read_text())
        self.name, self.sender = path.stem, path.parent.name
        self.prefix = {"client": "in", "server": "out"}[self.sender]
        place = f"{self.sender}/{path.name}"
        if schema["title"] != self.name:
            fail(place, "the title is not the file's name")
        self.c_type = f"Ot{camel(self.prefix)}{camel(self.name)}"
        self.constant = f"OT_{self.prefix}_{self.name}".upper()
        self.payload_in_flat = schema.get("x-otomo-flat") == "payload"
        self.struct = Struct(self.c_type, f"{self.prefix}_{self.name}", schema, place, types)

    @property
    def has_call_id(self):
        return any(field.name == "callId" for field in self.struct.fields)


def event_header(types, events):
    out = ["#pragma once", "", "#include <glib.h>", "", "/**", " * SECTION:event", " *",
           " * The events between clients and server, typed, without bytes: PROTOCOL.md section 3. Generated from",
           " * schemas/ by generate.py. Optional strings are NULL when absent; optional or nullable numbers, booleans and",
           " * objects have a has_… beside them. All whole numbers are gint64.", " */", ""]
    declared = set()
    for struct in types.structs.values():
        if struct.c_name in declared:
            continue
        declared.add(struct.c_name)
        out += [f"/** {struct.c_name}: {struct.description} */", "typedef struct {", *struct.declaration(),
                f"}} {struct.c_name};", ""]
    for sender, prefix in (("client", "in"), ("server", "out")):
        mine = [e for e in events if e.sender == sender]
        kind = f"Ot{camel(prefix)}"
        for e in mine:
            if e.struct.fields:
                out += [f"/** {e.c_type}: {e.struct.description} */", "typedef struct {", *e.struct.declaration(),
                        f"}} {e.c_type};", ""]
        out += ["typedef enum {", *[f"  {e.constant}," for e in mine], f"  OT_{prefix.upper()}_N,",
                f"}} {kind}Type;", ""]
        if prefix == "in":
            out += ["/** OtIn: an event from a client. Strings are borrowed from @strings. */", "typedef struct {",
                    "  OtInType type;", "  GStringChunk *strings; /* owned, nullable */"]
        else:
            out += ["/** OtOut: an event to a client, built on the stack and written at once: every pointer is borrowed. */",
                    "typedef struct {", "  OtOutType type;"]
        out += ["  union {", *[f"    {e.c_type} {e.name};" for e in mine if e.struct.fields], "  };", f"}} {kind};", ""]
    out += ["/** ot_in_free: (nullable) */", "void ot_in_free (OtIn *self);",
            "G_DEFINE_AUTOPTR_CLEANUP_FUNC (OtIn, ot_in_free)", "",
            "/** The event's name on the wire; static. */", "const char *ot_in_type_name (OtInType type);",
            "const char *ot_out_type_name (OtOutType type);", "",
            "/** The call that the event is about; NULL when it names none. Borrowed from the event. */",
            "const char *ot_in_get_call_id (const OtIn *self);", "const char *ot_out_get_call_id (const OtOut *self);"]
    return out


def event_source(types, events):
    out = ["/* The events' own functions. Generated from schemas/ by generate.py. */", "", '#include "event.h"', ""]
    for sender, prefix in (("client", "in"), ("server", "out")):
        mine = [e for e in events if e.sender == sender]
        kind = f"Ot{camel(prefix)}"
        out += ["const char *", f"ot_{prefix}_type_name ({kind}Type type)", "{",
                "  static const char *const names[] = {", *[f'    "{e.name}",' for e in mine], "  };", "",
                "  g_assert (type < G_N_ELEMENTS (names));", "  return names[type];", "}", "",
                "const char *", f"ot_{prefix}_get_call_id (const {kind} *self)", "{", "  switch (self->type) {"]
        for e in mine:
            if e.has_call_id:
                out += [f"  case {e.constant}:", f"    return self->{e.name}.call_id;"]
        out += [f"  case {e.constant}:" for e in mine if not e.has_call_id]
        out += [f"  case OT_{prefix.upper()}_N:", "    break;", "  }", "  return NULL;", "}", ""]
    return out + ["void", "ot_in_free (OtIn *self)", "{", "  if (self == NULL)", "    return;",
                  "  g_clear_pointer (&self->strings, g_string_chunk_free);", "  g_free (self);", "}"]


def wire_header(types, events):
    return ["#pragma once", "", '#include "event.h"', '#include "fields.h"', "",
            "/* How each event is read and written, by its type. Generated from schemas/ by generate.py. */",
            "extern const OtEventShape ot_wire_in[OT_IN_N];", "extern const OtEventShape ot_wire_out[OT_OUT_N];"]


def wire_source(types, events):
    out = ["/* Tables only: see fields.h for what reads them. Generated from schemas/ by generate.py. */", "",
           '#include "wire-events.h"', "", "#include <stddef.h>", ""]
    for struct in [*types.structs.values(), *[e.struct for e in events]]:
        out += struct.table()
    for sender, prefix in (("client", "in"), ("server", "out")):
        mine = [e for e in events if e.sender == sender]
        out += [f"const OtEventShape ot_wire_{prefix}[] = {{"]
        for e in mine:
            offset = f"offsetof (Ot{camel(prefix)}, {e.name}), &{e.struct.shape}" if e.struct.fields else "0, NULL"
            out += [f'  [{e.constant}] = {{ "{e.name}", {"TRUE" if e.payload_in_flat else "FALSE"}, {offset} }},']
        out += ["};", ""]
    return out


WRITERS = {"event": (event_header, event_source), "wire": (wire_header, wire_source)}


def main(what, header_path, source_path, types_path, *schema_paths):
    types = Types(types_path)
    events = [Event(Path(path), types) for path in schema_paths]
    for path, writer in zip((header_path, source_path), WRITERS[what]):
        Path(path).write_text("\n".join(writer(types, events)).rstrip() + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
