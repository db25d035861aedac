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
import statistics
import subprocess
import sys
from pathlib import Path

from servers import CLIENT_CORE, Otomod, Peer

LOSS_PERCENT, LATENCY_US = 0.1, 20000
STEP = 50  # calls, in the search for the most


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
    ("set-ups/s", ("calls", "setups_per_second"), "{:.0f}"),
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
