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
from otomo import database, metrics
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


async def stop_server(server):
    server.process.send_signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(STOP)  # it is about time
    finally:
        server.process.send_signal(signal.SIGCONT)


async def stop_database(server):
    """A unit is due meanwhile: there is one each second."""
    database.freeze(server.state_dir)
    try:
        await asyncio.sleep(1.5 * STOP)  # not so long that it counts as away
    finally:
        database.thaw(server.state_dir)


def ready(server):
    try:
        return urllib.request.urlopen(f"{server.address}/readyz", timeout=15).status
    except urllib.error.HTTPError as error:
        return error.code


async def ask(scene):
    """Asks for a call; True: it rings, and is cancelled; False: it is refused."""
    await scene.request()
    told = await scene.user.client.expect("call_ringing", "error", callId=scene.call_id)
    if told.type == "error":
        assert told["code"] == "TEMPORARILY_UNAVAILABLE", told
        return False
    await scene.user.client.send("call_cancel", callId=scene.call_id)
    await scene.user.client.expect("call_end", callId=scene.call_id)
    return True


@pytest.mark.parametrize(
    ("limit", "stop"),
    [("limit.loop_stall", stop_server), ("limit.media_lag", stop_server), ("limit.record_lag", stop_database)],
)
async def test_no_new_call(make_scene, limit, stop):
    async with serving(limit) as server:
        talking = make_scene(server, "u1", "o1")
        await talking.in_call()
        for _ in range(TRIES):
            late = make_scene(server, "u2", "o2")
            await late.online()
            await stop(server)
            if not await ask(late):
                break
            await late.leave()
        else:
            raise AssertionError("a call is taken however long the server stands still")
        assert not late.otomo.client.seen("incoming_call")
        for person in talking.both:
            await person.peer.hears(5)
        for _ in range(TRIES):  # it recovers by itself
            if await ask(late):
                break
            await asyncio.sleep(0.5)
        else:
            raise AssertionError("no call is taken any more")
        await talking.hang_up()


async def test_ready_only_when_it_takes_calls(make_scene):
    """/readyz sends others elsewhere meanwhile, and the figures say why."""

    def busy(server):
        return metrics.parse(metrics.scrape_socket(server))["otomo_busy"]

    async with serving("limit.loop_stall") as server:
        for _ in range(TRIES):
            await stop_server(server)
            if await aside(busy, server) == 1 and await aside(ready, server) == 503:
                break
        else:
            raise AssertionError("always ready")
        for _ in range(TRIES):
            if await aside(ready, server) == 200 and await aside(busy, server) == 0:
                return
            await asyncio.sleep(0.5)
        raise AssertionError("never ready again")
