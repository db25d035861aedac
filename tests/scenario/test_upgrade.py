"""A database that an older server left, with people, money and a call that was cut, under the server
of today. The numbered files of data/sql/ are never changed, so each older schema can be made again."""

from datetime import timedelta
from pathlib import Path

import pytest

from conftest import SETTINGS
from otomo import database
from otomo.bank import UNIT, Customer
from otomo.price import cost_of
from otomo.server import Server

FILES = sorted((Path(__file__).resolve().parents[2] / "data/sql").glob("[0-9]*.sql"))
FIRST = 7  # the first schema that a server can be audited on
LEASES = 11  # since then a call needs the lease of its server
PEOPLE = 4
ACTS = 40  # of each


def make_schema(state_dir, name, version, owner="postgres"):
    database.execute(state_dir, f"CREATE DATABASE {name} OWNER {owner}")
    # for all of below; nothing of it is to outlive a crash
    for setting in (f"role TO {owner}", "synchronous_commit TO off"):
        database.execute(state_dir, f"ALTER DATABASE {name} SET {setting}")

    def run(statement):
        database.execute(state_dir, statement, name=name)

    run(
        "CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL,"
        " applied_at timestamptz NOT NULL DEFAULT now())"
    )
    for number, file in enumerate(FILES[:version], 1):
        run(file.read_text())
        run(f"INSERT INTO schema_migrations (version, name) VALUES ({number}, '{file.name}')")


def fill(state_dir, name, version):
    """Calls in both modes, purchases and adjustments, and a call of each customer that does not
    end; the points that the ended ones cost."""
    epoch = None
    if version >= LEASES:
        lease = "SELECT epoch FROM take_lease ('bank', 1000000, true)"
        epoch = database.rows(state_dir, lease, name=name)[0]["epoch"]
    customers = [Customer(state_dir, n, PEOPLE, epoch, name) for n in range(PEOPLE)]
    for customer in customers:
        customer.join()
    costs = {}
    for customer in customers:
        for number in range(1, ACTS):
            customer.act(number)
        costs.update(customer.costs)
        customer.ask(
            "SELECT top_up (%(user)s, %(id)s, 1000)",
            user=f"bank-u{customer.number}",
            id=f"last-{customer.number}",
        )
        customer.call(ACTS, ends=False)
        customer.connection.close()
    return costs


@pytest.mark.parametrize("version", range(FIRST, len(FILES)))
def test_from(server, version):
    name = f"v{version:03d}"
    make_schema(server.state_dir, name, version)
    costs = fill(server.state_dir, name, version)
    assert len(costs) > PEOPLE
    door = database.conninfo(database.socket(server.state_dir).parent, name)
    newer = Server({**SETTINGS, "server.node": "bank"}, args=["--database", door])
    try:
        newer.start()

        def rows(query):
            return database.rows(server.state_dir, query, name=name)

        assert rows("SELECT max (version) FROM schema_migrations")[0]["max"] == len(FILES)
        calls = {row["call_id"]: row for row in rows("SELECT * FROM calls")}
        assert {call: calls[call]["total_charged"] for call in costs} == costs
        cut = [row for call, row in calls.items() if call not in costs]
        assert len(cut) == PEOPLE
        for row in cut:
            assert row["end_reason"] == "server_shutdown", row
            assert row["total_charged"] == cost_of(row, timedelta(seconds=UNIT)), row
        newer.audit()
    finally:
        newer.close()


def test_all_or_nothing(server):
    """An upgrade that fails at its very end, since its login may not make the server's role, leaves
    the schema as it was: other servers go on with it."""
    name, known = "half", len(FILES) - 2
    database.execute(server.state_dir, f"CREATE ROLE {name} LOGIN")
    make_schema(server.state_dir, name, known, owner=name)
    door = database.conninfo(database.socket(server.state_dir).parent, name)
    newer = Server(SETTINGS, args=["--database", door.replace("user=postgres", f"user={name}")])
    try:
        with pytest.raises(AssertionError, match="the role otomo_server is needed"):
            newer.start()
    finally:
        newer.close()
    stands = database.rows(server.state_dir, "SELECT max (version) FROM schema_migrations", name=name)
    assert stands[0]["max"] == known


def test_a_schema_of_the_future(server):
    """A server that is older than its database says so, and leaves it alone."""
    name = "future"
    make_schema(server.state_dir, name, len(FILES))
    database.execute(
        server.state_dir, "INSERT INTO schema_migrations VALUES (999, '999-future.sql')", name=name
    )
    door = database.conninfo(database.socket(server.state_dir).parent, name)
    older = Server(SETTINGS, args=["--database", door])
    try:
        with pytest.raises(AssertionError, match="version 999.*too old"):
            older.start()
    finally:
        older.close()
