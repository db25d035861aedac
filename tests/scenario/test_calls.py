"""Many calls in one process, recorded, with every kind of end: what they took is given back. Threads and open
files return to where they were; GStreamer's leaks tracer finds nothing of ours at the end. OTOMO_CALLS makes
it longer (./dev soak calls), and then it is memory, not the tracer, that has to show it."""

import asyncio
import os
import random
import re
import time
from pathlib import Path

import pytest

from otomo import DEADLINE
from otomo.scene import LOOK_INTERVAL, Scene, aside
from otomo.server import Server

from conftest import SETTINGS as COMMON

CALLS = int(os.environ.get("OTOMO_CALLS", 40))
IS_LONG = CALLS >= 1000
WARM_UP = CALLS if IS_LONG else 16
LANES, PAIRS_OF_LANE = 8, 5
RSS_GROWTH_MAX = 0.05
FORGET_DEADLINE = 90.0
TEST_DEADLINE = 90.0 + 1.5 * CALLS

OF_THE_PROCESS = "GstDtlsAgent"  # the dtls plugin keeps one; that it is told shows the tracer
TRACER = {"GST_TRACERS": "leaks", "GST_DEBUG": "GST_TRACER:7"}  # takes memory itself


@pytest.fixture
def server():
    settings = {**COMMON, "billing.unit_seconds": 60, "recording.mode": "all"}
    server = Server(settings, env={} if IS_LONG else TRACER)
    try:
        server.start()
        server.seed(LANES * PAIRS_OF_LANE, 1_000_000)
        yield server
    finally:
        server.close()


# The ends of a call, each from nothing ------------------------------------------------------------


async def cancelled(scene):
    await scene.ring()
    await scene.user.client.send("call_cancel", callId=scene.call_id)
    await scene.over("cancelled", state="failed")


async def rejected(scene):
    await scene.ring()
    await scene.otomo.client.send("call_reject", callId=scene.call_id)
    await scene.user.client.expect("call_rejected", callId=scene.call_id)


async def ended_before_media(scene):
    await scene.accepted()
    await scene.hang_up_unconnected(scene.otomo)


async def ended_during_set_up(scene):
    await scene.accepted()
    peer = await scene.user.new_peer()
    await scene.user.client.send("webrtc_offer", callId=scene.call_id, offer=peer.offer())
    await scene.hang_up_unconnected()


async def ended_with_one_leg(scene):
    await scene.accepted()
    await scene.offer(scene.user)
    await scene.user.peer.connected()
    await scene.hang_up_unconnected()


async def hung_up(scene):
    await scene.in_call()
    await scene.hang_up(random.choice(scene.both))


async def hung_up_by_both(scene):
    await scene.in_call()
    for person in scene.both:
        await person.client.send("call_end_request", callId=scene.call_id)
    await scene.over("user_end")


async def hung_up_with_another_leg(scene):
    await scene.in_call()
    await scene.offer(scene.user)
    await scene.user.peer.connected()
    await scene.hang_up()


async def hung_up_while_another_leg_is_made(scene):
    await scene.in_call()
    peer = await scene.user.new_peer()
    await scene.user.client.send("webrtc_offer", callId=scene.call_id, offer=peer.offer())
    await scene.hang_up(scene.otomo)


async def ended_by_the_operator(scene):
    await scene.in_call()
    await aside(scene.server.ctl, "call", "end", scene.call_id)
    await scene.over("admin")


async def gone(scene):
    await scene.in_call()
    await scene.user.drop()
    scene.user.peer.vanish()
    await scene.over("network_lost", to=[scene.otomo])


async def silent(scene):
    await scene.in_call()
    scene.otomo.peer.vanish()
    await scene.over("rtp_stopped")


ENDS = [
    cancelled,
    rejected,
    ended_before_media,
    ended_during_set_up,
    ended_with_one_leg,
    hung_up,
    hung_up_by_both,
    hung_up_with_another_leg,
    hung_up_while_another_leg_is_made,
    ended_by_the_operator,
    gone,
    silent,
]


async def carry_out(server, count):
    """COUNT calls in LANES lanes; each end about as often as the others."""
    work = iter(range(count))

    async def lane(number):
        for index in work:
            pair = number * PAIRS_OF_LANE + index % PAIRS_OF_LANE + 1
            scene = Scene(server, f"u{pair}", f"o{pair}")
            try:
                await ENDS[index % len(ENDS)](scene)
            finally:
                await scene.leave()

    await asyncio.gather(*(lane(number) for number in range(LANES)))


# What a process has -------------------------------------------------------------------------------


def counts(pid):
    proc = Path(f"/proc/{pid}")
    return {kind: len(list((proc / kind).iterdir())) for kind in ("task", "fd")}


def rss_kib(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def returned(pid, before):
    """Waits until the process has no more threads and open files than BEFORE."""
    end = time.monotonic() + DEADLINE
    while any(now > before[kind] for kind, now in counts(pid).items()):
        assert time.monotonic() < end, f"{counts(pid)}, after the first calls {before}"
        time.sleep(LOOK_INTERVAL)


def rss_returned(pid, before):
    """Waits until it has as much memory as BEFORE, but for a small part: a call that is over is
    remembered for a minute. How much that is."""
    end = time.monotonic() + FORGET_DEADLINE
    while rss_kib(pid) > before * (1 + RSS_GROWTH_MAX) and time.monotonic() < end:
        time.sleep(1)
    return rss_kib(pid)


def settled(pid):
    """Waits until threads and open files stay the same for a while; how many they are."""
    last, since = counts(pid), time.monotonic()
    while time.monotonic() < since + 1:
        now = counts(pid)
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(LOOK_INTERVAL)
    return last


async def test_what_calls_took_is_given_back(server):
    pid = server.process.pid
    await carry_out(server, WARM_UP)
    before, rss_before = await aside(settled, pid), rss_kib(pid)
    await carry_out(server, CALLS)
    await aside(returned, pid, before)
    rss_after = await aside(rss_returned, pid, rss_before) if IS_LONG else rss_kib(pid)
    print(f"{CALLS} calls: {before}, RSS {rss_before} KiB before, {rss_after} KiB after")
    if IS_LONG:
        assert rss_after <= rss_before * (1 + RSS_GROWTH_MAX), (rss_before, rss_after)

    assert await aside(server.stop) == 0, server.log()
    alive = re.findall(r"object-alive, type-name=\(string\)(\w+)", server.log())
    assert IS_LONG or alive == [OF_THE_PROCESS], alive
