"""Calls whose media is made ready ahead: they come up in either role of DTLS, leave nothing behind, and are
made again. (That the answers are the same text, tests/component/media/test-prepared.c shows.)"""

import asyncio
import time
from pathlib import Path

import pytest

from otomo import DEADLINE

PREPARED = 2
SETTINGS = {"media.prepared_calls": PREPARED}
PACKETS = 5


def legs(server):
    """How many webrtcbin live: each has a thread of its name."""
    names = [path.read_text() for path in Path(f"/proc/{server.process.pid}/task").glob("*/comm")]
    return sum(name.startswith("webrtcbin") for name in names)


async def stock_is_full(server):
    end = time.monotonic() + DEADLINE
    while legs(server) != 2 * PREPARED:
        assert time.monotonic() < end, legs(server)
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("role", ["active", "passive"])
async def test_either_role_of_dtls(scene, role):
    await stock_is_full(scene.server)
    await scene.accepted()
    await scene.offer(scene.user)
    await scene.answer(scene.otomo, setup=role)
    for person in scene.both:
        await person.peer.connected()
    await scene.talk()
    for person in scene.both:
        await person.peer.hears(PACKETS)
    await stock_is_full(scene.server)  # while the call runs
    await scene.hang_up()


async def test_a_call_that_nobody_answers(scene):
    await stock_is_full(scene.server)
    await scene.accepted()
    await scene.hang_up_unconnected()
    await stock_is_full(scene.server)
