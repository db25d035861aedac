#!/usr/bin/env python3
"""run.py TARGET CORPUS SCRATCH: lets libFuzzer try for OTOMO_FUZZ_SECONDS (10 without it). What it learns goes into
SCRATCH, next to the input that broke something; CORPUS is only read."""

import os
import subprocess
import sys
from pathlib import Path

target, corpus, scratch = sys.argv[1:]
seconds = os.environ.get("OTOMO_FUZZ_SECONDS", "10")
Path(scratch, "found").mkdir(parents=True, exist_ok=True)
Path(scratch, "learned").mkdir(exist_ok=True)
options = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024", "-max_len=70000", "-print_final_stats=1",
           f"-artifact_prefix={scratch}/found/"]
environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=1"}
sys.exit(subprocess.run([target, *options, f"{scratch}/learned", corpus], env=environment).returncode)
