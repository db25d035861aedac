"""A server that can't keep up takes no new call, and those that run go on (docs/operating.md, "Limits"). Here it can't because it
is stopped for a while, again and again: its main loop stands still, and packets wait for its media thread; or because its
PostgreSQL is, and what is to be booked waits."""

import asyncio
import contextlib
import signal
import urllib.error
import urllib.request

import pytest

from conftest import SETTINGS
from otomo import DEADLINE, database, metrics
from otomo.scene import aside
from otomo.server import Server

STOP = 1.0  # seconds
LIMIT = 0.5  # more than what other tests do to the machine
TRIES = 30


@contextlib.asynccontextmanager
async def serving(limit):
    """A server that only looks at this; one pair talks, another may try."""
    server = Server({**SETTINGS, "call.rtp_pause": 5, "call.rtp_timeout": 15, limit: LIMIT})
    try:
        await aside(server.start)
        await aside(server.seed, 2, 1000)
        yield server
    finally:
        await aside(server.close)


async def stand_still(server):
    server.process.send_signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(STOP)  # it is about time
    finally:
        server.process.send_signal(signal.SIGCONT)


def ready(server):
    try:
        return urllib.request.urlopen(f"{server.address}/readyz", timeout=15).status
    except urllib.error.HTTPError as error:
        return error.code


def busy(server):
    return metrics.read(server)["otomo_busy"] == 1


async def ask(scene):
    """Asks for a call. None: it rings, and is cancelled; else why it is refused."""
    await scene.request()
    told = await scene.user.client.expect("call_ringing", "error", callId=scene.call_id)
    if told.type == "error":
        assert told["code"] == "TEMPORARILY_UNAVAILABLE", told
        return told["message"]
    await scene.user.client.send("call_cancel", callId=scene.call_id)
    await scene.user.client.expect("call_end", callId=scene.call_id)
    return None


@pytest.mark.parametrize("limit", ["limit.loop_stall", "limit.media_lag"])
async def test_no_new_call(make_scene, limit):
    async with serving(limit) as server:
        talking = make_scene(server, "u1", "o1")
        await talking.in_call()
        for _ in range(TRIES):
            late = make_scene(server, "u2", "o2")
            await late.online()
            await stand_still(server)
            if await ask(late):
                break
            await late.leave()
        else:
            raise AssertionError("a call is taken however long the server stands still")
        assert not late.otomo.client.seen("incoming_call")
        for person in talking.both:
            await person.peer.hears(5)
        for _ in range(TRIES):  # it recovers by itself
            if not await ask(late):
                break
            await asyncio.sleep(0.5)
        else:
            raise AssertionError("no call is taken any more")
        await talking.hang_up()


async def test_no_new_call_while_the_books_are_late(make_scene):
    """A unit is due each second, and PostgreSQL does not answer."""
    async with serving("limit.record_lag") as server:
        talking = make_scene(server, "u1", "o1")
        await talking.in_call()
        late = make_scene(server, "u2", "o2")
        await late.online()
        for _ in range(TRIES):
            database.freeze(server.state_dir)
            try:
                async with asyncio.timeout(DEADLINE):
                    while not await aside(busy, server):
                        await asyncio.sleep(0.01)
                refusal = await ask(late)
            finally:
                database.thaw(server.state_dir)
            assert refusal
            async with asyncio.timeout(DEADLINE):
                while await aside(busy, server):
                    await asyncio.sleep(0.05)
            if "busy" in refusal:  # and not that the database is away, which it is after two seconds
                break
        else:
            raise AssertionError(refusal)
        assert not late.otomo.client.seen("incoming_call")
        assert await ask(late) is None
        await talking.hang_up()


async def test_ready_only_when_it_takes_calls(make_scene):
    """/readyz sends others elsewhere meanwhile, and the figures say why."""
    async with serving("limit.loop_stall") as server:
        for _ in range(TRIES):
            await stand_still(server)
            if await aside(busy, server) and await aside(ready, server) == 503:
                break
        else:
            raise AssertionError("always ready")
        for _ in range(TRIES):
            if await aside(ready, server) == 200 and not await aside(busy, server):
                return
            await asyncio.sleep(0.5)
        raise AssertionError("never ready again")
