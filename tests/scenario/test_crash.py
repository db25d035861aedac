"""BILLING.md "Faults": the server stops, in order or by SIGKILL, and the books are right when it is
back."""

from datetime import timedelta

import pytest

from otomo import database
from otomo.scene import aside

PRICE = 10
UNIT = timedelta(seconds=3)  # long enough to be cut in its middle
SETTINGS = {"billing.unit_seconds": 3, "call.ring_timeout": 30, "call.media_timeout": 30}


@pytest.fixture
def three_calls(own_server, make_scene):
    """A server of the test's own with a call that rings, one that is accepted and one that is
    billed."""
    server = own_server(SETTINGS).start()
    server.seed(3, 1000)
    scenes = [make_scene(server, f"u{n}", f"o{n}") for n in (1, 2, 3)]
    return server, scenes


async def walk(scenes):
    ringing, accepted, talking = scenes
    await ringing.ring()
    await accepted.accepted()
    await talking.in_call()
    await talking.tick(2)


def refunded(scene, row, charges, refunds):
    """Of the last unit the part that was not served is given back, rounded up in the user's
    favour."""
    charged = sum(t["amount"] for t in charges)
    given_back = sum(t["amount"] for t in refunds if t["unit_index"] == len(charges))
    left = row["started_at"] + len(charges) * UNIT - row["ended_at"]
    assert timedelta(0) <= left <= UNIT, row
    price = row["price_per_unit"]
    expected = -(-price * left // UNIT)  # rounded up
    assert (
        given_back == expected
    ), f"{left} of the last unit not served, {given_back} given back, not {expected}"
    assert row["total_charged"] == charged - given_back


async def closed_by_the_restart(scenes):
    for scene, state in zip(scenes, ("failed", "failed", "ended")):
        row = await scene.row()
        assert (row["status"], row["end_reason"]) == (state, "server_shutdown"), row
    talking = scenes[2]
    row = await talking.row()
    charges, refunds = await talking.transfers("charge"), await talking.transfers("refund")
    assert len(charges) >= 2
    refunded(talking, row, charges, refunds)
    assert await talking.user.balance() == 1000 - row["total_charged"]


async def test_sigkill(three_calls, make_scene):
    server, scenes = three_calls
    await walk(scenes)
    server.kill()
    for person in scenes[2].both:
        person.peer.vanish()
    server.start()
    await closed_by_the_restart(scenes)
    again = make_scene(server, "u3", "o3")  # both are free, and all works as before
    await again.in_call()
    await again.tick(1)
    await again.hang_up()


async def test_sigkill_of_the_database_too(three_calls):
    server, scenes = three_calls
    await walk(scenes)
    server.kill()
    database.kill(server.state_dir)
    server.start()
    await closed_by_the_restart(scenes)


async def test_sigkill_twice(three_calls, make_scene):
    """A restart that is killed as well changes no figure: what is given back is given back once."""
    server, scenes = three_calls
    await walk(scenes)
    server.kill()
    server.start()
    server.kill()
    server.start()
    await closed_by_the_restart(scenes)


async def test_sigterm(three_calls):
    server, scenes = three_calls
    await walk(scenes)
    assert await aside(server.stop) == 0
    for scene, state in zip(scenes, ("failed", "failed", "ended")):
        for person in scene.both:
            await person.client.expect(
                "call_force_end", callId=scene.call_id, reason="server_shutdown"
            )
            await person.client.expect("call_end", callId=scene.call_id, reason="server_shutdown")
            await person.client.closed(1001)
    server.start()
    for scene, state in zip(scenes, ("failed", "failed", "ended")):
        row = await scene.row()
        assert (row["status"], row["end_reason"]) == (state, "server_shutdown")


async def test_nothing_is_left_running(own_server):
    server = own_server().start()
    assert server.stop() == 0
    assert database.postmaster_pid(server.state_dir) is None, "its PostgreSQL still runs"


async def test_people_and_points_outlive_a_restart(own_server, make_scene):
    server = own_server().start()
    server.seed(1, 1000)
    server.stop()
    server.start()
    scene = make_scene(server, "u1", "o1")
    await scene.in_call()
    user, _ = await scene.tick(1)
    assert user["balance"] < 1000
    await scene.hang_up()
