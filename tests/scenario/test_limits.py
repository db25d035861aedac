"""PROTOCOL.md section 1: how much a client may send, how many connections an address may hold, how often a
token may be wrong, and which pages may connect (docs/operating.md, "Limits")."""

import asyncio
import re

import pytest
import websockets

from otomo.handshake import status

SETTINGS = {
    "limit.messages": 10,  # 20 at once
    "limit.bytes": 65536,
    "limit.person_messages": 15,
    "limit.person_calls": 3,
    "limit.address_connections": 4,
    "limit.unauthenticated": 6,
    "limit.wrong_tokens": 6,  # one more after 10 s
    "log.debug": "otomo-net:6,otomo-app:6,otomo-wire:6",
    "server.origins": "https://example.org https://app.example.org:8443",
}
FLOOD = 400  # messages; the last ones find the connection closed


async def joined(connect, server, user_id, **how):
    client = await connect(**how)
    await client.init(user_id, server.tokens[user_id])
    return client


async def test_too_many_messages(server, connect):
    """What is within the limit is answered; the rest is refused by name, then the connection goes."""
    client = await joined(connect, server, "u38")
    await client.flood(lambda: client.written("heartbeat"), FLOOD)
    await client.closed(4429)
    refused = client.seen("error")
    assert len(client.seen("heartbeat_ack")) >= 19
    assert refused and {error["code"] for error in refused} == {"RATE_LIMITED"}
    assert all(error["originalEvent"] == "heartbeat" for error in refused)


async def test_a_short_burst_is_forgiven(server, connect):
    client = await joined(connect, server, "u38")
    for _ in range(25):
        await client.send("heartbeat")
    for _ in range(25):
        await client.expect("heartbeat_ack", "error")
    assert client.is_open


async def test_too_many_bytes(server, connect):
    client = await joined(connect, server, "u38")
    for _ in range(4):
        await client.send("heartbeat", x="x" * 60_000)
    error = await client.expect("error", code="RATE_LIMITED")
    assert error["originalEvent"] == "heartbeat"


async def test_all_connections_of_a_person_together(server, connect):
    """Neither sends more than a connection may, but both together do."""
    one, two = [await joined(connect, server, "u38") for _ in range(2)]
    for _ in range(19):
        for client in (one, two):
            await client.send("heartbeat")
    for client in (one, two):
        for _ in range(19):
            await client.expect("heartbeat_ack", "error")
    codes = [error["code"] for client in (one, two) for error in client.seen("error")]
    assert codes and set(codes) == {"RATE_LIMITED"}


async def test_too_many_calls_of_a_person(server, connect, scene):
    """Nobody takes what the server has for all."""
    client = await joined(connect, server, "u37")
    for number in range(3):
        await client.send("call_request", toUserId="nobody", callId=f"many-{number}")
        await client.expect_error("USER_NOT_FOUND", callId=f"many-{number}")
    await client.send("call_request", toUserId="nobody", callId="many-3")
    await client.expect_error("RATE_LIMITED", callId="many-3", originalEvent="call_request")
    await scene.ring()


async def test_a_call_lives_on_when_its_connection_was_too_fast(scene):
    await scene.in_call()
    client = scene.user.client
    await client.flood(lambda: client.written("heartbeat"), FLOOD)
    await client.closed(4429)
    await scene.otomo.client.expect("call_state_update", peerConnected=False)
    await scene.otomo.client.expect("call_tick", deadline=15)
    assert (await scene.row())["status"] == "in_call"
    await scene.user.connect()
    await scene.hang_up()


# Addresses: a proxy (this machine is one, by default) tells whose connection it is ------------------


def behind(address):
    return {"headers": {"X-Forwarded-For": address}}


async def test_too_many_connections_of_an_address(server, connect):
    clients = [await connect(**behind("192.0.2.1")) for _ in range(4)]
    assert await status(server, X_Forwarded_For="192.0.2.1") == 429
    assert await status(server, X_Forwarded_For="2001:db8::1") == 101
    await clients[0].close()
    again = await until_let_in(connect, "192.0.2.1")
    assert again.is_open


