#!/usr/bin/env python3
"""Writes docs/reference/protocol.md from the JSON Schemas of this folder.

    reference.py [--check] PAGE TYPES.json SCHEMA.json...

--check changes nothing: it fails when the page is not what would be written.
"""

import json
import sys
from pathlib import Path

from generate import ID_PATTERN

HEAD = """# Reference of the wire protocol

Every event with its fields, as the server's code has them. Made from `schemas/` by `./dev reference`; change the schemas,
not this page. What an event does, and when it is allowed, is the protocol's own text.

The fields are the same in both formats. `otomo.flat.v1`, or no subprotocol: they lie beside `type`. `otomo.envelope.v1`: they lie
in `payload`, beside `event` and `sequence`. The one exception: the server's `call_connected` has its fields in `payload` in
the flat format too. A client's unknown fields are ignored.
"""
LIMITS = [("minLength", "maxLength", " characters"), ("minimum", "maximum", ""), ("minItems", "maxItems", " elements")]


def link(name):
    return f"[{name}](#{name.lower()})"


def limits(schema):
    if schema.get("type") == "string" and schema.get("pattern") == ID_PATTERN:
        return ["1 to 64 of `A-Za-z0-9_.:-`"]
    out = []
    for low, high, unit in LIMITS:
        if high in schema:
            out.append(f"{schema.get(low, 0)} to {schema[high]}{unit}")
        elif low in schema:
            out.append(f"at least {schema[low]}{unit if schema[low] != 1 else unit.rstrip('s')}")
    return out


def type_text(schema):
    """A field's type in words, with its limits where they are its own."""
    if "$ref" in schema:
        return link(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join("null" if s == {"type": "null"} else type_text(s) for s in schema["anyOf"])
    if "enum" in schema:
        return " ".join(f"`{word}`" for word in schema["enum"])
    kind = schema["type"]
    words = " or ".join(kind) if isinstance(kind, list) else kind
    if kind == "array":
        words = f"array of {type_text(schema['items'])}"
    return ", ".join([words, *limits(schema)])


def fields_table(schema):
    rows = []
    for name, field in schema.get("properties", {}).items():
        optional = "" if name in schema.get("required", []) else "?"
        description = field.get("description", "")
        rows.append(f"| `{name}`{optional} | {type_text(field)} | {description} |")
    return ["| field | type | meaning |", "| --- | --- | --- |", *rows, ""] if rows else ["No fields.", ""]


def flat(schema, example):
    if schema.get("x-otomo-flat") == "payload":
        return {"type": schema["title"], "payload": example}
    return {"type": schema["title"], **example}


def event_section(path):
    schema = json.loads(path.read_text())
    examples = [json.dumps(flat(schema, example), ensure_ascii=False) for example in schema["examples"]]
    return [f"### {schema['title']}", "", schema["description"], "", *fields_table(schema), "```json", *examples,
            "```", ""]


def type_section(name, schema):
    out = [f"### {name}", "", schema["description"], ""]
    if schema["type"] == "object":
        return out + fields_table(schema)
    return out + [type_text(schema), ""]


def page(shared, paths):
    out = [HEAD]
    for sender, title in (("client", "From a client"), ("server", "From the server")):
        out += [f"## {title}", ""]
        for path in paths:
            if path.parent.name == sender:
                out += event_section(path)
    out += ["## Types", "", "`?` marks a field that may be missing.", ""]
    for name, schema in shared.items():
        out += type_section(name, schema)
    return "\n".join(out)


def main(arguments):
    check = arguments[0] == "--check"
    target, types_path, *schema_paths = arguments[1:] if check else arguments
    shared = json.loads(Path(types_path).read_text())["$defs"]
    text = page(shared, [Path(path) for path in schema_paths])
    target = Path(target)
    if not check:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    elif not target.exists() or target.read_text() != text:
        sys.exit(f"{target} is not what the schemas say: run ./dev reference and commit it")


if __name__ == "__main__":
    main(sys.argv[1:])
