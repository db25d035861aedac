"""otomoctl for programs and for whoever waits: an exit code of sysexits.h for each class of trouble, JSON from every verb,
and a bar on a terminal."""

import contextlib
import json
import os
import pty
import re
import shlex
import signal
import socket
import subprocess
import threading
import time
import tomllib
from pathlib import Path

import pytest

from conftest import SETTINGS
from otomo import DEADLINE, database
from otomo.scene import aside
from otomo.server import Server, program, run

VERBS = tomllib.loads((Path(__file__).resolve().parents[2] / "src/ctl/verbs.toml").read_text())["verb"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """With everything that a verb may ask for; its webhooks reach nobody."""
    secret = tmp_path_factory.mktemp("webhooks") / "secret"
    secret.write_text("whsec_" + 43 * "A" + "=\n")
    more = {"recording.mode": "on-request", "admin.listen": "127.0.0.1:0"}
    webhooks = {"webhook.url": "http://127.0.0.1:9/", "webhook.secret_file": secret}
    server = Server({**SETTINGS, **more, **webhooks})
    try:
        server.start()
        server.seed(2, 1000)
        server.pairs = iter((1, 2))
        yield server
    finally:
        server.close()


# What is not so, 1, is told by the audit's tests and those of recordings.
REFUSED = {
    os.EX_USAGE: ["wallet", "top-up", "u1"],
    os.EX_DATAERR: ["wallet", "top-up", "u1", "many"],
    os.EX_NOINPUT: ["recordings", "export", "no/such", "/tmp/x"],
    os.EX_NOUSER: ["wallet", "show", "nobody"],
    os.EX_CANTCREAT: ["seed", "--pairs", "1", "--balance", "1", "--tokens", "/no/such/file"],
}


@pytest.mark.parametrize("code", REFUSED)
def test_exit_code(server, code):
    ran = server.try_ctl(*REFUSED[code])
    assert ran.status == code and ran.err and not ran.out, ran


class Impostor:
    """Answers one request on the admin socket of a state directory of its own."""

    def __init__(self, folder, answer):
        folder.mkdir()
        self.folder, self.answer = folder, answer
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(folder / "admin.sock"))
        self.socket.listen(1)
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self):
        with self.socket.accept()[0] as visitor:
            while not visitor.recv(65536).endswith(b"\r\n\r\n"):
                pass
            visitor.sendall(self.answer)


@pytest.mark.parametrize(
    "status, body, code",
    [
        ("500 Internal Server Error", '{"error": "it is broken"}', os.EX_SOFTWARE),
        ("503 Service Unavailable", '{"error": "the database is away"}', os.EX_TEMPFAIL),
        ("200 OK", "[", os.EX_PROTOCOL),
    ],
)
def test_exit_code_of_a_server_in_trouble(tmp_path, status, body, code):
    text = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    impostor = Impostor(tmp_path / "state", text.encode())
    ran = run(program("otomoctl"), "--state-dir", str(impostor.folder), "status")
    assert ran.status == code and ran.err and not ran.out, ran


def test_exit_code_without_a_server(tmp_path):
    ran = run(program("otomoctl"), "--state-dir", str(tmp_path), "status")
    assert ran.status == os.EX_UNAVAILABLE and "no server answers" in ran.err, ran


def test_exit_code_of_another_user(server):
    assert os.getuid() == 0, "only root can be somebody else"
    line = [program("otomoctl"), "--state-dir", str(server.state_dir), "status"]
    ran = run("setpriv", "--reuid=65534", "--clear-groups", "--", *line)
    assert ran.status == os.EX_NOPERM and ran.err and not ran.out, ran


