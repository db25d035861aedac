"""PostgreSQL in trouble while people talk: it is killed, it stands still, its answers are lost
right after the COMMIT. Each call costs what the model says, its ticks said so, the books are right.
OTOMO_TROUBLE_ROUNDS makes it longer (./dev soak trouble)."""

import asyncio
import contextlib
import os
import random
from datetime import timedelta

import pytest

from conftest import SETTINGS
from otomo import DEADLINE, database
from otomo.price import cost_of
from otomo.relay import Relay
from otomo.scene import aside
from otomo.server import Server

TEST_DEADLINE = 180.0
ROUNDS = int(os.environ.get("OTOMO_TROUBLE_ROUNDS", 2))
STOPS = (5,) if ROUNDS <= 2 else (5, 60)  # seconds
CALLS = 5
UNIT = timedelta(seconds=1)
BALANCE = 1000
RULES = ("charge", "free", "pro_rata")
DATABASE_TIMEOUT = 30  # seconds; call.database_timeout
ODDS = 0.1  # of an answer to be lost, where many are


@pytest.fixture(scope="module")
def relay(server):
    """`server` has the database, and the one under test reaches it through this."""
    relay = Relay(database.socket(server.state_dir))
    yield relay
    relay.close()


@pytest.fixture(scope="module")
def talker(server, relay):
    """The server under test."""
    talker = Server({**SETTINGS, "server.node": "talker"}, landlord=server, door=relay.door)
    talker.tokens = server.tokens
    try:
        yield talker.start()
    finally:
        talker.close()


@contextlib.contextmanager
def losing(relay, statement):
    """Meanwhile the answer to one such statement is lost."""
    relay.lost.clear()
    relay.lose_next(statement)
    yield
    assert len(relay.lost) == 1 and statement in relay.lost[0], relay.lost


async def test_each_answer_is_lost_once(talker, relay, make_scene, server):
    number = next(server.pairs)
    scene = make_scene(talker, f"u{number}", f"o{number}")
    with losing(relay, "record_requested"):
        await scene.ring()
    with losing(relay, "record_accepted"):
        await scene.accept()
    with losing(relay, "record_started"):
        await scene.negotiate()
        await scene.talk()
    await scene.tick(1)
    with losing(relay, "record_unit"):
        await scene.tick(2)
    for act, state in (("pause", "reconnecting"), ("talk", "in_call")):
        with losing(relay, "record_noted"):
            getattr(scene.otomo.peer, act)()
            await scene.state(state)
    with losing(relay, "renew_lease"):
        while not relay.lost:
            await scene.tick((await scene.row())["units_charged"] + 1)
    with losing(relay, "top_up"):
        await aside(talker.ctl, "wallet", "top-up", scene.user.id, 7)
    with losing(relay, "record_ended"):
        await scene.hang_up()
    await check(scene, BALANCE + 7)
    events = await scene.events()
    assert len({(row["at"], row["event"]) for row in events}) == len(events), "written twice"


async def test_a_request_that_arrives_late(talker, relay, make_scene, server):
    """Its connection was given up, it was sent again and refused; then the first one arrives, when
    it would be taken. That must not make a call that no server knows."""
    number = next(server.pairs)
    scene = make_scene(talker, f"u{number}", f"o{number}")
    await scene.online()
    await aside(server.spend, scene.user.id, await scene.user.balance())
    relay.hold_next("record_requested")
    await scene.request()
    await scene.user.client.expect_error("INSUFFICIENT_BALANCE", callId=scene.call_id)
    await aside(talker.ctl, "wallet", "top-up", scene.user.id, BALANCE)
    await aside(relay.deliver)
    assert not await aside(server.rows, "SELECT * FROM calls WHERE call_id = %s", scene.call_id)
    refused = [row for row in await scene.events() if row["event"] == "call_request"]
    assert [row["detail"] for row in refused] == ["INSUFFICIENT_BALANCE"], "written twice"
    await scene.in_call()  # the same callId: it never was a call
    await scene.hang_up()


# Random instants of several calls ---------------------------------------------------------------


# Each trouble says why the calls end that it has left behind.


async def killed(server, relay, scenes, chance):
    database.kill(server.state_dir)
    await next_units(scenes)
    return "user_end"


async def cut(server, relay, scenes, chance):
    relay.lost.clear()
    relay.doomed = lambda statement: chance.random() < ODDS
    while len(relay.lost) < 3:
        await next_units(scenes)
    relay.doomed = lambda statement: False
    return "user_end"


def stopped(seconds):
    async def stop(server, relay, scenes, chance):
        database.freeze(server.state_dir)
        try:
            await asyncio.sleep(seconds)  # it is about time
            for scene in scenes:
                assert not scene.user.client.seen("call_end"), "told before it was in the books"
        finally:
            database.thaw(server.state_dir)
        if seconds >= DATABASE_TIMEOUT:
            return "system_error"
        await next_units(scenes)
        return "user_end"

    return stop


async def next_units(scenes):
    """All are told of two more units."""
    for _ in range(2):
        for scene in scenes:
            await scene.tick(len(scene.user.client.seen("call_tick")) + 1)


async def check(scene, had):
    """What was charged is what the model says, what was paid, and what was told."""
    row = await scene.row()
    charges = await scene.transfers("charge")
    assert row["total_charged"] == cost_of(row, UNIT) == sum(c["amount"] for c in charges), row
    assert await scene.user.balance() == had - row["total_charged"]
    for person in scene.both:
        told = {tick["unitIndex"]: tick["charged"] for tick in person.client.seen("call_tick")}
        assert told == {c["unit_index"]: c["amount"] for c in charges}
    due = 0 if row["charge"] == "advance" else 1
    whole = [c for c in charges if c["unit_index"] != row["rest_unit"]]
    assert [c["unit_at"] for c in whole] == [
        row["started_at"] + (n + due) * UNIT for n in range(len(whole))
    ]


TROUBLES = [
    *((killed, n) for n in range(ROUNDS)),
    *((cut, n) for n in range(ROUNDS)),
    *((stopped(seconds), seconds) for seconds in STOPS),
]


@pytest.mark.parametrize(
    "trouble, seed", TROUBLES, ids=[f"{trouble.__name__}-{seed}" for trouble, seed in TROUBLES]
)
async def test_at_a_random_instant(server, relay, talker, make_scene, trouble, seed):
    chance = random.Random(seed)
    talker.settings["billing.charge"] = chance.choice(["advance", "arrears"])
    talker.settings["billing.partial_unit"] = chance.choice(RULES)
    await aside(talker.stop)
    await aside(talker.start)
    users = [f"u{n}" for n in range(1, CALLS + 1)]
    await aside(server.rows, "SELECT fill_wallets (%s, %s)", users, BALANCE)
    scenes = [make_scene(talker, f"u{n}", f"o{n}") for n in range(1, CALLS + 1)]
    before = [await scene.user.balance() for scene in scenes]
    await asyncio.gather(*(scene.in_call() for scene in scenes))
    await asyncio.sleep(chance.uniform(0, 1))  # the random instant is what the test is about
    reason = await trouble(server, relay, scenes, chance)
    if reason == "user_end":
        for scene in scenes:
            await chance.choice(scene.both).client.send("call_end_request", callId=scene.call_id)
    await asyncio.gather(*(scene.over(reason) for scene in scenes))
    for scene, had in zip(scenes, before):
        await check(scene, had)
