"""Somebody who has a bare Debian 12 and the source tree, and does what "try it" and "run it" say, word by word: builds,
installs, and ends with a call that is billed. Minutes, and packages from the network: ./dev soak newcomer."""

import shutil
import subprocess
import sys

import pytest

from machine import SOURCE, Machine

sys.path.insert(0, str(SOURCE / "tests/pages"))

from shell import PATIENT, Reader  # noqa: E402

TREE = "/root/otomo"


def needs_an_address(block):
    """The TURN server listens on all addresses, and this network is not ours: test_run.py types it on a network of its own."""
    return block.heading == "TURN"


@pytest.fixture
def machine(debian):
    """With systemd, and the tree as git would have it after a commit; its network is this machine's."""
    machine = Machine(debian)
    try:
        machine.install("systemd", "systemd-sysv", "dbus", "git")
        listed = subprocess.run(
            ["git", "-C", SOURCE, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True,
            check=True,
        )
        for name in listed.stdout.decode().split("\0")[:-1]:
            if (SOURCE / name).exists():  # not taken away by hand
                target = machine.root / TREE.lstrip("/") / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(SOURCE / name, target)
        machine.give_environment(PATIENT)
        yield machine.boot()
    finally:
        machine.close()


def test_newcomer(machine):
    for page in ("try.md", "run.md"):
        reader = Reader(machine.enter(), TREE, PATIENT)
        try:
            reader.read(SOURCE / "docs" / page, but=needs_an_address)
        finally:
            reader.close()
