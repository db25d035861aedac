#!/usr/bin/env python3
"""Counts meson's results: `count.py testlog.json` prints "PASSED FAILED". What was skipped has not passed."""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as log:
    results = [json.loads(line)["result"] for line in log]
passed = sum(result in ("OK", "EXPECTEDFAIL") for result in results)
print(passed, len(results) - passed)
