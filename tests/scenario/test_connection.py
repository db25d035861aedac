"""PROTOCOL.md section 1: who gets in, how, and why a connection is closed."""

import asyncio
import time

import pytest

from otomo import database
from otomo.handshake import status
from otomo.scene import aside

ACK_FIELDS = {"userId", "connectedAt", "sessionId", "resumed", "heartbeatSeconds"}
TOO_BIG = 64 * 1024 + 1  # bytes of a message
DEVICES = 3  # connections that one person may hold; not the default
PING_SECONDS = 2
SETTINGS = {"server.devices": DEVICES, "server.ping_seconds": PING_SECONDS}


async def test_init_connection(server, connect):
    client = await connect()
    before = int(time.time())
    ack = await client.init("u1", server.tokens["u1"])
    assert ACK_FIELDS <= set(ack), ack
    assert before - 1 <= ack["connectedAt"] <= time.time() + 1
    assert (ack["resumed"], ack["heartbeatSeconds"]) == (False, PING_SECONDS)


async def test_no_other_endpoint(server):
    for path in ("/", "/v1", "/v1/socket/", "/v1/sockets"):
        assert await status(server, path) == 404, path
    assert await status(server, headers={}) == 400, "no upgrade"


async def test_session_ids_differ(server, connect):
    acks = [await (await connect()).init("u1", server.tokens["u1"]) for _ in range(2)]
    assert acks[0]["sessionId"] != acks[1]["sessionId"]


async def test_closed_in_order(server, connect):
    client = await connect()
    await client.init("u1", server.tokens["u1"])
    await client.close()
    await client.closed(1000)


async def test_token_in_the_url(server, connect):
    client = await connect(token=server.tokens["u1"])
    await client.expect("connection_ack", userId="u1")


async def test_token_in_the_header(server, connect):
    client = await connect(bearer=server.tokens["u1"])
    await client.expect("connection_ack", userId="u1")


@pytest.mark.parametrize("offered", ["otomo.flat.v1", "otomo.envelope.v1"])
async def test_subprotocol(server, connect, offered):
    client = await connect(subprotocols=[offered, "something.else"])
    assert client.subprotocol == offered
    await client.init("u1", server.tokens["u1"])
    await client.round_trip()


async def test_a_sequence_must_rise(server, connect):
    client = await connect(subprotocols=["otomo.envelope.v1"])
    await client.init("u1", server.tokens["u1"])
    for number in (5, 5, 4, 0):
        client.sent = number - 1
        await client.send("heartbeat")
    await client.expect("heartbeat_ack")
    for number in (5, 4, 0):
        error = await client.expect("error", code="INVALID_MESSAGE", originalEvent="heartbeat")
        assert error.get("originalSequence") in (number, None), error
    client.sent = 5
    await client.round_trip()


@pytest.mark.parametrize("how", ["init_connection", "token", "bearer"])
async def test_wrong_token(connect, how):
    if how == "init_connection":
        client = await connect()
        await client.send("init_connection", userId="u1", token="not-a-token")
    else:
        client = await connect(**{how: "not-a-token"})
    await client.closed(4401)
    assert not client.seen("connection_ack")


async def test_token_of_somebody_else(server, connect):
    client = await connect()
    await client.send("init_connection", userId="u1", token=server.tokens["u2"])
    await client.closed(4401)


async def test_blocked_account(server, connect):
    server.add("blocked", "user")
    inside = await connect(token=server.tokens["blocked"])
    await inside.expect("connection_ack")
    server.ctl("user", "block", "blocked")
    await inside.closed(4403)
    client = await connect()
    await client.send("init_connection", userId="blocked", token=server.tokens["blocked"])
    await client.closed(4403)
    server.ctl("user", "unblock", "blocked")
    again = await connect()
    await again.init("blocked", server.tokens["blocked"])


@pytest.mark.parametrize("who", ["user", "otomo"])
async def test_a_blocked_account_talks_no_more(server, make_scene, who):
    await aside(server.add, f"u-{who}-blocked", "user", balance=100)
    await aside(server.add, f"o-{who}-blocked", "otomo", "--price", 10)
    scene = make_scene(server, f"u-{who}-blocked", f"o-{who}-blocked")
    await scene.in_call()
    await scene.tick(1)
    blocked = getattr(scene, who)
    (other,) = {*scene.both} - {blocked}
    await aside(scene.server.ctl, "user", "block", blocked.id)
    await blocked.client.closed(4403)
    await other.client.expect("call_force_end", callId=scene.call_id, reason="admin")
    await scene.over("admin", to=[other])
    await other.peer.falls_silent()


