#!/usr/bin/env python3
"""Calls that run, and a storm of new ones beside them: what do those who talk notice?

    storm.py BUILD [--running 100] [--rate 50] [--seconds 60] [--hold 2] [--unit 5]

The server and its PostgreSQL run on core 0, two otomo-load on core 1: one holds the running calls, the other begins --rate calls
a second and hangs each up --hold seconds after it came up. Units are --unit seconds, so that there are ticks to be late. Prints
one line of JSON for each of the three: those who run, the storm, and the server, whose loop is asked for /healthz twenty times a
second meanwhile.
Exit code 1: a running call lost a packet or ended.
"""

import argparse
import http.client
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

from servers import CLIENT_CORE, Otomod

sys.path.insert(0, str(Path(__file__).parents[1] / "scenario"))
from otomo import database, metrics  # noqa: E402

SHARES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
COME_UP_RATE, COME_UP_SECONDS, REST_SECONDS = 20, 30, 5
LATE = """
SELECT count(*) AS ticks,
  round(1000 * percentile_cont(0.5) WITHIN GROUP (ORDER BY late)) AS p50_ms,
  round(1000 * percentile_cont(0.99) WITHIN GROUP (ORDER BY late)) AS p99_ms, round(1000 * max(late)) AS most_ms
FROM (SELECT extract(epoch FROM created_at - unit_at) AS late FROM transfers WHERE kind = 'charge' AND unit_index > 1) ticks"""
LAGS = ("0.005", "0.02", "0.05")  # seconds; buckets of otomo_media_lag_seconds
UP = "SELECT count(*) AS n FROM calls WHERE status = 'in_call'"


class Prober(threading.Thread):
    """Asks for /healthz twenty times a second; the answer takes as long as the loop is busy."""

    def __init__(self, address):
        super().__init__()
        self.address, self.over, self.took_ms = address, threading.Event(), []

    def run(self):
        while not self.over.wait(0.05):
            began = time.monotonic()
            connection = http.client.HTTPConnection(self.address)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            connection.close()
            self.took_ms.append((time.monotonic() - began) * 1000)

    def end(self):
        self.over.set()
        self.join()
        took = sorted(self.took_ms)
        return {name: round(took[int(len(took) * share)], 1) for name, share in SHARES.items()} | {"most": round(took[-1], 1)}


def lag(server):
    """Of all packets: how many waited longer for the media thread than these seconds."""
    figures = metrics.read(server)
    all_of_them = figures["otomo_media_lag_seconds_count"]
    over = {le: all_of_them - figures[f'otomo_media_lag_seconds_bucket{{le="{le}"}}'] for le in LAGS}
    return {"packets": int(all_of_them)} | {f"over {le} s": int(n) for le, n in over.items()}


def load(server, client, *options):
    command = ["taskset", "-c", CLIENT_CORE, client, "--url", server.url, "--tokens", server.tokens, "--json", *options]
    return subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)


def wait_until_up(server, calls):
    end = time.monotonic() + COME_UP_SECONDS
    while database.rows(server.state_dir, UP)[0]["n"] < calls:
        if time.monotonic() > end:
            sys.exit("the running calls do not come up")
        time.sleep(0.2)


def storm(server, client, pid, options):
    lasts = options.seconds + options.hold + REST_SECONDS
    running = load(server, client, "--calls", options.running, "--rate", COME_UP_RATE, "--seconds", lasts, "--server-pid", pid)
    wait_until_up(server, options.running)
    prober = Prober(server.url.split("/")[2])
    prober.start()
    calls = int(options.rate * options.seconds)
    new = load(server, client, "--first-id", options.running + 1, "--calls", calls, "--rate", options.rate, "--hold", options.hold)
    storm = json.loads(new.communicate(timeout=options.seconds + 120)[0])
    answers = prober.end()
    held = json.loads(running.communicate(timeout=lasts + 120)[0])
    late = {name: int(value) for name, value in database.rows(server.state_dir, LATE)[0].items()}
    return held, storm, {"answer_ms": answers, "tick_late": late, "media_lag": lag(server)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=Path)
    parser.add_argument("--running", type=int, default=100)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--hold", type=float, default=2)
    parser.add_argument("--unit", type=int, default=5)
    options = parser.parse_args()

    server = Otomod("otomo", options.build, {"billing.unit_seconds": options.unit, "limit.address_connections": 0})
    pid = server.start(options.running + int(options.rate * options.seconds))
    try:
        held, new, own = storm(server, options.build / "otomo-load", pid, options)
    finally:
        server.stop()
    print("running", json.dumps({name: held[name] for name in ("calls", "packets", "window", "server", "client")}))
    print("storm  ", json.dumps({name: new[name] for name in ("calls", "setup_us", "both_rtp_to_connected_us", "packets")}))
    print("server ", json.dumps(own))
    sys.exit(0 if held["packets"]["lost"] == 0 and held["calls"]["dropped"] == 0 else 1)


main()
