"""Channels: joining, leaving, writing, and the last 50 messages (PROTOCOL.md section 3); a call's own
channel."""

import asyncio

import pytest

from otomo import database
from otomo.scene import aside, instant

SETTINGS = {"call.ring_timeout": 60, "limit.messages": 1000, "limit.person_messages": 1000}


def message(text, author=None):
    """Judges a new_message's `message`."""

    def judge(found):
        return found["text"] == text and author in (None, found["author"]["id"])

    return judge


async def say(person, channel, text, **fields):
    """Writes, and waits until the writer is told; the message."""
    await person.client.send("send_message", channelId=channel, text=text, **fields)
    told = await person.client.expect("new_message", channelId=channel, message=message(text))
    return told["message"]


async def write(client, channel, text):
    """The same from one device."""
    await client.send("send_message", channelId=channel, text=text)
    await client.expect("new_message", channelId=channel, message=message(text))


def texts(client, channel):
    """All that this device was told in the channel so far, in order."""
    return [e["message"]["text"] for e in client.seen("new_message") if e["channelId"] == channel]


@pytest.fixture
def channel(server, scene):
    """One of the operator's, with both people of the scene in it."""
    name = f"channel-{scene.user.id}"
    server.ctl("channel", "add", name)
    server.ctl("channel", "member", name, scene.user.id)
    server.ctl("channel", "member", name, scene.otomo.id)
    return name


async def test_both_parties_of_a_call(scene):
    await scene.ring()
    for person in scene.both:
        await person.client.send("join_channel", channelId=scene.call_id)
    first = await say(scene.user, scene.call_id, "こんにちは 🎧")
    again = await scene.otomo.client.expect("new_message", channelId=scene.call_id)
    assert again["message"] == first
    assert first["author"] == {
        "id": scene.user.id,
        "name": scene.user.id,
    }, "the seed's names are ids"
    second = await say(scene.otomo, scene.call_id, "hello")
    await scene.user.client.expect("new_message", message=message("hello", scene.otomo.id))
    assert first["id"] != second["id"]
    assert instant(first["timestamp"]) <= instant(second["timestamp"])
    rows = await aside(
        scene.server.rows,
        "SELECT * FROM messages WHERE channel_id = %s ORDER BY number",
        scene.call_id,
    )
    assert [(row["number"], row["id"], row["author_id"], row["text"]) for row in rows] == [
        (1, first["id"], scene.user.id, "こんにちは 🎧"),
        (2, second["id"], scene.otomo.id, "hello"),
    ]
    await scene.hang_up_unconnected()


async def test_a_call_has_a_channel_from_the_beginning(scene):
    await scene.ring()
    channel = await aside(scene.server.rows, "SELECT * FROM channels WHERE id = %s", scene.call_id)
    members = await aside(
        scene.server.rows, "SELECT * FROM channel_members WHERE channel_id = %s", scene.call_id
    )
    assert [row["call_id"] for row in channel] == [scene.call_id]
    assert {row["user_id"] for row in members} == {scene.user.id, scene.otomo.id}
    await scene.hang_up_unconnected()


async def test_after_the_end_it_can_be_read_but_not_written(scene):
    await scene.ring()
    await scene.user.client.send("join_channel", channelId=scene.call_id)
    await say(scene.user, scene.call_id, "before", clientMessageId="m1")
    await scene.hang_up_unconnected()
    await scene.user.client.send("send_message", channelId=scene.call_id, text="after")
    error = await scene.user.client.expect_error("INVALID_STATE")
    assert error["originalEvent"] == "send_message"
    await say(scene.user, scene.call_id, "before", clientMessageId="m1")  # asked again: as before
    await scene.otomo.client.send("join_channel", channelId=scene.call_id)
    await scene.otomo.client.expect("new_message", message=message("before", scene.user.id))
    rows = await aside(
        scene.server.rows, "SELECT text FROM messages WHERE channel_id = %s", scene.call_id
    )
    assert [row["text"] for row in rows] == ["before"]


