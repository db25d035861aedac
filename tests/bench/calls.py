#!/usr/bin/env python3
"""Interleaved runs of several servers under otomo-load, their medians as one table, and all of it as JSON for plot.py.

    calls.py BUILD OUT.json [--calls 20,80,200,300] [--rounds 3] [--seconds 8] [--rate 20] [--previous BUILD] [--peers FILE] [--most N]

The server runs on core 0, the client on core 1. --previous: an older otomod's build directory. --peers: other servers behind the
same protocol, a list of {"name", "cmd", "port", "pid"?: "self" | "child:NAME" | "file:PATH", "env"?}; the first is what ratios
are taken to. --most: afterwards, how many calls each holds with loss below 0.1 % and p99 below 20 ms, tried in steps up to N.
A figure is only worth what the machine's other load lets it be: it is printed with each run.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SERVER_CORE, CLIENT_CORE = "0", "1"
START_SECONDS, STOP_SECONDS = 60, 20
LOSS_PERCENT, LATENCY_US = 0.1, 20000
STEP = 50  # calls, in the search for the most


def children(pid):
    listed = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(pid)], capture_output=True, text=True).stdout
    for line in listed.splitlines():
        child, name = line.split(None, 1)
        yield int(child), name
        yield from children(int(child))


class Otomod:
    """A build of ours, with a database of its own and people for the test."""

    def __init__(self, name, build):
        self.name, self.build = name, Path(build)

    def start(self, pairs):
        self.dir = Path(tempfile.mkdtemp(prefix="otomo-bench-"))
        self.dir.chmod(0o755)
        self.tokens = self.dir / "tokens"
        command = ["taskset", "-c", SERVER_CORE, self.build / "otomod", "--listen", "127.0.0.1:0", "--state-dir", self.dir / "state"]
        settings = subprocess.run([self.build / "otomod", "--print-config"], capture_output=True, text=True).stdout
        for key in ("address_connections", "loop_stall", "media_lag"):  # what it carries, not what it takes
            if f"\n{key}=" in settings:
                command += ["--set", f"limit.{key}=0"]
        with (self.dir / "log").open("w") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        found = re.search(r"http://(\S+)", self.process.stdout.readline())
        if not found:
            raise RuntimeError(f"{self.name} does not start:\n{(self.dir / 'log').read_text()}")
        self.url = f"ws://{found.group(1)}/v1/socket"
        seed = ["seed", "--pairs", str(pairs), "--balance", "1000000", "--tokens", self.tokens]
        subprocess.run([self.build / "otomoctl", "--state-dir", self.dir / "state", *seed], check=True)
        return self.process.pid

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


class Peer:
    """Another server, as the file of peers describes it."""

    def __init__(self, spec):
        self.spec, self.name = spec, spec["name"]
        self.url = f"ws://127.0.0.1:{spec['port']}/v1/socket"

    def start(self, pairs):
        self.tokens = Path(tempfile.mkstemp(prefix="otomo-bench-")[1])  # empty: nobody is asked for one
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, "sh", "-c", "exec " + self.spec["cmd"]],
            env={**os.environ, **self.spec.get("env", {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.spec["port"]), 1).close()
                break
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise RuntimeError(f"{self.name} does not start") from None
                time.sleep(0.1)
        where = self.spec.get("pid", "self")
        if where.startswith("file:"):
            return int(Path(where[5:]).read_text())
        if where.startswith("child:"):
            return next(pid for pid, name in children(self.process.pid) if where[6:] in name)
        return self.process.pid

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.tokens.unlink()


def measure(client, server, calls, options):
    """One run against a fresh server: what otomo-load found; None: the server doesn't start."""
    try:
        pid = server.start(calls)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return None
    try:
        command = ["taskset", "-c", CLIENT_CORE, client, "--url", server.url, "--tokens", server.tokens, "--calls", calls]
        command += ["--rate", options.rate, "--seconds", options.seconds, "--server-pid", pid, "--json"]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=400)
        found = json.loads(done.stdout) if done.stdout else None
    finally:
        server.stop()
    busy = os.getloadavg()[0]
    state = "no result" if found is None else f"{found['calls']['up']} up"
    print(f"  {server.name:12} {calls:4} calls: {state}, load average {busy:.1f}", file=sys.stderr, flush=True)
    return {**found, "load_average": busy} if found else None


