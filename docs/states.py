#!/usr/bin/env python3
"""The state diagram of a call, made of the table that the unit test of core/call-fsm.c walks. `./dev reference` writes
it, a test shows that it is up to date.

    states.py PAGE TABLE [--check]
"""

import csv
import sys
from pathlib import Path

HEAD = """# The states of a call

Made of [`tests/data/call-fsm.tsv`](../../tests/data/call-fsm.tsv), which a test holds against the code, by `./dev reference`; change the table, not this page. The
server alone moves a call from state to state: an event that has no arrow is refused with `INVALID_STATE`, or changes nothing, and `call_state_update` tells both sides of each new state. `requested` is known to nobody but
the server: it lasts until the database has answered.

```mermaid
stateDiagram-v2
  [*] --> requested: call_request
"""
OVER = ("ended", "failed")


def arrows(rows):
    """{(from, to): [events]}, without those that change nothing."""
    found = {}
    for row in rows:
        start, end = row["from"], row["to"]
        if start != end and start not in OVER:
            events = found.setdefault((start, end), [])
            if row["event"] not in events:
                events.append(row["event"])
    return found


def page(rows):
    text = HEAD
    for (start, end), events in arrows(rows).items():
        text += f"  {start} --> {end}: {'<br/>'.join(events)}\n"
    text += "".join(f"  {state} --> [*]\n" for state in OVER) + "```\n\n| from | to | when |\n| --- | --- | --- |\n"
    for (start, end), events in arrows(rows).items():
        text += f"| {start} | {end} | {', '.join(f'`{event}`' for event in events)} |\n"
    return text


def main(target, table, check=None):
    with open(table) as file:
        text = page(list(csv.DictReader(file, delimiter="\t")))
    if not check:
        Path(target).write_text(text)
    elif Path(target).read_text() != text:
        sys.exit(f"{target} is not what {table} says: run ./dev reference and commit it")


main(*sys.argv[1:])