async def test_new_particulars_leave_an_account_blocked(server, connect):
    server.add("blocked-before", "user")
    server.ctl("user", "block", "blocked-before")
    server.ctl("user", "add", "blocked-before", "--role", "user", "--name", "New Name")
    client = await connect()
    token = server.tokens["blocked-before"]
    await client.send("init_connection", userId="blocked-before", token=token)
    await client.closed(4403)


async def test_who_comes_back_while_the_account_is_being_blocked(server, connect):
    """The database takes its time with the block: whoever is let in meanwhile is closed, too."""
    server.add("blocked-late", "user")
    token = server.tokens["blocked-late"]
    before = await connect(token=token)
    await before.expect("connection_ack")
    door = database.connect(server.database_dir)
    with door, door.cursor() as cursor:
        cursor.execute("SELECT FROM users WHERE id = 'blocked-late' FOR UPDATE")
        blocking = asyncio.create_task(aside(server.ctl, "user", "block", "blocked-late"))
        await aside(server.rows_when, "SELECT FROM pg_locks WHERE NOT granted")
        back = await connect(token=token)
        await back.expect("connection_ack")
    door.close()
    await blocking
    for client in (before, back):
        await client.closed(4403)


async def test_no_init_connection_in_time(connect):
    client = await connect()
    await client.closed(4408)


async def test_nothing_is_accepted_before_the_acknowledgement(server, connect):
    client = await connect()
    for event in ("heartbeat", "call_request", "call_accept"):
        await client.send(event, toUserId="o1", callId="early")
        await client.expect_error("UNAUTHENTICATED", originalEvent=event)
    await client.init("u1", server.tokens["u1"])
    assert not server.rows("SELECT 1 FROM calls WHERE call_id = 'early'")


async def test_heartbeat(server, connect):
    client = await connect(token=server.tokens["u1"])
    await client.expect("connection_ack")
    await client.round_trip()


async def test_pings(server, connect):
    """Each is answered by the library: its connection stays for longer than one without."""
    client = await connect(token=server.tokens["u4"])
    silent = await connect(token=server.tokens["u4"])
    silent.answer_no_pings()
    await silent.closed(4440)
    await client.round_trip()


async def test_pings_that_nobody_answers(server, connect):
    client = await connect(token=server.tokens["u5"])
    client.answer_no_pings()
    await client.closed(4440)
    pings = [message for _, _, message in client.log if message == "(a ping)"]
    assert len(pings) >= 2, client.story()


async def test_binary_frame(server, connect):
    client = await connect(token=server.tokens["u1"])
    await client.expect("connection_ack")
    await client.send_raw(client.written("heartbeat").encode())
    await client.closed(1003)


async def test_not_utf8(server, connect):
    client = await connect(token=server.tokens["u1"])
    await client.expect("connection_ack")
    await client.send_broken_utf8()
    await client.closed(1007)


async def test_too_big(server, connect):
    client = await connect(token=server.tokens["u1"])
    await client.expect("connection_ack")
    await client.send("heartbeat", x="x" * TOO_BIG)
    await client.closed(1009)


async def test_biggest_that_is_allowed(server, connect):
    client = await connect(token=server.tokens["u1"])
    await client.expect("connection_ack")
    frame = client.written("heartbeat", x="")
    await client.send_raw(frame.replace('""', '"' + "x" * (TOO_BIG - 1 - len(frame)) + '"'))
    await client.expect("heartbeat_ack")


async def test_too_many_invalid_messages(server, connect):
    client = await connect(token=server.tokens["u1"])
    await client.expect("connection_ack")
    await client.flood(lambda: "{", 200)
    await client.closed(4400)
    assert client.seen("error"), "it was never told what is wrong"


async def test_one_device_too_many(server, connect):
    devices = []
    for _ in range(DEVICES + 1):
        devices.append(await connect())
        await devices[-1].init("u2", server.tokens["u2"])
    await devices[0].closed(4409)
    for device in devices[1:]:
        await device.round_trip()


async def test_a_secret_token_is_in_no_log(server, connect):
    client = await connect(token=server.tokens["u3"])
    await client.expect("connection_ack")
    assert server.tokens["u3"] not in server.log()
    assert not server.rows(
        "SELECT 1 FROM session_tokens t WHERE t::text LIKE %s", f"%{server.tokens['u3']}%"
    )
