"""SIGTERM: no new call, the live ones go on, then everybody is told that the server goes."""

import signal

import pytest

from otomo import DEADLINE
from otomo.client import Client
from otomo.scene import aside
from test_health import ask, wait_ready

SETTINGS = {"server.drain_timeout": 600}


@pytest.fixture
def terminate(server):
    """Sends SIGTERM; brings the server back after the test."""

    async def send():
        server.process.send_signal(signal.SIGTERM)
        await aside(wait_ready, server, 503)

    yield send
    if server.process.poll() is not None:
        server.start()


async def test_without_a_call_it_goes_at_once(scene, server, terminate):
    await scene.online()
    server.process.send_signal(signal.SIGTERM)
    for person in scene.both:
        await person.client.closed(1001)
    assert await aside(server.ended) == 0


async def test_a_call_ends_as_its_people_want(scene, make_scene, server, terminate):
    number = next(server.pairs)
    other = make_scene(server, f"u{number}", f"o{number}")
    await other.online()
    await scene.in_call()
    await terminate()
    assert await aside(ask, server, "/healthz") == (200, {"alive": True})
    assert (await aside(ask, server, "/readyz"))[1]["draining"]
    await other.request()
    await other.user.client.expect_error("SERVER_DRAINING", callId=other.call_id)
    await scene.tick(2)
    await scene.user.client.lose()  # whoever is in a call may come back to it
    await scene.otomo.client.expect("call_state_update", peerConnected=False)
    await scene.user.connect()
    await scene.otomo.client.expect("call_state_update", peerConnected=True)
    await scene.user.client.send("call_end_request", callId=scene.call_id)
    for person in scene.both:
        await person.client.expect("call_end", callId=scene.call_id, reason="user_end")
    for person in (*scene.both, *other.both):
        await person.client.closed(1001)
    assert await aside(server.ended) == 0


async def test_a_second_signal_ends_the_calls(scene, server, terminate):
    await scene.in_call()
    await terminate()
    await scene.tick(1)
    server.process.send_signal(signal.SIGTERM)
    for person in scene.both:
        for event in ("call_force_end", "call_end"):
            await person.client.expect(event, callId=scene.call_id, reason="server_shutdown")
        await person.client.closed(1001)
    assert await aside(server.ended) == 0


async def test_a_deadline_ends_the_calls(scene, server, terminate):
    await aside(server.stop)
    server.settings["server.drain_timeout"] = 2
    await aside(server.start)
    await scene.in_call()
    await terminate()
    for person in scene.both:
        await person.client.expect(
            "call_end", callId=scene.call_id, reason="server_shutdown", deadline=DEADLINE
        )
    assert await aside(server.ended) == 0
    assert "server.drain_timeout" in server.log()


async def test_interrupted_at_a_terminal(scene, server, terminate):
    await scene.in_call()
    server.process.send_signal(signal.SIGINT)
    for person in scene.both:
        await person.client.expect("call_end", callId=scene.call_id, reason="server_shutdown")
    assert await aside(server.ended) == 0


async def test_who_comes_while_it_drains(scene, server, terminate):
    """Gets in, for it may have a call here, and is told with the others that the server goes."""
    await scene.in_call()
    await terminate()
    late = await Client.connect(server.url)
    await late.init("u40", server.tokens["u40"])
    await scene.user.client.send("call_end_request", callId=scene.call_id)
    await late.closed(1001)
    await late.close()
    assert await aside(server.ended) == 0
