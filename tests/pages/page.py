"""What a page of docs/ tells its reader to type: its fenced blocks, in order.

    ```sh            commands
    ```sh server     a command that runs until Ctrl-C; the reader leaves it running
    ```console       commands after "$ ", each with what it prints; … stands for anything,
                     a line of it for any number of lines

A block that a test can't run has a line before it that readers see too:

    *Not run by the tests: why.*

Other languages are no commands. Indented code is refused: it would say nothing of what it is."""

import re
from collections import namedtuple
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
COMMANDS = {"sh", "sh server", "console"}
OTHERS = {"c", "html", "ini", "js", "json", "mermaid", "promql", "sql", "text", "yaml"}
NOT_RUN = re.compile(r"\*Not run by the tests: (.+)\.\*")

# kind: as above; heading: of its section; reason: why it is not run, or None
Block = namedtuple("Block", "page line kind heading reason text")


def pages():
    """All that is written for readers."""
    return [SOURCE / "README.md", SOURCE / "README.ja.md", *sorted((SOURCE / "docs").rglob("*.md"))]


def blocks(path):
    """The blocks of a page; ValueError: it has one that is none."""
    page = str(path.relative_to(SOURCE))
    lines = path.read_text().splitlines()
    found, heading, before, start = [], "", "", None
    for number, line in enumerate(lines, 1):
        if start is None and line.startswith("#"):
            heading = line.lstrip("#").strip()
        if line.startswith("```"):
            if start is None:
                start, kind = number, line[3:].strip()
                if kind not in COMMANDS | OTHERS:
                    raise ValueError(f"{page}:{number}: ```{kind} is no language of page.py")
                continue
            reason = NOT_RUN.fullmatch(before)
            text = "\n".join(lines[start : number - 1])
            found.append(Block(page, start, kind, heading, reason and reason.group(1), text))
            start, before = None, ""
        elif start is None and line.strip():
            if re.match(r" {4,}[^ *-]", line) and not before.startswith(("|", " ", "-", "*", "1")):
                raise ValueError(f"{page}:{number}: indented code; a fence says what it is")
            before = line.strip()
    if start is not None:
        raise ValueError(f"{page}:{start}: the block has no end")
    return found


def commands(path):
    """Those that a reader types."""
    return [block for block in blocks(path) if block.kind in COMMANDS]


def dialogue(text):
    """Of a console block: [(command, lines that it prints)]."""
    said = []
    for line in text.splitlines():
        if line.startswith("$ "):
            said.append((line[2:], []))
        elif not said:
            raise ValueError(f"{line!r} stands before any command")
        else:
            said[-1][1].append(line)
    return said


def matches(expected, printed):
    """Whether lines are what a console block shows."""
    parts = [
        r"(?:.*\n)*?" if line.strip() == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\n"
        for line in expected
    ]
    return re.fullmatch("".join(parts), "".join(f"{line.rstrip()}\n" for line in printed)) is not None
