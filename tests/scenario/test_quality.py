"""How a call's voices went: what the server counted and what the clients reported is in the database
at the end, and can be asked for before. Every loss here is one of the test's own."""

import asyncio
import json
import math
import random

import pytest

from otomo import database
from otomo.scene import aside

PACKETS = 400  # a side
BURST = 50
COUNTED = ("packets", "lost", "forwarded")
REPORTED = ("reports", "heard_expected", "heard_lost", "heard_jitter_us")


async def quality(scene):
    """The two rows, waited for: nobody is told of them. {person's id: row}"""
    query = "SELECT * FROM call_quality WHERE call_id = %s"
    await aside(scene.server.rows_when, query, scene.call_id)
    rows = await aside(scene.server.rows, query, scene.call_id)
    people = {"caller": scene.user.id, "callee": scene.otomo.id}
    assert len(rows) == 2, rows
    return {people[row["side"]]: row for row in rows}


def of(row, columns):
    return tuple(row[column] for column in columns)


async def lose(rng, peer, other):
    """Sends PACKETS, of which a seeded choice is lost, never the first or the last; how many. No
    faster than they are heard, since a full socket would lose some of its own."""
    swallowed = set(rng.sample(range(1, PACKETS - 1), rng.randrange(5, 60)))
    for number in range(PACKETS):
        if number in swallowed:
            peer.lose_rtp()
        else:
            peer.send_rtp()
        if number % BURST == BURST - 1:
            await other.hears(peer.sent - other.heard_count())
    return len(swallowed)


def mos(listener, speaker):
    """ITU-T G.107.2 by itself, from the rows' figures."""
    lost, expected = listener["heard_lost"], listener["heard_expected"]
    if not listener["reports"]:
        lost, expected = speaker["lost"], speaker["lost"] + speaker["packets"]
    jitter = listener["heard_jitter_us"] if listener["reports"] else speaker["jitter_us"]
    trips = ((listener["round_trip_us"] or 0) + (speaker["round_trip_us"] or 0)) // 2
    delay = 26.5 + (trips + 2 * jitter) / 1000
    x = max(0, math.log2(delay / 100))
    late = 25 * ((1 + x**6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2)
    percent = 100 * lost / expected
    r = (148 - 16.83 - (132 - 16.83) * percent / (percent + 10.44)) / 1.48 - late
    return 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6


async def begin(scene):
    await scene.accepted()
    await scene.negotiate()
    scene.user.peer.send_rtp()
    await scene.connected()


async def exchange(scene, rng):
    """Both speak and lose, then both report what the test makes up; what must be in the rows."""
    expected = {}
    sent = {}
    lost = {}
    for person, other in (scene.both, scene.both[::-1]):
        lost[person.id] = await lose(rng, person.peer, other.peer)
        sent[person.id] = person.peer.sent
    for person, other in (scene.both, scene.both[::-1]):
        heard_of = sent[other.id] + lost[other.id]
        first = other.peer.first_sequence
        heard_lost = lost[other.id] + rng.randrange(1, 30)
        jitter = rng.randrange(1, 4800)
        person.peer.report(other.peer.ssrc, 1, first + heard_of // 2)
        person.peer.report(other.peer.ssrc, heard_lost, first + heard_of - 1, jitter)
        expected[person.id] = {
            COUNTED: (sent[person.id], lost[person.id], sent[other.id]),
            REPORTED: (2, heard_of, heard_lost, jitter * 1000 // 48),
        }
    await scene.settled()
    return expected


def agree(rows, expected):
    for person, figures in expected.items():
        (other,) = set(expected) - {person}
        for columns, values in figures.items():
            assert of(rows[person], columns) == values, (person, columns)
        assert abs(float(rows[person]["mos"]) - mos(rows[person], rows[other])) < 0.0051


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_known_losses(scene, seed):
    await begin(scene)
    expected = await exchange(scene, random.Random(seed))
    await scene.hang_up()
    agree(await quality(scene), expected)


async def test_a_live_call_can_be_looked_into(scene):
    await begin(scene)
    expected = await exchange(scene, random.Random(4))
    shown = json.loads(await aside(scene.server.ctl, "call", "show", scene.call_id, "--json"))
    people = {"caller": scene.user.id, "callee": scene.otomo.id}
    agree({people[row["side"]]: row for row in shown["quality"]}, expected)
    told = await aside(scene.server.ctl, "call", "explain", scene.call_id)
    for person, figures in expected.items():
        packets, lost, _ = figures[COUNTED]
        assert f"{packets} packets came, {lost} were lost" in told
    await scene.hang_up()
    await quality(scene)
    told = await aside(scene.server.ctl, "call", "explain", scene.call_id)
    assert told.splitlines()[-2].split("voice of the ")[1].startswith("caller")
    assert told.splitlines()[-1].split("voice of the ")[1].startswith("callee")
    assert "How it sounded" in await aside(scene.server.ctl, "call", "show", scene.call_id)


async def test_nothing_is_lost_while_the_database_is_away(scene):
    await begin(scene)
    expected = await exchange(scene, random.Random(5))
    database.freeze(scene.server.state_dir)
    try:
        await scene.user.client.send("call_end_request", callId=scene.call_id)
        await scene.user.client.round_trip()
    finally:
        database.thaw(scene.server.state_dir)
    await scene.over("user_end")
    agree(await quality(scene), expected)


async def test_round_trip(scene):
    """By what the server forwarded and when the report about it came: not longer than the test saw
    it take, not shorter than the otomo held it back, and without what it says that it did."""
    await begin(scene)
    loop = asyncio.get_running_loop()
    speaker, listener = scene.user.peer, scene.otomo.peer
    about = (speaker.ssrc, 0, speaker.first_sequence)
    held = 0.2
    longest = []
    for number, told in ((1, 0), (2, held)):
        before = loop.time()
        speaker.send_rtcp(ntp=number << 16)
        await listener.hears_rtcp(number)
        await asyncio.sleep(held)
        listener.report(*about, last_report=number, delay=int(told * 65536))
        await scene.settled()
        longest.append((loop.time() - before - told) * 1e6)
        shown = json.loads(await aside(scene.server.ctl, "call", "show", scene.call_id, "--json"))
        (row,) = [row for row in shown["quality"] if row["side"] == "callee"]
        assert row["round_trips"] == number
        if number == 1:
            assert held * 1e6 <= row["round_trip_us"] <= longest[0]
        else:
            second = 2 * row["round_trip_us"] - row["round_trip_max_us"]
            assert second <= longest[1] + 20  # the delay's unit is 15 µs
    listener.report(*about, last_report=0xDEAD)
    await scene.settled()
    await scene.hang_up()
    rows = await quality(scene)
    assert rows[scene.otomo.id]["round_trips"] == 2
    assert rows[scene.user.id]["round_trips"] == 0
    assert rows[scene.user.id]["round_trip_us"] is None


async def test_a_call_without_media_has_none(scene):
    await scene.accepted()
    await scene.hang_up_unconnected()
    assert not await aside(
        scene.server.rows, "SELECT * FROM call_quality WHERE call_id = %s", scene.call_id
    )