async def test_json_everywhere(server, scene, tmp_path):
    """Every verb prints one JSON value with --json, and nothing else."""
    await scene.in_call()
    user, call = scene.user.id, scene.call_id
    ctl = [
        "user add new --role user", "user block new", "user unblock new", "users", "token new",
        "wallet top-up new 5", "wallet adjust new 5 --reason gift", "wallet show new", "statement new",
        "calls", f"call show {call}", f"call explain {call}", "live", f"call record {call} on", f"call record {call} off",
        "channel add lobby", f"channel member lobby {user}", "channel list",
        "webhooks", "webhooks retry dead", "webhooks test",
        "audit", "status", "reload", "log otomo-net:4", "console", f"seed --pairs 1 --balance 1 --tokens {tmp_path}/tokens",
        "load-test --calls 1 --seconds 1 --first-id 900 --url " + server.url + "/v1/socket",
        f"call end {call}", "recordings list", "recordings verify",
    ]
    for line in ctl:
        ran = await aside(server.try_ctl, *shlex.split(line), "--json")
        assert ran.status == 0, (line, ran)
        json.loads(ran.out)
    (row, *_) = await aside(
        server.rows_when, "SELECT path FROM recordings WHERE state = 'ready' AND call_id = %s", call
    )
    ctl.append("recordings export")
    assert json.loads(await aside(server.ctl, "recordings", "export", row["path"], tmp_path / "copy", "--json")) == {}
    tried = {verb["words"] for verb in VERBS if any(line.startswith(verb["words"]) for line in ctl)}
    assert tried == {verb["words"] for verb in VERBS}
    bar = await aside(on_a_terminal, server, "recordings", "export", row["path"], tmp_path / "copy")
    assert re.search(r"exporting \[#{30}\] 100 %", bar)
    bar = await aside(on_a_terminal, server, "recordings", "export", "--mix", row["path"], tmp_path / "mix")
    assert re.search(r"exporting \[#{30}\] 100 %", bar)


def on_a_terminal(server, *words, when_seen=None, seen=b"]"):
    """Runs otomoctl with standard error on a terminal; what that showed. WHEN_SEEN: called at the first bar, or at SEEN."""
    ours, theirs = pty.openpty()
    line = [program("otomoctl"), "--state-dir", str(server.state_dir), *map(str, words)]
    ctl = subprocess.Popen(line, stderr=theirs, stdout=subprocess.PIPE, text=True)
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
            if when_seen and seen in shown:
                when_seen()
                when_seen = None
    except OSError:  # EIO: the other end is closed
        pass
    os.close(ours)
    assert ctl.wait(DEADLINE) == 0
    assert "[" not in ctl.stdout.read() and when_seen is None
    return shown.decode()


@pytest.fixture
def seed(tmp_path):
    """More people than are asked for at a time."""
    return ("seed", "--pairs", 250, "--balance", 1, "--tokens", tmp_path / "tokens")


def test_how_far_a_seed_is(server, seed, tmp_path):
    """The server stands still for long enough that the next bar is drawn, too."""

    def go_on():
        time.sleep(0.2)
        server.process.send_signal(signal.SIGCONT)

    server.process.send_signal(signal.SIGSTOP)
    try:
        shown = on_a_terminal(server, *seed, when_seen=go_on)
    finally:
        server.process.send_signal(signal.SIGCONT)
    bars = re.findall(r"seeding \[(#* *)\] +(\d+) %", shown)
    assert [int(share) for _, share in bars][:2] == [0, 40] and bars[-1] == (30 * "#", "100"), shown
    assert {len(bar) for bar, _ in bars} == {30} and shown.endswith("\r\x1b[K") and "waiting" not in shown
    names = [line.split()[0] for line in (tmp_path / "tokens").read_text().splitlines()]
    assert sorted(names) == sorted(f"{role}{number}" for role in "uo" for number in range(1, 251))


@pytest.mark.parametrize("pairs", ["0", "100001", "many"])
def test_no_such_number_of_people(server, pairs, tmp_path):
    ran = server.try_ctl("seed", "--pairs", pairs, "--balance", 1, "--tokens", tmp_path / "tokens")
    assert ran.status == os.EX_DATAERR and "pairs: a whole number from 1 to 100000" in ran.err


def test_how_far_an_audit_is(server):
    """The fourth invariant is the first that reads the log of calls, which somebody else holds for a while."""
    with contextlib.closing(database.connect(server.state_dir)) as holder:
        holder.autocommit = False
        holder.cursor().execute("LOCK TABLE call_events IN ACCESS EXCLUSIVE MODE")
        shown = on_a_terminal(server, "audit", when_seen=holder.rollback, seen=b"50 %")
    assert re.search(rf"checking the ledger \[{15 * '#'} {{15}}\]  50 %", shown) and shown.endswith("\r\x1b[K")


@pytest.mark.parametrize("words", [("users",), ("statement", "u1")])
def test_whoever_waits_sees_it(server, words):
    """The server stands still until the bar is there; afterwards the line is empty again."""
    server.process.send_signal(signal.SIGSTOP)
    try:
        shown = on_a_terminal(server, *words, when_seen=lambda: server.process.send_signal(signal.SIGCONT))
    finally:
        server.process.send_signal(signal.SIGCONT)
    assert re.search(r"waiting for the server \[ *#{6} *\] \d+ s", shown)
    assert shown.endswith("\r\x1b[K")
