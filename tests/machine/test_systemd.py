"""The unit, under a real systemd: it waits until the server serves, keeps it locked up and brings it
back. The server is installed by `meson install`."""

import asyncio
import json
import os
import re
import socket
import time
from pathlib import Path

import pytest

from otomo import DEADLINE
from otomo.scene import aside
from otomo.server import PATIENT, Ran, Server
from machine import Machine, run

WATCHDOG = 6  # seconds, instead of the unit's 30
STOP = 3  # seconds, instead of the unit's 60
UNIT = "otomod.service"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Service(Server):
    """otomod as a service of a machine, with the face of the scenarios' Server."""

    def __init__(self, machine):
        super().__init__()
        self.machine = machine
        self.state_dir = self.database_dir = machine.root / "var/lib/otomo"
        self.address = f"http://127.0.0.1:{free_port()}"
        conf = next(machine.root.glob("**/etc/otomo/otomod.conf"))
        conf.write_text(
            "[server]\n"
            f"listen={self.address.removeprefix('http://')}\n"
            "[media]\naddress=127.0.0.1\n"
            "[billing]\nunit_seconds=1\n"
            "[log]\nformat=journal\n"
            "[limit]\n" + "".join(f"{name.removeprefix('limit.')}={value}\n" for name, value in PATIENT.items())
        )

    def start(self):
        self.machine.run("systemctl", "start", UNIT)
        Server.running.append(self)
        return self

    def stop(self):
        self.machine.run("systemctl", "stop", UNIT)
        Server.running.remove(self)

    def try_ctl(self, *arguments):
        """On the machine: the server trusts nobody whose process it can't see."""
        done = self.machine.try_run("otomoctl", "--state-dir", "/var/lib/otomo", *arguments)
        return Ran(done.returncode, done.stdout, done.stderr)

    def seed(self, pairs, balance):
        self.ctl("seed", "--pairs", pairs, "--balance", balance, "--tokens", "/root/tokens")
        lines = (self.machine.root / "root/tokens").read_text().splitlines()
        self.tokens.update(line.split() for line in lines)

    def signal(self, name):
        """To its main process, which is returned."""
        pid = self.property("MainPID")
        self.machine.run("kill", f"-{name}", pid)
        return pid

    def property(self, name):
        return self.machine.run("systemctl", "show", "--value", "-p", name, UNIT).strip()

    def when(self, name, test):
        """Waits until a property of the unit is so."""
        end = time.monotonic() + DEADLINE
        while not test(self.property(name)):
            assert time.monotonic() < end, f"{name} is {self.property(name)}\n{self.log()}"
            time.sleep(0.05)

    def log(self):
        return self.machine.journal()


@pytest.fixture(scope="module")
def machine(system):
    machine = Machine(system)
    try:
        (machine.root / f"etc/systemd/system/{UNIT}.d").mkdir(parents=True)
        dropin = machine.root / f"etc/systemd/system/{UNIT}.d/test.conf"
        dropin.write_text(f"[Service]\nWatchdogSec={WATCHDOG}\nTimeoutStopSec={STOP}\n")
        machine.install_otomo()
        yield machine.boot()
    finally:
        machine.close()


@pytest.fixture(scope="module")
def server(machine):
    service = Service(machine)
    service.start()
    try:
        service.seed(10, 1000)
        service.pairs = iter(range(1, 11))
        yield service
    finally:
        if service in Server.running:
            service.stop()


def test_it_serves_when_the_start_is_done(server):
    assert server.property("ActiveState") == "active"
    assert server.property("StatusText") == server.address.removeprefix("http://")
    assert server.property("User") == "otomo"
    status = server.machine.run("cat", f"/proc/{server.property('MainPID')}/status")
    assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
    assert re.search(r"^Seccomp:\t2$", status, re.MULTILINE)
    assert re.search(r"^CapEff:\t0+$", status, re.MULTILINE)


def test_its_processes_are_its_own(server):
    """A control group that it shared with another machine, systemd couldn't kill."""
    groups = server.machine.run("find", "/sys/fs/cgroup", "-name", "cgroup.procs").split()
    pids = server.machine.run("cat", *groups).split()
    assert server.property("MainPID") in pids
    assert "0" not in pids, "a process of another PID namespace"


