"""SIGKILL of the server at random instants of live calls, in both ways to charge; after each the
books are right. A round kills five calls; OTOMO_KILL_ROUNDS makes it longer (./dev soak kill)."""

import asyncio
import os
import random
from datetime import timedelta

import pytest

from otomo.price import cost_of
from otomo.scene import aside

ROUNDS = int(os.environ.get("OTOMO_KILL_ROUNDS", 10))
CALLS = 5
UNIT = timedelta(seconds=1)
RULES = ("charge", "free", "pro_rata")


def told_units(scene):
    return max((tick["unitIndex"] for tick in scene.user.client.seen("call_tick")), default=0)


@pytest.mark.parametrize("round_", range(ROUNDS))
async def test_sigkill(server, make_scene, round_):
    chance = random.Random(round_)
    users = [f"u{n}" for n in range(1, CALLS + 1)]
    await aside(server.rows, "SELECT fill_wallets (%s, 1000)", users)
    scenes = [make_scene(server, f"u{n}", f"o{n}") for n in range(1, CALLS + 1)]
    before = [await scene.user.balance() for scene in scenes]
    await asyncio.gather(*(scene.in_call() for scene in scenes))
    await asyncio.sleep(chance.uniform(0, 2.5))  # the random instant is what the test is about
    server.kill()
    told = [told_units(scene) for scene in scenes]
    for scene in scenes:
        for person in scene.both:
            person.peer.vanish()
    server.settings["billing.charge"] = chance.choice(["advance", "arrears"])
    server.settings["billing.partial_unit"] = chance.choice(RULES)
    await aside(server.start)
    for scene, balance, units in zip(scenes, before, told):
        row = await scene.row()
        assert (row["status"], row["end_reason"]) == ("ended", "server_shutdown"), row
        assert row["units_charged"] >= units, "a unit was told that is not in the books"
        assert row["total_charged"] == cost_of(row, UNIT), row
        assert await scene.user.balance() == balance - row["total_charged"]
    await aside(server.audit)
