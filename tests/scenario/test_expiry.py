"""docs/protocol.md: a token that expires while its connection is open. A call goes on; whatever would
begin anew waits for a fresh token."""

import asyncio
import time

import pytest

from conftest import SETTINGS
from otomo.client import ENVELOPE
from otomo.server import Server
from otomo.tokens import Key

KEY = Key.new("ES256", "2026-11")
FLAT = "otomo.flat.v1"
LIFE = 2  # seconds of a short token: what its way to the server may take on a busy machine
SHORT = {"auth.jwt_leeway": 0, "auth.token_notice": 1, "auth.token_grace": 1}


def jwt(user_id, seconds=600):
    return KEY.token({"sub": user_id, "exp": time.time() + seconds})


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    KEY.write(folder)
    server = Server({**SETTINGS, **SHORT, "auth.jwt_keys": str(folder)})
    try:
        server.start()
        server.seed(10, 1000)
        server.pairs = iter(range(1, 11))
        yield server
    finally:
        server.close()


def in_both_formats(story):
    """Makes a test of a story: it happens twice at the same time, since it waits for the clock."""

    async def test(server, make_scene):
        scenes = []
        for subprotocol in (FLAT, ENVELOPE):
            number = next(server.pairs)
            scenes.append(make_scene(server, f"u{number}", f"o{number}"))
            for person in scenes[-1].both:
                person.subprotocols = [subprotocol]
        await asyncio.gather(*map(story, scenes))

    test.__doc__ = story.__doc__
    return test


async def told(client, words):
    """The server speaks of the token, unasked."""
    error = await client.expect("error", message=lambda message: words in message)
    assert (error["code"], error["originalEvent"]) == ("UNAUTHENTICATED", "init_connection")
    assert "originalSequence" not in error
    return error


async def expires(person):
    """This person's connection gets a token that lasts for a moment, and sees it end."""
    await person.client.init(person.id, jwt(person.id, LIFE))
    await told(person.client, "ends soon")
    await told(person.client, "has expired")


async def refused(client, event, **fields):
    await client.send(event, **fields)
    await client.expect_error("UNAUTHENTICATED", originalEvent=event)


async def next_tick(client, after=0):
    return await client.expect("call_tick", unitIndex=lambda index: index > after)


@in_both_formats
async def test_during_a_call(scene):
    user, call_id = scene.user, scene.call_id
    await scene.in_call()
    await expires(user)
    client = user.client

    # nothing new
    await refused(client, "call_request", toUserId="o9", callId="another-" + call_id)
    await refused(client, "join_channel", channelId=call_id)
    await refused(client, "send_message", channelId=call_id, text="hello")

    # what belongs to the call goes on, for longer than the grace
    await client.send("ice_candidate", callId=call_id, candidate=None)
    tick = await next_tick(client)
    for _ in range(3):
        tick = await next_tick(client, tick["unitIndex"])
    await client.expect_none("error", "call_end")

    # no good tokens change nothing
    for token in (jwt(scene.otomo.id), jwt(user.id, -60), server_token(scene.otomo), "nonsense"):
        await client.send("init_connection", userId=user.id, token=token)
        await client.expect_error("UNAUTHENTICATED", originalEvent="init_connection")
    await client.send("init_connection", userId=scene.otomo.id, token=jwt(scene.otomo.id))
    await client.expect_error("INVALID_STATE", originalEvent="init_connection")
    await refused(client, "join_channel", channelId=call_id)

    # a fresh one renews the connection as it is
    ack = await client.init(user.id, jwt(user.id))
    assert ack["sessionId"] == client.seen("connection_ack")[0]["sessionId"]
    await client.send("join_channel", channelId=call_id)
    await client.send("send_message", channelId=call_id, text="hello")
    await client.expect("new_message")
    await scene.hang_up()
    await client.round_trip()


def server_token(person):
    return person.server.tokens[person.id]


@in_both_formats
async def test_the_call_ends_first(scene):
    """Ended by the one whose token has expired; told of the end; then the connection goes."""
    await scene.in_call()
    await expires(scene.otomo)
    await scene.otomo.client.send("call_end_request", callId=scene.call_id)
    await scene.over("user_end")
    await scene.otomo.client.closed(4401)
    await scene.user.client.round_trip()
    await scene.otomo.connect()


@in_both_formats
async def test_without_a_call(scene):
    """Of a session token as well: its row says when."""
    user = scene.user
    query = "UPDATE session_tokens SET expires_at = now () + interval '%s s' WHERE user_id = %s"
    scene.server.execute(query, LIFE, user.id)
    client = await user.connect()
    await told(client, "ends soon")
    await told(client, "has expired")
    await client.closed(4401)
    await user.refused(4401)
    user.token = jwt(user.id)
    await user.connect()


@in_both_formats
async def test_while_it_rings(scene):
    """The connection stays as long as it rings; taking the call wants a fresh token."""
    await scene.ring()
    client = scene.otomo.client
    await expires(scene.otomo)
    await refused(client, "call_accept", callId=scene.call_id)
    await client.init(scene.otomo.id, jwt(scene.otomo.id))
    await scene.accept()
    await scene.hang_up_unconnected()
