"""BILLING.md "Faults": the database is away while people talk."""

from datetime import timedelta

import pytest

from otomo import database
from otomo.scene import aside, instant

UNIT = timedelta(seconds=1)
SETTINGS = {"call.database_timeout": 20}


@pytest.fixture
def stopped_clock(server):
    """Stops the whole of PostgreSQL where it stands, and lets it go on again at the latest after
    the test."""
    yield lambda: database.freeze(server.state_dir)
    database.thaw(server.state_dir)


async def test_away_for_some_units(scene, stopped_clock):
    await scene.in_call()
    await scene.tick(1)
    stopped_clock()
    await scene.wall_clock(instant(scene.connected_at) + 3.1 * UNIT)
    for person in scene.both:
        await person.peer.hears(5)
        await person.client.expect_none("call_end", "call_force_end")
    database.thaw(scene.server.state_dir)
    for n in (2, 3, 4, 5):
        await scene.tick(n)
    await scene.hang_up()
    charges = await scene.transfers("charge")
    row = await scene.row()
    assert [c["unit_at"] for c in charges] == [
        row["started_at"] + n * UNIT for n in range(len(charges))
    ]


async def test_the_end_is_told_when_the_database_has_it(scene, stopped_clock):
    await scene.in_call()
    await scene.tick(1)
    stopped_clock()
    await scene.user.client.send("call_end_request", callId=scene.call_id)
    await scene.wall_clock(instant(scene.connected_at) + 2 * UNIT)
    for person in scene.both:
        await person.client.expect_none("call_end")
    database.thaw(scene.server.state_dir)
    await scene.over("user_end")


async def test_no_new_call_meanwhile(scene, stopped_clock):
    await scene.online()
    stopped_clock()
    await scene.request()
    await scene.user.client.expect_error("TEMPORARILY_UNAVAILABLE", callId=scene.call_id)
    database.thaw(scene.server.state_dir)


async def test_away_for_too_long(own_server, make_scene):
    server = own_server({"call.database_timeout": 2}).start()
    await aside(server.seed, 1, 1000)
    scene = make_scene(server, "u1", "o1")
    await scene.in_call()
    await scene.tick(1)
    database.freeze(server.state_dir)
    try:
        for person in scene.both:
            await person.peer.falls_silent()
        for person in scene.both:
            await person.client.expect_none("call_end")
    finally:
        database.thaw(server.state_dir)
    await scene.over("system_error")


async def test_postgresql_dies(own_server, make_scene):
    """The private PostgreSQL is killed; the server brings it back, and the call goes on."""
    server = own_server({"call.database_timeout": 20}).start()
    await aside(server.seed, 1, 1000)
    scene = make_scene(server, "u1", "o1")
    await scene.in_call()
    await scene.tick(1)
    database.kill(server.state_dir)
    await scene.tick(2)
    await scene.tick(3)
    await scene.hang_up()
