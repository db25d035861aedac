"""The ledger under many writers while PostgreSQL is killed and comes back: no point comes or goes,
every call costs what a model of its own says. OTOMO_BANK_SECONDS makes it longer (./dev soak bank)."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

from otomo import database
from otomo.bank import Customer

WRITERS = 16
READERS = 2
SECONDS = float(os.environ.get("OTOMO_BANK_SECONDS", 40))
KILL_EVERY = 15.0


def kill_now_and_then(state_dir, until):
    kills = 0
    while time.monotonic() + KILL_EVERY < until:
        time.sleep(KILL_EVERY)  # the test is about time passing: writers are somewhere
        database.kill(state_dir)
        kills += 1
    return kills


def test_bank(server):
    for n in range(WRITERS):
        server.ctl("user", "add", f"bank-u{n}", "--role", "user")
        server.ctl("user", "add", f"bank-o{n}", "--role", "otomo", "--price", 10)
    epoch = server.rows("SELECT epoch FROM take_lease ('bank', 36000000000, true)")[0]["epoch"]
    customers = [Customer(server.state_dir, n, WRITERS, epoch) for n in range(WRITERS + READERS)]
    writers, readers = customers[:WRITERS], customers[WRITERS:]
    until = time.monotonic() + SECONDS
    with ThreadPoolExecutor(WRITERS + READERS + 1) as pool:
        jobs = [pool.submit(writer.work, until) for writer in writers]
        sums = [pool.submit(reader.read, until) for reader in readers]
        kills = pool.submit(kill_now_and_then, server.state_dir, until)
        for job in jobs:
            job.result()
    expected = {call: points for writer in writers for call, points in writer.costs.items()}
    rows = server.rows(
        "SELECT call_id, live, total_charged FROM calls WHERE call_id LIKE 'bank-%%'"
    )
    assert not any(row["live"] for row in rows)
    assert {row["call_id"]: row["total_charged"] for row in rows} == expected
    count = server.rows("SELECT count(*) FROM transfers")[0]["count"]
    print(
        f"{count} transfers, {len(expected)} calls, {sum(each.result() for each in sums)} sums,"
        f" {kills.result()} kills, {sum(each.in_doubt for each in customers)} statements sent again"
    )
    assert kills.result() >= 1 and len(expected) > 100
    server.audit()