@pytest.mark.parametrize("event", ["join_channel", "send_message"])
async def test_a_stranger(scene, make_scene, event):
    number = next(scene.server.pairs)
    stranger = make_scene(scene.server, f"u{number}", f"o{number}").user
    await scene.ring()
    await scene.user.client.send("join_channel", channelId=scene.call_id)
    await say(scene.user, scene.call_id, "between us")
    await stranger.connect()
    fields = {"text": "let me in"} if event == "send_message" else {}
    await stranger.client.send(event, channelId=scene.call_id, **fields)
    error = await stranger.client.expect_error("PERMISSION_DENIED")
    assert error["originalEvent"] == event
    await say(scene.user, scene.call_id, "still between us")
    await stranger.client.expect_none("new_message")
    await scene.user.client.expect_none("new_message")
    await scene.hang_up_unconnected()


@pytest.mark.parametrize("event", ["join_channel", "send_message"])
async def test_no_such_channel(scene, event):
    await scene.user.connect()
    fields = {"text": "is there anybody?"} if event == "send_message" else {}
    await scene.user.client.send(event, channelId="nowhere", **fields)
    error = await scene.user.client.expect_error("CHANNEL_NOT_FOUND")
    assert error["originalEvent"] == event


@pytest.mark.parametrize("event", ["leave_channel", "send_message"])
async def test_a_member_who_has_not_joined(scene, channel, event):
    await scene.user.connect()
    fields = {"text": "I am outside"} if event == "send_message" else {}
    await scene.user.client.send(event, channelId=channel, **fields)
    error = await scene.user.client.expect_error("INVALID_STATE")
    assert error["originalEvent"] == event
    assert not await aside(
        scene.server.rows, "SELECT 1 FROM messages WHERE channel_id = %s", channel
    )


async def test_the_last_50_of_60_then_live_ones(scene, channel):
    """The replay meets messages that are written meanwhile: none is missed, none comes twice."""
    await scene.online()
    await scene.user.client.send("join_channel", channelId=channel)
    for number in range(60):
        await say(scene.user, channel, str(number))
    await scene.otomo.client.send("join_channel", channelId=channel)
    for number in range(60, 80):
        await scene.user.client.send("send_message", channelId=channel, text=str(number))
    await scene.otomo.client.expect("new_message", message=message("79"))
    got = [int(text) for text in texts(scene.otomo.client, channel)]
    assert got == list(range(got[0], 80)) and 10 <= got[0] <= 30, got
    assert [int(text) for text in texts(scene.user.client, channel)] == list(range(80))


async def test_a_replay_is_the_newest_50_in_order(scene, channel):
    await scene.online()
    await scene.user.client.send("join_channel", channelId=channel)
    for number in range(60):
        await say(scene.user, channel, str(number))
    await scene.otomo.client.send("join_channel", channelId=channel)
    await scene.otomo.client.expect("new_message", message=message("59"))
    assert texts(scene.otomo.client, channel) == [str(number) for number in range(10, 60)]


async def test_the_same_client_message_id(scene, channel):
    await scene.online()
    for person in scene.both:
        await person.client.send("join_channel", channelId=channel)
    first = await say(scene.user, channel, "once", clientMessageId="mine:1")
    await scene.otomo.client.expect("new_message", message=message("once"))
    await scene.user.client.send(
        "send_message", channelId=channel, text="another text", clientMessageId="mine:1"
    )
    again = await scene.user.client.expect("new_message", channelId=channel)
    assert again["message"] == first, "the sender is answered as the first time"
    other = await say(scene.otomo, channel, "the id is free for others", clientMessageId="mine:1")
    assert other["id"] != first["id"]
    await scene.otomo.client.expect_none("new_message")
    rows = await aside(
        scene.server.rows,
        "SELECT text FROM messages WHERE channel_id = %s ORDER BY number",
        channel,
    )
    assert [row["text"] for row in rows] == ["once", "the id is free for others"]


