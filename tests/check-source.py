#!/usr/bin/env python3
"""Rules of our own for src/ that no compiler holds: one line a finding; a comment `ok: RULE` on the line silences it."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "src"
LOG_PAGE = ROOT.parent / "docs/operating.md"

# name, pattern, where it is allowed, why
RULES = [
    ("clock", r"\b(g_get_monotonic_time|g_get_real_time|clock_gettime|gettimeofday|time) \(", {"base/clock.c"},
     "clocks are read in base/clock.c only"),
    ("blocking", r"\b(PQexec|PQexecParams|PQconnectdb|PQgetResultSync|g_spawn_sync|g_usleep|sleep) \(", set(),
     "nothing blocks the loop"),
    ("invoke", r"\bg_main_context_invoke\b", set(), "runs at once when on the loop already: attach a source"),
    ("hidden-state", r"\bg_object_set_data\b|\bg_object_set_qdata\b", set(), "state belongs into structs"),
    ("include", r'#include "\.\./', set(), "rooms are entered through src/meson.build"),
    ("unsafe", r"\b(strcpy|strcat|sprintf|gets|system|popen) \(", set(), "unbounded, or a shell"),
    ("no-assert", r"G_DISABLE_ASSERT", set(), "invariants stay checked"),
]


def findings(path):
    name = str(path.relative_to(ROOT))
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".c" and not text.startswith("/*"):
        yield f"{name}:1: top-comment: a .c file begins with what it owns and never does"
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        for rule, pattern, allowed, why in RULES:
            if name not in allowed and re.search(pattern, line) and f"ok: {rule}" not in line:
                yield f"{name}:{number}: {rule}: {why}"
        if len(line) > 140:
            yield f"{name}:{number}: length: {len(line)} columns"


def log_topics():
    """The topics that the page lists are those under which something is logged: a room's own, or one of its name."""
    text = {path: path.read_text(encoding="utf-8") for path in ROOT.rglob("*.c")}
    logs = r"\bot_(error|warning|info|debug|trace)(_about)? \("
    used = {f"otomo-{path.parent.name}" for path, code in text.items() if re.search(logs, code)}
    used |= {topic for code in text.values() for topic in re.findall(r"\bTOPIC \"(otomo-\w+)\"", code)}
    used |= {topic for code in text.values() for topic in re.findall(r"\bot_log_write \(\"(otomo-\w+)\"", code)}
    (line,) = [line for line in LOG_PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("Topics are ")]
    told = set(" ".join(re.findall(r"`([^`]*otomo-[^`]*)`", line)).split())
    for topic in sorted(used ^ told):
        yield f"{LOG_PAGE.name}: log-topic: {topic} is {'not there' if topic in used else 'of no room that logs'}"


def main():
    found = [finding for path in sorted(ROOT.rglob("*.[ch]")) for finding in findings(path)]
    found += log_topics()
    print("\n".join(found))
    return 1 if found else 0


sys.exit(main())
