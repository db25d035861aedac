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
def scenes(server, make_scene):
    """Three calls: one will ring, one will be accepted, one will be billed."""
    numbers = [next(server.pairs) for _ in range(3)]
    return [make_scene(server, f"u{n}", f"o{n}") for n in numbers]


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


async def test_sigkill(server, scenes, make_scene):
    await walk(scenes)
    server.kill()
    for person in scenes[2].both:
        person.peer.vanish()
    server.start()
    await closed_by_the_restart(scenes)
    again = make_scene(server, scenes[2].user.id, scenes[2].otomo.id)
    await again.in_call()  # both are free, and all works as before
    await again.tick(1)
    await again.hang_up()


async def test_sigkill_of_the_database_too(server, scenes):
    await walk(scenes)
    server.kill()
    database.kill(server.state_dir)
    server.start()
    await closed_by_the_restart(scenes)


async def test_sigkill_twice(server, scenes):
    """A restart that is killed as well changes no figure: what is given back is given back once."""
    await walk(scenes)
    server.kill()
    server.start()
    server.kill()
    server.start()
    await closed_by_the_restart(scenes)


async def test_sigterm(server, scenes):
    await walk(scenes)
    assert await aside(server.stop) == 0
    assert database.postmaster_pid(server.state_dir) is None, "its PostgreSQL still runs"
    for scene in scenes:
        for person in scene.both:
            for event in ("call_force_end", "call_end"):
                await person.client.expect(event, callId=scene.call_id, reason="server_shutdown")
            await person.client.closed(1001)
    server.start()
    for scene, state in zip(scenes, ("failed", "failed", "ended")):
        row = await scene.row()
        assert (row["status"], row["end_reason"]) == (state, "server_shutdown")
