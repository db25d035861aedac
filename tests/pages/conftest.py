"""Where the readers of the pages sit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from page import SOURCE
from shell import PATIENT, Reader

BUILD = Path(os.environ.get("OTOMO_BUILD", SOURCE / "build"))


@pytest.fixture
def reader():
    """At a developer's machine, in the source tree, with a network of their own. Needs root."""
    assert os.getuid() == 0, "only root can make a network"
    assert BUILD == SOURCE / "build", "the pages speak of build/"
    room = subprocess.Popen(
        ["unshare", "--net", "--mount", sys.executable, Path(__file__).with_name("room.py"), BUILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert room.stdout.readline() == "ready\n"
    made = Reader(["nsenter", "--target", str(room.pid), "--net", "--mount"], SOURCE, PATIENT)
    try:
        yield made
    finally:
        made.close()
        room.stdin.close()
        room.wait()
