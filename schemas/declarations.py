#!/usr/bin/env python3
"""Generates TypeScript declarations from the JSON Schemas of this folder, for those who write a client.

    declarations.py OUTPUT TYPES.json SCHEMA.json...
"""

import json
import sys
from pathlib import Path

PRIMITIVES = {"string": "string", "integer": "number", "boolean": "boolean"}


def name_of(shared):
    """callState becomes CallState."""
    return shared[0].upper() + shared[1:]


def comment(text, indent=""):
    return [f"{indent}/** {text} */"] if text else []


def declare_type(schema):
    """The type expression of a schema: a name where types.json has one."""
    if "$ref" in schema:
        return name_of(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join("null" if s == {"type": "null"} else declare_type(s) for s in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(f"'{word}'" for word in schema["enum"])
    kind = schema["type"]
    if isinstance(kind, list):
        return " | ".join("null" if k == "null" else PRIMITIVES[k] for k in kind)
    if kind == "array":
        return f"Array<{declare_type(schema['items'])}>"
    return PRIMITIVES[kind]


def declare_members(schema, indent):
    required = schema.get("required", [])
    out = []
    for name, field in schema.get("properties", {}).items():
        out += comment(field.get("description"), indent)
        out.append(f"{indent}{name}{'' if name in required else '?'}: {declare_type(field)};")
    return out


def declare_shared(name, schema):
    head = comment(schema.get("description"))
    if schema["type"] == "object":
        return [*head, f"export interface {name_of(name)} {{", *declare_members(schema, "  "), "}", ""]
    return [*head, f"export type {name_of(name)} = {declare_type(schema)};", ""]


def declare_events(name, text, paths):
    out = [*comment(text), f"export interface {name} {{"]
    for path in paths:
        schema = json.loads(path.read_text())
        members = declare_members(schema, "    ")
        out += comment(schema["description"], "  ")
        out += [f"  {schema['title']}: {{", *members, "  };"] if members else [f"  {schema['title']}: {{}};"]
    return [*out, "}", ""]


def main(output, types_path, *schema_paths):
    paths = [Path(path) for path in schema_paths]
    out = ["/* What clients and the server say to each other, by the event's name: the fields, as they are in every wire",
           " * format. Generated from schemas/ by declarations.py. */", ""]
    for name, schema in json.loads(Path(types_path).read_text())["$defs"].items():
        out += declare_shared(name, schema)
    out += declare_events("ClientEvents", "From a client.", [p for p in paths if p.parent.name == "client"])
    out += declare_events("ServerEvents", "From the server.", [p for p in paths if p.parent.name == "server"])
    Path(output).write_text("\n".join(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
