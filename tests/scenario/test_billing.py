"""BILLING.md: units, ticks, shares, and the end of the points."""

from datetime import timedelta, timezone

import pytest

from otomo.scene import aside, instant

UNIT = timedelta(seconds=1)  # billing.unit_seconds of conftest.py
BALANCE = 1000  # what conftest.py gives each seeded user


@pytest.fixture
def cast(server, make_scene):
    """Makes a user with so many points and an otomo of such a price; people of the test's own."""
    numbers = iter(range(1, 100))

    async def make(name, balance, price, share):
        user, otomo = f"u-{name}-{next(numbers)}", f"o-{name}-{next(numbers)}"
        await aside(server.add, user, "user", balance=balance)
        await aside(server.add, otomo, "otomo", "--price", price, "--share", share)
        return make_scene(server, user, otomo)

    return make


async def test_ticks_at_the_units_boundaries(cast):
    scene = await cast("ticks", BALANCE, 10, 60)
    await scene.in_call()
    start = instant(scene.connected_at)
    for n in (1, 2, 3):
        user, otomo = await scene.tick(n)
        due = int((start + n * UNIT).timestamp())
        assert (
            user["nextBillingAt"] == otomo["nextBillingAt"]
            and abs(user["nextBillingAt"] - due) <= 1
        )
        assert user["charged"] == otomo["charged"] == 10
        assert (user["balance"], user["unitsLeft"]) == (BALANCE - 10 * n, (BALANCE - 10 * n) // 10)
        assert (otomo["balance"], otomo["earned"]) == (6 * n, 6)
        assert "earned" not in user and "unitsLeft" not in otomo
        assert (await scene.row())["units_charged"] >= n, "told before it was committed"
    await scene.hang_up()
    charges = await scene.transfers("charge")
    row = await scene.row()
    assert [c["unit_index"] for c in charges] == list(range(1, len(charges) + 1))
    assert [c["unit_at"] for c in charges] == [
        row["started_at"] + n * UNIT for n in range(len(charges))
    ]
    assert (row["units_charged"], row["total_charged"]) == (len(charges), 10 * len(charges))
    assert await scene.user.balance() == BALANCE - 10 * len(charges)
    assert await scene.otomo.balance() == 6 * len(charges)


async def test_a_unit_is_told_when_it_falls_due_and_not_before(cast):
    scene = await cast("due", BALANCE, 10, 60)
    await scene.in_call()
    start = instant(scene.connected_at)
    for n in (1, 2, 3):
        user, _ = await scene.tick(n)
        assert user.wall >= start + (n - 1) * UNIT
    await scene.hang_up()


@pytest.mark.parametrize(
    "price, share, earned", [(7, 33, 2), (1, 50, 0), (10, 0, 0), (10, 100, 10)]
)
async def test_the_share_is_rounded_down(cast, price, share, earned):
    scene = await cast(f"share-{price}-{share}", BALANCE, price, share)
    await scene.in_call()
    _, otomo = await scene.tick(1)
    await scene.hang_up()
    assert otomo["earned"] == earned
    row = await scene.row()
    assert (row["price_per_unit"], row["share_percent"]) == (price, share)
    assert await scene.otomo.balance() == earned * row["units_charged"]
    assert await scene.user.balance() == BALANCE - row["total_charged"]


async def test_the_points_are_gone(cast):
    scene = await cast("gone", 25, 10, 60)
    await scene.in_call()
    for n, left in ((1, 1), (2, 0)):
        user, _ = await scene.tick(n)
        assert (user["balance"], user["unitsLeft"]) == (25 - 10 * n, left)
    for person in scene.both:
        await person.client.expect("call_force_end", callId=scene.call_id, reason="no_point")
    end = await scene.over("no_point")
    assert end["totalSeconds"] == 2, "cut when the paid time is over"
    for person in scene.both:
        forced, ended = person.client.seen("call_force_end", "call_end")
        assert (forced.type, ended.type) == ("call_force_end", "call_end")
        await person.client.expect_none("call_tick")
    assert await scene.user.balance() == 5
    row = await scene.row()
    assert (row["units_charged"], row["total_charged"]) == (2, 20)
    assert row["ended_at"] - row["started_at"] < 3 * UNIT


async def test_topping_up_during_the_call(cast):
    scene = await cast("top-up", 20, 10, 60)
    await scene.in_call()
    await scene.tick(1)
    await aside(scene.server.ctl, "wallet", "top-up", scene.user.id, 10)
    for n in (2, 3):
        user, _ = await scene.tick(n)
    assert (user["balance"], user["unitsLeft"]) == (0, 0)
    end = await scene.over("no_point")
    assert end["totalSeconds"] == 3
    assert (await scene.row())["total_charged"] == 30


async def test_points_gone_between_request_and_beginning(cast):
    scene = await cast("vanished", 10, 10, 60)
    await scene.accepted()
    await scene.negotiate()
    await aside(scene.server.spend, scene.user.id, 10)
    for person in scene.both:
        person.peer.talk()
    for person in scene.both:
        await person.client.expect("call_force_end", callId=scene.call_id, reason="no_point")
    end = await scene.over("no_point", state="failed")
    assert end["totalSeconds"] == 0
    row = await scene.row()
    assert (row["started_at"], row["total_charged"]) == (None, 0)
    assert not scene.user.client.seen("call_connected", "call_tick")


async def test_total_seconds_are_those_of_the_books(cast):
    scene = await cast("total", BALANCE, 10, 60)
    await scene.in_call()
    await scene.tick(3)
    end = await scene.hang_up(scene.otomo)
    row = await scene.row()
    talked = row["ended_at"] - row["started_at"]
    assert end["totalSeconds"] == int(talked.total_seconds()) >= 2
    assert row["started_at"].astimezone(timezone.utc) < row["ended_at"]


async def test_the_end_of_one_call_leaves_another_alone(cast):
    first = await cast("one", 10, 10, 60)
    second = await cast("two", BALANCE, 10, 60)
    await first.in_call()
    await second.in_call()
    await first.over("no_point")
    await second.tick(3)
    await second.user.peer.hears(5)
    await second.hang_up()
