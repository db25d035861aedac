"""The wall clock is set an hour on or back while people talk: units are monotonic time, and so are
the books."""

import time
from datetime import timedelta

import pytest

from conftest import SETTINGS
from otomo.price import cost_of
from otomo.scene import aside
from otomo.server import Server
from otomo.wallclock import WallClock

HOUR = 3600
PAIRS = 4
UNIT = timedelta(seconds=SETTINGS["billing.unit_seconds"])


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    return WallClock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def server(clock):
    server = Server(SETTINGS, env=clock.environment)
    try:
        server.start()
        server.seed(PAIRS, 1000)
        server.pairs = iter(range(1, PAIRS + 1))
        yield server
    finally:
        clock.set(0)
        server.close()


def ahead(tick):
    """How far the server's wall clock is ahead of ours, as its tick shows, whole hours of s."""
    return round((tick["nextBillingAt"] - time.time()) / HOUR) * HOUR


@pytest.mark.parametrize("step", [HOUR, -HOUR])
async def test_units_are_monotonic(scene, clock, step):
    clock.set(0)
    await scene.in_call()
    user, _ = await scene.tick(1)
    assert ahead(user) == 0
    began = (await scene.row())["started_mono_us"] / 1e6  # on the clock of time.monotonic ()
    clock.set(step)
    n, since_step = 1, 0
    while since_step < 3:  # the step is seen within a second
        n += 1
        user, otomo = await scene.tick(n)  # set back, no unit would come for an hour
        assert min(user.at, otomo.at) >= began + (n - 1) * UNIT.total_seconds(), "charged early"
        since_step += ahead(user) == step
    clock.set(0)
    await scene.tick(n + 1)
    await scene.tick(n + 2)
    end = await scene.hang_up()
    row = await scene.row()
    talked = row["ended_at"] - row["started_at"]
    assert end["totalSeconds"] == talked // timedelta(seconds=1) <= time.monotonic() - began
    assert row["total_charged"] == cost_of(row, UNIT)
    charges = await scene.transfers("charge")
    assert [c["unit_at"] for c in charges] == [
        row["started_at"] + i * UNIT for i in range(len(charges))
    ]


@pytest.mark.parametrize("step", [HOUR, -HOUR])
async def test_killed_after_a_step(server, scene, clock, step):
    """The crash is dated by the media, not by a wall clock that was set meanwhile."""
    clock.set(0)
    await scene.in_call()
    await scene.tick(1)
    clock.set(step)
    n = 2
    while ahead((await scene.tick(n))[0]) != step:
        n += 1
    server.kill()
    for person in scene.both:
        person.peer.vanish()
    await aside(server.start)
    row = await scene.row()
    assert row["end_reason"] == "server_shutdown" and row["units_charged"] >= n, row
    assert (n - 2) * UNIT <= row["ended_at"] - row["started_at"] <= row["units_charged"] * UNIT
    assert row["total_charged"] == cost_of(row, UNIT)
