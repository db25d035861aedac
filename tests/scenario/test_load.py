"""otomoctl load-test: the project's own load client against the real server. What it counts is held against what the
server itself has written down."""

import json
import os
import subprocess

from otomo import DEADLINE
from otomo.server import program

CALLS = 4


def line(server, *options):
    command = [program("otomoctl"), "--state-dir", server.state_dir, "load-test", "--json"]
    return [*map(str, command), "--url", f"{server.url}/v1/socket", "--calls", str(CALLS), *map(str, options)]


def test_calls_are_held_and_counted(server):
    done = subprocess.run(
        line(server, "--rate", 4, "--seconds", 2, "--server-pid", server.process.pid), capture_output=True, text=True
    )
    found = json.loads(done.stdout)
    assert done.returncode == 0, found
    assert found["calls"]["up"] == CALLS and found["calls"]["failed"] == found["calls"]["dropped"] == 0, found
    assert found["packets"]["strange"] == found["packets"]["duplicates"] == 0, found
    assert found["window"]["calls"] == CALLS and found["window"]["latency_us"]["p50"] > 0, found
    assert found["server"]["cores"] > 0 and found["server"]["memory_kb_per_call"] > 0, found
    calls = server.rows("SELECT end_reason, status FROM calls")
    assert [(call["status"], call["end_reason"]) for call in calls] == [("ended", "user_end")] * CALLS, calls
    charged = server.rows("SELECT count(DISTINCT call_id) AS n FROM transfers WHERE kind = 'charge'")
    assert charged[0]["n"] == CALLS, charged


def test_people_who_only_are_there(server):
    options = ["--calls", 0, "--idle", 7, "--seconds", 1, "--server-pid", server.process.pid]
    done = subprocess.run(line(server, *options), capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert done.returncode == 0, found
    assert found["idle"]["connected"] == 7 and found["idle"]["lost"] == 0, found
    assert found["idle"]["memory_kb_each"] >= 0 and found["calls"]["started"] == 0, found


def test_a_storm_passes(server):
    done = subprocess.run(line(server, "--rate", 10, "--hold", 0.2), capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert done.returncode == 0, found
    assert found["calls"]["up"] == CALLS and found["calls"]["dropped"] == found["window"]["seconds"] == 0, found
    assert server.rows("SELECT * FROM calls WHERE live") == []


def test_nobody_answers(server):
    environment = {**os.environ, "TMPDIR": str(server.base)}
    done = subprocess.run(
        [*line(server, "--rate", 100), "--url", "ws://127.0.0.1:1/v1/socket"], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["calls"]["failed"] == CALLS
    assert not list(server.base.glob("otomo-load-*")), "the tokens are still there"


def test_a_server_that_dies_is_told(server):
    running = subprocess.Popen(line(server, "--seconds", 600), stdout=subprocess.PIPE, text=True)
    server.rows_when("SELECT count(*) AS n FROM calls HAVING count(*) FILTER (WHERE status = 'in_call') = %s", CALLS)
    server.kill()
    out, _ = running.communicate(timeout=4 * DEADLINE)
    found = json.loads(out)
    assert running.returncode == 1
    assert found["calls"]["dropped"] + found["calls"]["failed"] == CALLS, found
