"""BILLING.md "Units": charged when they are over, with one held from the start, and what an
unfinished one costs."""

from datetime import timedelta

import pytest

from otomo.scene import aside

UNIT = timedelta(seconds=2)
SETTINGS = {
    "billing.unit_seconds": 2,
    "billing.charge": "arrears",
    "billing.partial_unit": "pro_rata",
}


@pytest.fixture
def cast(server, make_scene):
    async def make(name, balance, price=10):
        user, otomo = f"u-{name}", f"o-{name}"
        await aside(server.add, user, "user", balance=balance)
        await aside(server.add, otomo, "otomo", "--price", price, "--share", 60)
        return make_scene(server, user, otomo)

    return make


async def held(scene):
    rows = await aside(
        scene.server.rows, "SELECT balance FROM accounts WHERE id = %s", f"hold/{scene.user.id}"
    )
    return rows[0]["balance"]


async def test_a_unit_is_charged_when_it_is_over(cast):
    scene = await cast("over", 100)
    await scene.in_call()
    assert (await held(scene), await scene.user.balance()) == (10, 90)
    for n in (1, 2):
        user, otomo = await scene.tick(n)
        assert (user["charged"], user["balance"], user["unitsLeft"]) == (10, 90 - 10 * n, 10 - n)
        assert (otomo["earned"], otomo["balance"]) == (6, 6 * n)
    await scene.hang_up()
    row = await scene.row()
    talked = row["ended_at"] - row["started_at"]
    rest = -(-10 * (talked - 2 * UNIT) // UNIT)  # rounded up
    user, _ = await scene.tick(3)  # of what the end cut, told before it
    assert user["charged"] == rest and 0 < rest <= 10
    assert (row["units_charged"], row["total_charged"]) == (3, 20 + rest)
    assert (await held(scene), await scene.user.balance()) == (0, 80 - rest)
    charges = await scene.transfers("charge")
    ends = [row["started_at"] + UNIT, row["started_at"] + 2 * UNIT, row["ended_at"]]
    assert [charge["unit_at"] for charge in charges] == ends


async def test_what_a_client_calls_its_events_does_not_mislead_the_audit(cast):
    """Of a call that was recovered the rest is rounded down."""
    scene = await cast("misled", 100)
    await scene.in_call()
    await scene.user.client.send("recovered", callId=scene.call_id)
    await scene.user.client.expect_error("UNKNOWN_EVENT", originalEvent="recovered")
    await scene.refusal_recorded("recovered", scene.user, "UNKNOWN_EVENT")
    await scene.hang_up()
    assert (await aside(scene.server.try_ctl, "audit")).status == 0


async def test_the_points_are_gone(cast):
    scene = await cast("gone", 25)
    await scene.in_call()
    for n, left in ((1, 1), (2, 0)):
        user, _ = await scene.tick(n)
        assert user["unitsLeft"] == left
    end = await scene.over("no_point")
    assert end["totalSeconds"] == 4, "all that was talked is paid"
    assert (await held(scene), await scene.user.balance()) == (0, 5)
    assert (await scene.row())["total_charged"] == 20


async def test_sigkill(server, cast):
    scene = await cast("killed", 100)
    await scene.in_call()
    await scene.tick(1)
    server.kill()
    for person in scene.both:
        person.peer.vanish()
    server.start()
    row = await scene.row()
    talked = row["ended_at"] - row["started_at"]
    assert row["end_reason"] == "server_shutdown" and UNIT <= talked <= 2 * UNIT
    assert row["total_charged"] == 10 * talked // UNIT  # rounded down: the fault was ours
    assert (await held(scene), await scene.user.balance()) == (0, 100 - row["total_charged"])
