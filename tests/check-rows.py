#!/usr/bin/env python3
"""Holds tests/data/protocol-rows.tsv, the wire protocol's rows and the black-box tests of each, against what there is:

- every event of schemas/, every code of an error and every close code of the sources has its row, also what a client
  may not do; every row names a test,
- every test that is named exists, is not skipped, and its file speaks of the event or the code,
- it runs in the formats of the row: what meson runs in both is told in the arguments.

    check-rows.py FILE…     names of scenarios that run in both formats (tests/scenario/meson.build)"""

import ast
import csv
import re
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
TABLE = TESTS / "data" / "protocol-rows.tsv"
FORMATS = {"both", "flat", "envelope"}
NEVER = {"INTERNAL"}  # no client can bring it about; the walks look for it


def names(path, pattern):
    return re.findall(pattern, (ROOT / path).read_text(encoding="utf-8"))


def wanted():
    """(section, row) of all that the sources know."""
    for schema in sorted((ROOT / "schemas" / "client").glob("*.json")):
        yield "3", f"client {schema.stem}"
        if schema.stem != "heartbeat":  # the one that is always allowed
            yield "3", f"client {schema.stem} refused"
    for schema in sorted((ROOT / "schemas" / "server").glob("*.json")):
        yield "3", f"server {schema.stem}"
    for code in names("src/core/reason.c", r'"([A-Z_]+)"'):
        if code not in NEVER:
            yield "3", f"error {code}"
    for code in names("src/net/net-limits.h", r"OT_CLOSE_\w+ = (\d+)"):
        yield "1", f"close {code}"
    for subprotocol in names("src/wire/format.c", r'"(otomo\.\w+\.v1)"'):
        yield "2", f"subprotocol {subprotocol}"


def tests_of(path):
    """The tests of a Python file: name → whether it is run."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return {f.name: not any("skip" in ast.dump(mark) for mark in f.decorator_list) for f in functions}


def faults_of(row, test, both):
    """What is wrong with a TEST that a ROW names."""
    if test.startswith("browser/"):
        if not (TESTS / test).is_file():
            yield "there is no such file"
        return
    name, _, function = test.partition("::")
    path = TESTS / "scenario" / f"test_{name}.py"
    if not path.is_file():
        yield "there is no such file"
        return
    if not tests_of(path).get(function):
        yield "there is no such test, or it is skipped"
    if row["format"] == "both" and name not in both:
        yield f"tests/scenario/meson.build runs {name} in one format only"
    kind, *words = row["row"].split(" ")
    helpers = (TESTS / "scenario" / "otomo" / "scene.py").read_text(encoding="utf-8")
    if kind in ("client", "server", "error", "close") and words[0] not in path.read_text(encoding="utf-8") + helpers:
        yield f"its file does not speak of {words[0]}"


def findings(rows, both):
    seen = [(row["section"], row["row"]) for row in rows]
    for key in wanted():
        if key not in seen:
            yield f"section {key[0]}, {key[1]}: has no row"
    for row, key in zip(rows, seen):
        where = f"section {key[0]}, {key[1]}"
        if seen.count(key) > 1:
            yield f"{where}: twice"
        if row["format"] not in FORMATS:
            yield f"{where}: format {row['format']}"
        if not row["tests"]:
            yield f"{where}: no test"
        for test in row["tests"].split():
            for fault in faults_of(row, test, both):
                yield f"{where}: {test}: {fault}"


def main(both):
    with TABLE.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    found = list(findings(rows, both))
    print("\n".join(found) or f"{len(rows)} rows")
    return 1 if found else 0


sys.exit(main(set(sys.argv[1:])))
