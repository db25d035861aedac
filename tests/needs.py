#!/usr/bin/env python3
"""What ninja must have made before suites can run: `needs.py DIR SUITE…` prints the files."""

import json
import os
import sys
from pathlib import Path

build, *suites = sys.argv[1:]
info = Path(build, "meson-info")
files = {target["id"]: target["filename"] for target in json.loads((info / "intro-targets.json").read_text())}
needed = {
    os.path.relpath(file, build)
    for test in json.loads((info / "intro-tests.json").read_text())
    if not {suite.split(":")[-1] for suite in test["suite"]}.isdisjoint(suites)
    for target in test["depends"]
    for file in files[target]
}
print(*sorted(needed))
