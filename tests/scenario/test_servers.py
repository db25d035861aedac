"""Several servers on one database: each call is one server's; a server that is dead, or was taken
for dead, leaves its calls to another."""

import asyncio
import contextlib
import signal
import time

import pytest

from conftest import SETTINGS
from otomo import DEADLINE
from otomo.scene import aside
from otomo.server import LOOK_INTERVAL, Server, run

LEASE = {"database.lease": 3, "database.takeover": 1}
LOST_THE_RACE = (("call_state_update", "ringing"), ("error", "USER_BUSY"))
PAIRS = 20
UNAVAILABLE = 69  # sysexits.h


@pytest.fixture(scope="module")
def servers():
    """The landlord has the database; the other two share it."""
    with contextlib.ExitStack() as stack:

        def start(node, landlord=None):
            server = Server({**SETTINGS, **LEASE, "server.node": node}, landlord=landlord)
            stack.callback(server.close)
            return server.start()

        landlord = start("landlord")
        landlord.seed(PAIRS, 1000)
        servers = [start(node, landlord) for node in ("one", "two")]
        for server in servers:
            server.tokens = landlord.tokens
        servers[0].pairs = iter(range(1, PAIRS + 1))
        yield servers


@pytest.fixture
def scenes(servers, make_scene):
    """One call, as each of the two servers sees it."""
    number = next(servers[0].pairs)
    scenes = [make_scene(server, f"u{number}", f"o{number}") for server in servers]
    scenes[1].call_id = scenes[0].call_id
    return scenes


async def first_word(scene):
    """What the caller is told of the request by this server."""
    word = await scene.user.client.expect(
        "call_ringing", "call_state_update", "error", callId=scene.call_id
    )
    return word.type, word.get("state", word.get("code"))


@pytest.mark.parametrize("round_", range(4))
async def test_the_same_call(scenes, round_):
    """Both are asked for it at once: one has the call; the other says how it stands, or, when it was
    looking just then, that they are busy."""
    for scene in scenes:
        await scene.online()
    await asyncio.gather(*(scene.request() for scene in scenes))
    words = [await first_word(scene) for scene in scenes]
    winner = scenes[words.index(("call_ringing", None))]
    loser = scenes[1 - scenes.index(winner)]
    assert words[scenes.index(loser)] in LOST_THE_RACE, words
    await winner.otomo.client.expect("incoming_call", callId=winner.call_id)
    await loser.otomo.client.expect_none("incoming_call")
    await loser.otomo.client.send("call_accept", callId=loser.call_id)
    await loser.otomo.client.expect_error("INVALID_STATE", callId=loser.call_id)
    await winner.accept()
    await winner.negotiate()
    await winner.talk()
    await winner.tick(1)
    row = await winner.row()
    assert row["node_id"] == winner.server.settings["server.node"], row
    await winner.hang_up()


async def test_the_same_people(scenes, make_scene):
    """Whoever is in a call on one server is busy on the other."""
    await scenes[0].in_call()
    scenes[1].call_id += "-again"
    await scenes[1].online()
    await scenes[1].request()
    await scenes[1].user.client.expect_error("USER_BUSY", callId=scenes[1].call_id)
    await scenes[0].hang_up()


def test_the_same_name(servers):
    """Its twin lives: it is refused with one clear line, and the first goes on."""
    twin = Server({**SETTINGS, **LEASE, "server.node": "one"}, args=servers[0].args)
    try:
        ran = run(*twin.command())
        assert ran.status == UNAVAILABLE and "listening" not in ran.out, ran
        errors = [line for line in ran.err.splitlines() if " INFO " not in line]
        assert len(errors) == 1 and '"one"' in errors[0] and "server.node" in errors[0], errors
    finally:
        twin.close()
    assert servers[0].process.poll() is None


async def closed_by_another(scene):
    """The row of a call that its server could not end."""
    row = await scene.row_when(status="ended")
    assert row["end_reason"] == "server_shutdown", row
    served = row["ended_at"] - row["started_at"]
    assert row["total_charged"] == 10 * served.total_seconds() // 1, row  # what was not is back
    assert await scene.user.balance() == 1000 - row["total_charged"]
    return row


def one_of_them_says(text):
    """Any server that lives may have closed the calls."""
    end = time.monotonic() + DEADLINE
    while not any(text in server.log() for server in Server.running):
        assert time.monotonic() < end, f"nobody says: {text}"
        time.sleep(LOOK_INTERVAL)


async def test_killed(servers, scenes):
    """The other closes its calls, and its people can call there; then it comes back."""
    await scenes[0].in_call()
    await scenes[0].tick(2)
    servers[0].kill()
    row = await closed_by_another(scenes[0])
    assert row["node_id"] == "one"
    await aside(one_of_them_says, 'server "one" is dead')
    scenes[1].call_id += "-again"
    await scenes[1].in_call()
    await scenes[1].hang_up()
    await aside(servers[0].start)
    assert await scenes[0].row() == row  # not once more


async def test_taken_for_dead(servers, scenes):
    """It stood still, and another has closed its calls: it charges nothing more, tells its people
    the end, and stops; started again it is as good as new."""
    scene = scenes[0]
    await scene.in_call()
    await scene.tick(2)
    servers[0].process.send_signal(signal.SIGSTOP)
    try:
        row = await closed_by_another(scene)
    finally:
        servers[0].process.send_signal(signal.SIGCONT)
    for person in scene.both:  # what it sees first: its lease is lost, or nobody spoke for so long
        end = await person.client.expect("call_end", callId=scene.call_id)
        assert end["reason"] in ("system_error", "rtp_stopped"), end
        await person.client.closed(1001)
    assert await asyncio.wait_for(aside(servers[0].ended), DEADLINE) == UNAVAILABLE
    assert 'the lease of server "one" is lost' in servers[0].log()
    assert await scene.row() == row
    await aside(servers[0].start)
    again = scenes[0]
    again.call_id += "-again"
    await again.in_call()
    await again.tick(1)
    await again.hang_up()
