"""BILLING.md "Faults": the database is away while people talk."""

import signal
from datetime import timedelta

import pytest

from otomo import database
from otomo.health import wait_ready
from otomo.scene import aside, instant

UNIT = timedelta(seconds=1)
SETTINGS = {"call.database_timeout": 10, "call.request_timeout": 1}


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


async def test_a_request_meanwhile(scene, stopped_clock):
    await scene.online()
    stopped_clock()
    await scene.request()
    await scene.user.client.expect_error("TEMPORARILY_UNAVAILABLE", callId=scene.call_id)
    database.thaw(scene.server.state_dir)
    row = await scene.row_when(status="failed")
    assert row["end_reason"] == "system_error"
    await scene.otomo.client.expect_none("incoming_call")


async def test_a_request_when_it_is_known_to_be_away(scene, stopped_clock):
    """Refused at once and without a trace, so that it can be made again."""
    await scene.online()
    stopped_clock()
    await aside(wait_ready, scene.server, 503)
    await scene.request()
    await scene.user.client.expect_error("TEMPORARILY_UNAVAILABLE", callId=scene.call_id)
    database.thaw(scene.server.state_dir)
    await aside(wait_ready, scene.server, 200)
    for person in scene.both:
        await person.client.expect_none("incoming_call", "call_end")
    await scene.in_call()
    await scene.tick(1)
    await scene.hang_up()


async def test_a_request_while_the_server_drains(scene, make_scene, server, stopped_clock):
    number = next(server.pairs)
    other = make_scene(server, f"u{number}", f"o{number}")
    await other.online()
    await scene.in_call()
    await scene.tick(1)
    stopped_clock()  # so that the end of the call has to wait, and the server for it
    server.process.send_signal(signal.SIGTERM)
    await scene.otomo.peer.falls_silent()
    await other.request()
    await other.user.client.expect_error("SERVER_DRAINING", callId=other.call_id)
    database.thaw(server.state_dir)
    for person in scene.both:
        await person.client.expect("call_end", callId=scene.call_id, reason="server_shutdown")
    await other.user.client.closed(1001)
    assert await aside(server.ended) == 0
    await aside(server.start)
    assert (await scene.row())["end_reason"] == "server_shutdown"


async def test_away_for_too_long(scene, stopped_clock):
    await scene.in_call()
    await scene.tick(1)
    stopped_clock()
    for person in scene.both:
        await person.peer.falls_silent()
    for person in scene.both:
        await person.client.expect_none("call_end")
    database.thaw(scene.server.state_dir)
    await scene.over("system_error")


async def test_postgresql_dies(scene):
    """The private PostgreSQL is killed; the server brings it back, and the call goes on."""
    await scene.in_call()
    await scene.tick(1)
    database.kill(scene.server.state_dir)
    await scene.tick(2)
    await scene.tick(3)
    await scene.hang_up()
