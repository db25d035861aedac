"""PROTOCOL.md section 4: a lost session is taken up again, and its call with it."""

import asyncio
import random
from datetime import datetime, timedelta, timezone

import pytest

from otomo.client import ENVELOPE, Client
from otomo.scene import aside

SETTINGS = {
    "limit.messages": 100_000,
    "limit.person_messages": 100_000,
    "call.rtp_timeout": 60,  # nobody hurries a client whose media has gone
    "call.lost_timeout": 60,
    "call.resume_window": 4,
}
MESSAGES = 1000
ON_THEIR_WAY = 16  # messages that nobody has heard of yet; the server takes 32


@pytest.fixture
def come_back(server, loop):
    """Opens the connection that takes a session up; closes it after the test."""
    made = []

    async def open_one(person, session_id, last, subprotocol=ENVELOPE, is_new=False):
        client = await Client.connect(server.url, person.id, subprotocols=[subprotocol])
        made.append(client)
        await client.take_up(person.id, person.token, session_id, last, is_new)
        return client

    yield open_one
    for client in made:
        loop.run(client.close())


@pytest.fixture
def in_envelope(monkeypatch):
    monkeypatch.setattr("otomo.client.SUBPROTOCOL", ENVELOPE)


async def test_a_call_goes_on(scene, come_back, in_envelope):
    await scene.in_call()
    client = scene.user.client
    session_id = client.session_id
    await client.lose()
    await scene.otomo.client.expect("call_state_update", callId=scene.call_id, peerConnected=False)
    await scene.otomo.client.expect("call_tick", callId=scene.call_id)
    back = await come_back(scene.user, session_id, client.received)
    ack = await back.expect("connection_ack")
    assert (ack["resumed"], ack["sessionId"]) == (True, session_id)
    await scene.otomo.client.expect("call_state_update", callId=scene.call_id, peerConnected=True)
    await back.expect("call_state_update", callId=scene.call_id, state="in_call")
    ticks = [tick["unitIndex"] for tick in client.seen("call_tick") + back.seen("call_tick")]
    assert ticks == list(range(1, len(ticks) + 1)), "a unit was told twice, or not at all"
    scene.user.client = back
    await scene.hang_up()


@pytest.mark.parametrize("form", [ENVELOPE, "otomo.flat.v1"])
async def test_who_is_called_comes_back_before_the_loss_was_seen(scene, come_back, form):
    """Never without a connection: it rings on, and can be accepted."""
    for person in scene.both:
        person.subprotocols = [form]
    await scene.ring()
    old = scene.otomo.client
    scene.otomo.client = await come_back(scene.otomo, old.session_id, old.received or 1, form)
    await scene.otomo.client.expect("incoming_call", callId=scene.call_id)
    await old.closed(4409)
    await scene.accept()


@pytest.mark.parametrize("form", [ENVELOPE, "otomo.flat.v1"])
async def test_with_its_media_gone(scene, come_back, in_envelope, form):
    """The call waits, and goes on when the client has set its media up again."""
    scene.user.subprotocols = [form]
    await scene.in_call()
    client = scene.user.client
    session_id = client.session_id
    scene.user.peer.vanish()
    await client.lose()
    await scene.otomo.client.expect("call_state_update", state="reconnecting")
    back = await come_back(scene.user, session_id, client.received, form)
    assert (await back.expect("connection_ack"))["resumed"] is (form == ENVELOPE)
    await back.expect("call_state_update", callId=scene.call_id, state="reconnecting")
    await back.expect("signaling_start", callId=scene.call_id)
    scene.user.client = back
    await scene.offer(scene.user)
    await scene.user.peer.connected()
    scene.user.peer.talk()
    await scene.state("in_call")
    await scene.hang_up()


async def test_too_long_ago(scene, come_back, in_envelope):
    """The session is gone; whoever comes is told where the call stands, which another device has
    taken up meanwhile."""
    await scene.in_call()
    client = scene.user.client
    session_id = client.session_id
    await client.lose()
    lost = datetime.now(timezone.utc)
    await scene.otomo.client.expect("call_state_update", callId=scene.call_id, peerConnected=False)
    await scene.user.connect()
    await scene.otomo.client.expect("call_state_update", callId=scene.call_id, peerConnected=True)
    await scene.wall_clock(lost + timedelta(seconds=SETTINGS["call.resume_window"] + 1))
    back = await come_back(scene.user, session_id, client.received, is_new=True)
    ack = await back.expect("connection_ack")
    assert ack["resumed"] is False and ack["sessionId"] != session_id
    await back.expect("call_state_update", callId=scene.call_id)
    await scene.hang_up()


