"""The operators' pages, word by word, on a machine with systemd; the short form: what builds and installs is done by
`meson install` before it is booted. ./dev soak newcomer is the long one."""

import sys
from types import SimpleNamespace

import pytest

from machine import ADDRESS, SOURCE, Machine

sys.path.insert(0, str(SOURCE / "tests/pages"))

from shell import PATIENT, Failed, Reader  # noqa: E402


def installs(block):
    return "meson install" in block.text or "apt-get install" in block.text


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


async def test_a_call_through_the_relay(machine, make_scene, monkeypatch):
    """The TURN server that docs/run.md has set up, reached as the server tells its clients: one over UDP, one over TCP."""
    tokens = {}
    for person, role in (("relayed-user", "user"), ("relayed-otomo", "otomo")):
        machine.run("otomoctl", "user", "add", person, "--role", role)
        tokens[person] = machine.run("otomoctl", "token", person).strip()
    machine.run("otomoctl", "wallet", "top-up", "relayed-user", 100)
    monkeypatch.setenv("SSL_CERT_FILE", str(machine.root / "etc/ssl/certs/ca-certificates.crt"))  # what the machine trusts
    with machine.network():
        scene = make_scene(SimpleNamespace(url="wss://localhost:8443", tokens=tokens), *tokens)
        scene.user.relay, scene.otomo.relay = "udp", "tcp"
        await scene.in_call()
        await scene.tick(1)
        await scene.user.client.send("call_end_request", callId=scene.call_id)
        for person in scene.both:
            await person.client.expect("call_end", callId=scene.call_id, reason="user_end")
            assert person.peer.host == ADDRESS
    assert "audit: all six invariants hold" in machine.run("otomoctl", "audit")