async def test_the_same_client_message_id_many_times_at_once(scene, channel):
    """From two devices of one person."""
    first = await scene.user.connect("phone")
    second = await scene.user.connect("tablet")
    for client in (first, second):
        await client.send("join_channel", channelId=channel)
    for _ in range(10):
        for client in (first, second):
            await client.send("send_message", channelId=channel, text="once", clientMessageId="m")
    await asyncio.gather(
        *(write(client, channel, name) for client, name in ((first, "1"), (second, "2")))
    )
    rows = await aside(
        scene.server.rows,
        "SELECT text FROM messages WHERE channel_id = %s AND client_message_id = 'm'",
        channel,
    )
    assert len(rows) == 1


async def test_several_devices(scene, channel):
    """Only devices that have joined are told, the writer's own among them."""
    phone = await scene.user.connect("phone")
    tablet = await scene.user.connect("tablet")
    await scene.user.connect("desk")
    await scene.otomo.connect()
    for client in (phone, tablet, scene.otomo.client):
        await client.send("join_channel", channelId=channel)
        await write(client, channel, f"here {id(client)}")
    await phone.send("send_message", channelId=channel, text="to all")
    for client in (phone, tablet, scene.otomo.client):
        await client.expect("new_message", message=message("to all"))
    await scene.user.client.expect_none("new_message")
    await tablet.send("leave_channel", channelId=channel)
    await tablet.round_trip()
    await phone.close()
    await say(scene.otomo, channel, "to nobody else")
    await tablet.expect_none("new_message", message=message("to nobody else"))


async def test_joining_again_replays_again_but_tells_once(scene, channel):
    await scene.user.connect()
    await scene.user.client.send("join_channel", channelId=channel)
    await say(scene.user, channel, "one")
    await scene.user.client.send("join_channel", channelId=channel)
    await say(scene.user, channel, "two")
    assert texts(scene.user.client, channel) == ["one", "one", "two"]


async def test_a_new_connection_begins_outside(scene, channel):
    await scene.online()
    for person in scene.both:
        await person.client.send("join_channel", channelId=channel)
    await say(scene.user, channel, "one")
    await scene.user.drop()
    await scene.user.connect()
    await say(scene.otomo, channel, "two")
    await scene.user.client.expect_none("new_message")
    await scene.user.client.send("join_channel", channelId=channel)
    await scene.user.client.expect("new_message", message=message("two"))
    assert texts(scene.user.client, channel) == ["one", "two"]


async def test_4000_characters_and_one_more(scene, channel):
    await scene.user.connect()
    await scene.user.client.send("join_channel", channelId=channel)
    longest = "音" * 3999 + "🎧"
    told = await say(scene.user, channel, longest)
    assert told["text"] == longest
    for wrong in (longest + "x", ""):
        await scene.user.client.send("send_message", channelId=channel, text=wrong)
        error = await scene.user.client.expect_error("INVALID_MESSAGE")
        assert "text" in error["message"], error
    rows = await aside(scene.server.rows, "SELECT 1 FROM messages WHERE channel_id = %s", channel)
    assert len(rows) == 1


async def test_the_name_is_the_author_s(scene, channel):
    await aside(
        scene.server.ctl, "user", "add", scene.user.id, "--role", "user", "--name", "純子 “☎”"
    )
    await scene.user.connect()
    await scene.user.client.send("join_channel", channelId=channel)
    told = await say(scene.user, channel, "hello")
    assert told["author"] == {"id": scene.user.id, "name": "純子 “☎”"}


async def test_at_most_50_channels(scene):
    names = [f"many-{scene.user.id}-{number}" for number in range(51)]
    await aside(
        scene.server.execute,
        "SELECT add_channel (id), add_channel_member (id, %s) FROM unnest (%s) AS id",
        scene.user.id,
        names,
    )
    await scene.user.connect()
    for name in names[:50]:
        await scene.user.client.send("join_channel", channelId=name)
        await write(scene.user.client, name, "here")
    await scene.user.client.send("join_channel", channelId=names[50])
    error = await scene.user.client.expect_error("INVALID_STATE")
    assert error["originalEvent"] == "join_channel"
    await scene.user.client.send("leave_channel", channelId=names[0])
    await scene.user.client.send("join_channel", channelId=names[50])
    await write(scene.user.client, names[50], "here")