async def test_flat_gets_where_things_stand(scene, come_back):
    await scene.in_call()
    client = scene.user.client
    session_id = client.session_id
    await client.lose()
    back = await come_back(scene.user, session_id, 1, "otomo.flat.v1")
    assert (await back.expect("connection_ack"))["resumed"] is False
    await back.expect("call_state_update", callId=scene.call_id, state="in_call")
    scene.user.client = back
    await scene.hang_up()


async def test_a_flat_client_that_knew_before_the_server(scene, come_back):
    """Its old connection still looks alive; it is no other device that has the call."""
    await scene.in_call()
    old = scene.user.client
    session_id = old.session_id
    back = await come_back(scene.user, session_id, 1, "otomo.flat.v1")
    assert (await back.expect("connection_ack"))["resumed"] is False
    await back.expect("call_state_update", callId=scene.call_id, state="in_call")
    await old.closed(4409)
    await scene.otomo.client.expect("call_state_update", callId=scene.call_id, peerConnected=True)
    scene.user.client = back
    await scene.hang_up()


async def test_nobody_else_ends_a_session(scene, come_back):
    await scene.in_call()
    session_id = scene.user.client.session_id
    stranger = await come_back(scene.otomo, session_id, 1, "otomo.flat.v1")
    await stranger.expect("connection_ack")
    assert scene.user.client.is_open
    await scene.hang_up()


async def join_channel(scene):
    """A channel that both have joined; its name."""
    channel = f"away-{scene.user.id}"
    for arguments in (["add"], ["member", scene.user.id], ["member", scene.otomo.id]):
        await aside(scene.server.ctl, "channel", arguments[0], channel, *arguments[1:])
    await scene.online()
    for person in scene.both:
        await person.client.send("join_channel", channelId=channel)
        await person.client.round_trip()
    return channel


async def test_a_channel_that_was_joined_misses_nothing(scene, come_back, in_envelope):
    channel = await join_channel(scene)
    client = scene.user.client

    async def write(text):
        await scene.otomo.client.send("send_message", channelId=channel, text=text)
        await scene.otomo.client.expect("new_message", channelId=channel)

    await client.send("send_message", channelId=channel, text="one")
    for person in scene.both:
        await person.client.expect("new_message", channelId=channel)
    await client.lose()
    for text in ("two", "three"):
        await write(text)
    back = await come_back(scene.user, client.session_id, client.received)
    await back.expect("connection_ack", resumed=True)
    await write("four")
    await back.expect("new_message", message=lambda message: message["text"] == "four")
    told = client.seen("new_message") + back.seen("new_message")
    assert [event["message"]["text"] for event in told] == ["one", "two", "three", "four"]


@pytest.mark.parametrize("seed", range(2))
async def test_lost_again_and_again_in_the_middle_of_1000(scene, come_back, in_envelope, seed):
    """The connection is lost at random points, some of them in the midst of what is sent once more;
    each sequence comes once (client.py counts them), and with it each message."""
    channel = await join_channel(scene)
    texts = [str(number) for number in range(MESSAGES)]
    cuts = random.Random(seed).sample(range(1, MESSAGES), 8)
    cuts = sorted(cuts + cuts[:4])  # twice: again with the first message after it has come back
    client = scene.user.client
    session_id = client.session_id

    async def write():
        for number, text in enumerate(texts):
            await scene.otomo.client.send("send_message", channelId=channel, text=text)
            if number >= ON_THEIR_WAY:
                await scene.otomo.client.expect("new_message")

    writing = asyncio.ensure_future(write())
    told = []
    while len(told) < MESSAGES:
        told.append((await client.expect("new_message"))["message"]["text"])
        if cuts and len(told) >= cuts[0]:
            del cuts[0]
            await client.lose()
            told += [event["message"]["text"] for event in client.taken("new_message")]
            client = await come_back(scene.user, session_id, client.received)
            await client.expect("connection_ack", resumed=True, sessionId=session_id)
    await writing
    assert told == texts
    await client.expect_none("new_message")
