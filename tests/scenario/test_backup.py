"""docs/operating.md "Backup and restore": a dump of a server that charges calls meanwhile, and a server
that goes on from it."""

import subprocess
import threading
from datetime import timedelta

from conftest import SETTINGS
from otomo.bank import Customer
from otomo.price import cost_of
from otomo.scene import aside
from otomo.server import Server, run

WRITERS = 3
UNIT = timedelta(seconds=SETTINGS["billing.unit_seconds"])
UNAVAILABLE = 69  # sysexits.h


def run_well(*command):
    """A program of PostgreSQL's, which must succeed."""
    done = run(*command)
    assert done.status == 0 and not done.err, done


def at(state_dir):
    """How its clients find the private PostgreSQL of this state directory."""
    return ("-h", f"{state_dir}/postgres", "-p", "5432", "-U", "postgres")


async def restore(dump, server):
    """Over what a new server has made, which is to be started again: its lease may be gone."""
    over = ("--clean", "--if-exists", "--single-transaction", "-d", "postgres")
    await aside(run_well, "pg_restore", *at(server.state_dir), *over, dump)
    assert await aside(server.stop) in (0, UNAVAILABLE)
    await aside(server.start)


def write(customers, enough):
    number = 0
    while not enough.is_set():
        number += 1
        for customer in customers:
            customer.act(number)


async def test_restored(server, scene):
    epoch = server.rows("SELECT epoch FROM take_lease ('bank', 1000000, true)")[0]["epoch"]
    customers = [Customer(server.state_dir, n, WRITERS, epoch) for n in range(WRITERS)]
    for customer in customers:
        customer.join()
    await scene.in_call()
    await scene.tick(2)
    enough = threading.Event()
    writing = threading.Thread(target=write, args=(customers, enough))
    writing.start()
    dump = server.base / "otomo.dump"
    try:
        await scene.tick(3)
        await aside(run_well, "pg_dump", *at(server.state_dir), "-Fc", "-f", dump, "postgres")
        await scene.tick(4)
    finally:
        enough.set()
        await aside(writing.join)
    await scene.hang_up()

    other = Server({**SETTINGS, "server.node": server.settings.get("server.node", "main")})
    try:
        await aside(other.start)
        await restore(dump, other)
        await aside(other.audit)
        query = "SELECT * FROM calls WHERE call_id = %s"
        (cut,) = await aside(other.rows, query, scene.call_id)
        assert cut["end_reason"] == "server_shutdown" and cut["units_charged"] >= 3, cut
        assert cut["total_charged"] == cost_of(cut, UNIT)
        over = "SELECT * FROM calls WHERE NOT live AND call_id LIKE 'bank-%%'"
        now = {row["call_id"]: row for row in await aside(server.rows, over)}
        then = [row for row in await aside(other.rows, over) if row["end_reason"] == "user_end"]
        assert then and all(row == now[row["call_id"]] for row in then)
    finally:
        await aside(other.close)