async def until_let_in(connect, address):
    for _ in range(500):
        try:
            return await connect(**behind(address))
        except websockets.InvalidStatusCode as refused:
            assert refused.status_code == 429
    raise AssertionError("a place that became free is never given again")


async def knock(connect, way, token, address):
    """A connection that has shown its token as WAY says."""
    if way != "message":
        return await connect(**{way: token}, **behind(address))
    client = await connect(**behind(address))
    await client.send("init_connection", userId="u38", token=token)
    return client


WAYS = {"message": "192.0.2.2", "token": "192.0.2.3", "bearer": "192.0.2.4"}


@pytest.mark.parametrize("way, address", WAYS.items())
async def test_wrong_tokens_slow_an_address_down(server, connect, way, address):
    for _ in range(6):
        client = await knock(connect, way, "guessed", address)
        await client.closed(4401)
        await client.close()
    client = await knock(connect, way, server.tokens["u38"], address)
    await client.expect("error", code="RATE_LIMITED", originalEvent="init_connection")
    await client.closed(4429)
    elsewhere = await knock(connect, way, server.tokens["u38"], "192.0.2.9")
    await elsewhere.expect("connection_ack", userId="u38")
    assert f"{address} has sent too many wrong tokens" in server.log()


async def test_a_good_client_behind_the_address_of_a_guesser(server, connect):
    """Is in when it tries again a few times, and what it had open has stayed."""
    address = "192.0.2.5"
    there = await joined(connect, server, "u38", **behind(address))
    for _ in range(6):
        client = await knock(connect, "message", "guessed", address)
        await client.closed(4401)
        await client.close()
    async with asyncio.timeout(60):
        while True:
            client = await knock(connect, "message", server.tokens["u38"], address)
            if (await client.expect("connection_ack", "error")).type == "connection_ack":
                break
            await client.closed(4429)
            await client.close()
            await asyncio.sleep(0.5)  # as a client does that backs off
    await there.round_trip()


async def test_too_many_that_do_not_authenticate(server, connect):
    """The oldest of them goes, so one who means well always gets in."""
    first = await connect()
    for _ in range(6):
        await connect()
    await first.closed(4408)
    await joined(connect, server, "u39")


# Pages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin, answer",
    [
        (None, 101),
        ("https://example.org", 101),
        ("https://app.example.org:8443", 101),
        ("http://example.org", 403),
        ("https://example.org.evil.example", 403),
        ("null", 403),
    ],
)
async def test_origin(server, origin, answer):
    assert await status(server, **({"Origin": origin} if origin else {})) == answer


# The log -------------------------------------------------------------------------------------------

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]+ +\S+ +\S.*")
HOSTILE = "\n2026-01-01T00:00:00.000Z ERROR otomo-app forged\r\x1b[31m\x07\x7f\u202e\u2028"


async def test_what_is_logged_of_a_client_stays_on_its_line(server, connect):
    """Each line of the log is one of the server's, and of a length that a person can read."""
    before = len(server.log())
    await status(server, Origin="https://x \x1b[31mERROR otomo-app forged" + "x" * 5000)
    client = await joined(connect, server, "u38")
    for text in (HOSTILE, 100 * HOSTILE):
        await client.send(text)
        await client.expect("error", code="UNKNOWN_EVENT")
        await client.send("call_cancel", callId=text)
        await client.expect("error", code="INVALID_MESSAGE")
        await client.send("join_channel", channelId=text)
        await client.expect("error", code="INVALID_MESSAGE")
        guest = await connect()
        await guest.send("init_connection", userId="u38", token=text)
        await guest.closed(4401)
    log = server.log()[before:]
    assert "\\x1b[31m" in log and "forged" in log
    for line in log.split("\n")[:-1]:
        assert LINE.fullmatch(line) and line.isprintable() and len(line) < 2200, repr(line)