FIGURES = [  # heading, where it stands, format
    ("CPU µs/packet", ("server", "us_per_packet"), "{:.1f}"),
    ("p50 µs", ("window", "latency_us", "p50"), "{:.0f}"),
    ("p99 µs", ("window", "latency_us", "p99"), "{:.0f}"),
    ("p99.9 µs", ("window", "latency_us", "p99.9"), "{:.0f}"),
    ("lost %", ("packets", "lost_percent"), "{:.3f}"),
    ("kB/call", ("server", "memory_kb_per_call"), "{:.0f}"),
    ("threads/call", ("server", "threads_per_call"), "{:.2f}"),
    ("files/call", ("server", "files_per_call"), "{:.1f}"),
    ("CPU ms/set-up", ("server", "setup_ms_per_call"), "{:.1f}"),
    ("set-up p50 ms", ("setup_us", "p50"), "{:.0f}"),
    ("set-up p99 ms", ("setup_us", "p99"), "{:.0f}"),
    ("RTP→connected p99 ms", ("both_rtp_to_connected_us", "p99"), "{:.1f}"),
]


def value(found, path):
    for name in path:
        found = found[name]
    return found / 1000 if path[0] in ("setup_us", "both_rtp_to_connected_us") else found


def median(runs, path):
    return statistics.median(value(run, path) for run in runs)


def table(rows, first):
    """Markdown. The ratio behind the CPU is to the first server's at as many calls."""
    yield "| calls | server | up | " + " | ".join(heading for heading, _, _ in FIGURES) + " |"
    yield "| ---: | --- | ---: |" + " ---: |" * len(FIGURES)
    for (calls, name), runs in rows.items():
        cells = [form.format(median(runs, path)) for _, path, form in FIGURES]
        base = rows.get((calls, first))
        if base and name != first:
            cells[0] += f" ({median(runs, FIGURES[0][1]) / median(base, FIGURES[0][1]):.2f}×)"
        limit = " (client's limit)" if any(run["client"]["is_the_limit"] for run in runs) else ""
        yield f"| {calls} | {name}{limit} | {min(run['calls']['up'] for run in runs)} | " + " | ".join(cells) + " |"


def holds(found, calls):
    return (
        found is not None
        and found["calls"]["up"] == calls
        and found["packets"]["lost_percent"] < LOSS_PERCENT
        and found["window"]["latency_us"]["p99"] < LATENCY_US
    )


def most_calls(client, server, options):
    """The largest step at which all came up, with less loss and delay than the limits."""
    most = 0
    while most + STEP <= options.most and holds(measure(client, server, most + STEP, options), most + STEP):
        most += STEP
    return most


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--calls", default="20,80,200,300")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--previous", type=Path)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--most", type=int, default=0)
    options = parser.parse_args()

    servers = [Peer(spec) for spec in json.loads(options.peers.read_text())] if options.peers else []
    servers.append(Otomod("otomo", options.build))
    if options.previous:
        servers.append(Otomod("previous", options.previous))
    client = options.build / "otomo-load"
    rows = {}
    for calls in map(int, options.calls.split(",")):
        for _ in range(options.rounds):
            for server in servers:
                found = measure(client, server, calls, options)
                if found and found["calls"]["up"] > 0:
                    rows.setdefault((calls, server.name), []).append(found)
    rows = {key: rows[key] for key in sorted(rows, key=lambda key: key[0])}
    print("\n".join(table(rows, servers[0].name)))
    most = {server.name: most_calls(client, server, options) for server in servers} if options.most else {}
    for name, calls in most.items():
        print(f"\nmost calls on one core, {name}: {calls} (loss < {LOSS_PERCENT} %, p99 < {LATENCY_US // 1000} ms, steps of {STEP})")
    runs = [{"calls": calls, "server": name, "runs": found} for (calls, name), found in rows.items()]
    options.out.write_text(json.dumps({"rows": runs, "most": most}) + "\n")


main()