def test_it_is_locked_up():
    unit = Path(os.environ["OTOMO_BUILD"]) / "data/systemd" / UNIT
    words = run("systemd-analyze", "security", "--offline=yes", "--no-pager", unit).splitlines()[-1]
    assert float(re.search(r"exposure level for \S+: ([0-9.]+)", words).group(1)) < 3, words


async def test_a_billed_call(scene):
    await scene.in_call()
    await scene.tick(2)
    await scene.hang_up()


async def test_the_journal_knows_a_call(scene):
    """`log.format=journal`: what a line is about is a field that journald finds it by."""
    await scene.in_call()
    await scene.hang_up()
    query = ["journalctl", "--no-pager", "-o", "json", "-u", UNIT, f"OTOMO_CALL={scene.call_id}"]
    end = time.monotonic() + DEADLINE
    while "user_end" not in (found := await aside(scene.server.machine.run, *query)):
        assert time.monotonic() < end, found
        await asyncio.sleep(0.05)
    entries = [json.loads(line) for line in found.splitlines()]
    for entry in entries:
        assert entry["MESSAGE"].startswith(f"call {scene.call_id}: "), entry
        assert entry["SYSLOG_IDENTIFIER"] == "otomod", entry
    assert {entry["OTOMO_TOPIC"] for entry in entries} == {"otomo-call", "otomo-media"}, entries
    accepted = [entry for entry in entries if entry.get("OTOMO_EVENT") == "call_accept"]
    assert [entry["PRIORITY"] for entry in accepted] == ["6"], entries


async def test_sigkill_brings_it_back(server, scene):
    await scene.in_call()
    before = await aside(server.signal, "KILL")
    await aside(server.when, "MainPID", lambda pid: pid not in ("0", before))
    await aside(server.when, "ActiveState", lambda state: state == "active")
    row = await scene.row()
    assert (row["status"], row["end_reason"]) == ("ended", "server_shutdown"), row


def test_a_loop_that_hangs_is_started_anew(server):
    before = server.signal("STOP")
    server.when("MainPID", lambda pid: pid not in ("0", before))
    server.when("ActiveState", lambda state: state == "active")
    assert "watchdog" in server.log().lower()


async def test_a_call_may_take_longer_than_a_stop(server, scene):
    await scene.in_call()
    server.machine.run("systemctl", "stop", "--no-block", UNIT)
    await aside(server.when, "StatusText", lambda text: text.startswith("draining: 1 call"))
    for n in range(1, STOP + 4):
        await scene.tick(n)
    await scene.user.client.send("call_end_request", callId=scene.call_id)
    for person in scene.both:
        await person.client.expect("call_end", callId=scene.call_id, reason="user_end")
        await person.client.closed(1001)
    await aside(server.when, "ActiveState", lambda state: state == "inactive")
    assert server.property("Result") == "success"
    server.machine.run("systemctl", "start", UNIT)


def test_it_stops_in_order(server):
    server.stop()
    assert server.property("Result") == "success"
    assert server.property("ExecMainStatus") == "0"
    server.start()


@pytest.fixture
def start_with(server):
    """Stops the server, and starts it with a line of environment; that goes with leave ()."""
    dropin = server.machine.root / f"etc/systemd/system/{UNIT}.d/environment.conf"

    def start(line):
        dropin.write_text(f"[Service]\nRestartSec=100ms\nEnvironment={line}\n")
        server.machine.run("systemctl", "daemon-reload")
        server.stop()
        return server.machine.try_run("systemctl", "start", UNIT)

    def leave():
        dropin.unlink()
        server.machine.run("systemctl", "daemon-reload")

    start.leave = leave
    return start


def test_it_is_started_until_its_database_is_there(server, start_with):
    """However long that takes: systemd's usual limit is five starts in ten seconds."""
    assert start_with("OTOMO_DATABASE=postgresql:///otomo?host=/nowhere").returncode != 0
    server.when("NRestarts", lambda count: int(count) > 6)
    start_with.leave()
    server.when("ActiveState", lambda state: state == "active")
    Server.running.append(server)


def test_a_mistake_in_the_settings_is_not_tried_again(server, start_with):
    assert start_with("OTOMO_CALL_RING_TIMEOUT=soon").returncode != 0
    start_with.leave()
    assert (server.property("ActiveState"), server.property("NRestarts")) == ("failed", "0")
    assert 'OTOMO_CALL_RING_TIMEOUT: call.ring_timeout: "soon" is not' in server.log()
    server.start()
