"""Every message of the server is held against its schema: the schemas are the contract, not what a
test happens to look at."""

import functools
import json
from pathlib import Path

import fastjsonschema

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"


@functools.cache
def _contract(event):
    """What judges an event's fields, and their names. An unknown field is off the contract as well,
    since clients are told of all of them."""
    path = SCHEMAS / "server" / f"{event}.json"
    assert path.is_file(), f"the server sent an event that the contract does not have: {event}"
    schema = {**json.loads(path.read_text()), "$id": path.as_uri()}
    handlers = {"file": lambda uri: json.loads(Path(uri[len("file://") :]).read_text())}
    judge = fastjsonschema.compile(schema, handlers=handlers, use_default=False)
    return judge, frozenset(schema.get("properties", {}))


def check(event, fields):
    """Raises AssertionError when FIELDS (without `type`) are not what the contract says of it."""
    judge, names = _contract(event)
    try:
        judge(fields)
    except fastjsonschema.JsonSchemaException as problem:
        raise AssertionError(f"{event}: {problem.message}") from None
    unknown = set(fields) - names
    assert not unknown, f"{event}: fields that the contract does not have: {sorted(unknown)}"
