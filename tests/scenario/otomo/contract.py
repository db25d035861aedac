"""Every message of the server is held against its schema: the schemas are the contract, not what a
test happens to look at."""

import functools
import json
from pathlib import Path

import jsonschema

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"


@functools.cache
def _validator(event):
    path = SCHEMAS / "server" / f"{event}.json"
    assert path.is_file(), f"the server sent an event that the contract does not have: {event}"
    schema = json.loads(path.read_text())
    base = path.as_uri()
    resolver = jsonschema.RefResolver(
        base,
        schema,
        handlers={"file": lambda uri: json.loads(Path(uri[len("file://") :]).read_text())},
    )
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


def check(event, fields):
    """Raises AssertionError when FIELDS (without `type`) are not what the contract says of EVENT;
    an unknown field is one as well, since clients are told of all of them."""
    validator = _validator(event)
    for problem in validator.iter_errors(fields):
        where = ".".join(str(part) for part in problem.absolute_path) or "the message"
        raise AssertionError(f"{event}: {where}: {problem.message}")
    unknown = set(fields) - set(validator.schema.get("properties", {}))
    assert not unknown, f"{event}: fields that the contract does not have: {sorted(unknown)}"