async def test_too_much_at_once(scene, channel):
    """More than waits for the database at a time is refused; what was not refused is told, once and in
    order."""
    await scene.user.connect()
    await scene.user.client.send("join_channel", channelId=channel)
    for number in range(300):
        await scene.user.client.send("send_message", channelId=channel, text=str(number))
    refused = 0
    while len(texts(scene.user.client, channel)) + refused < 300:
        event = await scene.user.client.expect("new_message", "error")
        if event.type == "error":
            assert event["code"] == "RATE_LIMITED", event
            refused += 1
    got = [int(text) for text in texts(scene.user.client, channel)]
    assert got == sorted(set(got)) and got, got
    rows = await aside(scene.server.rows, "SELECT 1 FROM messages WHERE channel_id = %s", channel)
    assert len(rows) == len(got)


async def test_the_database_does_not_answer(scene, channel):
    """Who writes is told soon; what was stored all the same is told later, once and in its place."""
    await scene.online()
    for person in scene.both:
        await person.client.send("join_channel", channelId=channel)
        await say(person, channel, f"{person.id} is here")
    await scene.user.client.expect("new_message", message=message(f"{scene.otomo.id} is here"))
    database.freeze(scene.server.state_dir)
    try:
        for text in ("stored, but nobody knows", "not even asked"):
            await scene.user.client.send("send_message", channelId=channel, text=text)
        for _ in range(2):
            error = await scene.user.client.expect_error("TEMPORARILY_UNAVAILABLE")
            assert error["originalEvent"] == "send_message"
        await scene.user.client.expect_none("new_message")
    finally:
        database.thaw(scene.server.state_dir)
    await say(scene.otomo, channel, "here again")
    await scene.user.client.expect("new_message", message=message("here again"))
    for person in scene.both:
        told = texts(person.client, channel)
        assert told[-2:] == ["stored, but nobody knows", "here again"], told
        assert len(told) == len(set(told)) == 4, told


async def test_a_call_named_like_a_channel_of_the_operator_s(scene, channel):
    """Its caller does not get in by that name."""
    await aside(
        scene.server.execute,
        "DELETE FROM channel_members WHERE channel_id = %s AND user_id = %s",
        channel,
        scene.user.id,
    )
    scene.call_id = channel
    await scene.ring()
    await scene.user.client.send("join_channel", channelId=channel)
    await scene.user.client.expect_error("PERMISSION_DENIED")
    await scene.hang_up_unconnected()


async def test_operator(server):
    server.ctl("channel", "add", "lobby")
    server.ctl("channel", "add", "lobby")
    server.ctl("channel", "member", "lobby", "u1")
    server.ctl("channel", "member", "lobby", "u1")
    (row,) = server.rows("SELECT * FROM channel_members WHERE channel_id = 'lobby'")
    assert row["user_id"] == "u1"
    shown = server.ctl("channel", "list")
    assert "lobby" in shown


WRONG = {
    "a channel without a name": ["channel", "add"],
    "a name that is no id": ["channel", "add", "no spaces"],
    "a member of no channel": ["channel", "member", "nowhere", "u1"],
    "nobody as a member": ["channel", "member", "wrong", "nobody"],
    "a member without a name": ["channel", "member", "wrong"],
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_an_operator_can_not_do(server, what):
    server.ctl("channel", "add", "wrong")
    ran = server.try_ctl(*WRONG[what])
    assert ran.status != 0 and ran.err.strip() and not ran.out.strip(), ran
    assert not server.rows("SELECT 1 FROM channel_members WHERE channel_id = 'wrong'")


async def test_a_call_s_channel_is_not_the_operator_s(scene):
    await scene.ring()
    for verb in (["add", scene.call_id], ["member", scene.call_id, "u1"]):
        ran = await aside(scene.server.try_ctl, "channel", *verb)
        assert ran.status != 0 and ran.err.strip(), ran
    assert scene.call_id not in await aside(scene.server.ctl, "channel", "list")
    assert scene.call_id in await aside(scene.server.ctl, "channel", "list", "--calls")
    await scene.hang_up_unconnected()
