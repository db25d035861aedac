"""The operators' pages, word by word, on a machine with systemd; the short form: what builds and installs is done by
`meson install` before it is booted. ./dev soak newcomer is the long one."""

import sys

import pytest

from machine import SOURCE, Machine

sys.path.insert(0, str(SOURCE / "tests/pages"))

from shell import PATIENT, Failed, Reader  # noqa: E402


def installs(block):
    return "meson install" in block.text


@pytest.fixture(scope="module")
def machine(system):
    machine = Machine(system)
    try:
        machine.install_otomo()
        machine.give_environment(PATIENT)
        yield machine.boot(own_network=True)
    finally:
        machine.close()


@pytest.fixture(scope="module")
def reader(machine):
    reader = Reader(machine.enter(), "/root")
    yield reader
    reader.close()


def test_run(reader, machine):
    reader.terminal.type("systemctl start otomod")
    for page in ("operating.md", "webhooks.md", "run.md", "console.md"):
        try:
            reader.read(SOURCE / "docs" / page, but=installs)
        except Failed as failed:
            raise Failed(f"{failed}\n{machine.journal()}") from None
