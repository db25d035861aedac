"""Every attack has its documented answer, costs the server no memory, and a call beside it loses no packet."""

import asyncio
import json
import resource
import socket
import sys
import time
import zlib
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from door import DEADLINE, Door  # noqa: E402
from otomo.fixtures import PAIRS  # noqa: E402

SETTINGS = {  # nothing but the attack is to happen to the call
    "billing.unit_seconds": 60,
    "limit.person_messages": 100_000,  # all attacks are one person's
    "limit.person_bytes": 100_000_000,
    "call.rtp_pause": 30,
    "call.rtp_timeout": 60,
    "call.lost_timeout": 60,
    "call.resume_window": 60,
}
LIMIT = 64 * 1024
GROWTH_KIB = 10 * 1024
OWN_FILES = 300  # that this process needs besides its attacks
ATTACKER = f"u{PAIRS}"  # the last pair of the server is nobody else's
HEARTBEAT = b'{"type":"heartbeat"}'


@pytest.fixture
def under_attack(server, scene):
    """Runs an attack beside a call, and looks at both afterwards."""

    async def run(attack):
        door = Door(server, ATTACKER)
        await scene.in_call()
        await asyncio.to_thread(lambda: [door.join().sock.close() for _ in range(20)])  # warm
        before = await still(scene)
        files, rss = door.open_files(), door.rss_kib()
        for person in scene.both:
            person.peer.talk()
        await asyncio.to_thread(attack, door)
        await asyncio.to_thread(door.wait_for_files, files)
        after = await still(scene)
        for (sent, heard), (sent_before, heard_before) in zip(after, before):
            assert sent - sent_before > 0
            assert heard - heard_before == sent - sent_before, "the call has lost packets"
        await asyncio.to_thread(door.wait_for_memory, rss + GROWTH_KIB)
        await scene.hang_up()

    return run


async def still(scene):
    """Both fall silent; for each of them what was sent, and what the other one heard."""
    for person in scene.both:
        person.peer.pause()
    for person in scene.both:
        await person.peer.falls_silent()
    user, otomo = scene.user.peer, scene.otomo.peer
    return [(user.sent, otomo.heard_count()), (otomo.sent, user.heard_count())]


def send_until_refused(sock, data, most):
    """Sends DATA again and again until the other side has enough; how much it took."""
    sent = 0
    try:
        while sent < most:
            sent += sock.send(data)
    except OSError:
        pass
    return sent


def alive(client):
    client.send_text(HEARTBEAT)
    assert client.event() == {"type": "heartbeat_ack"}
    client.sock.close()


# Connections -----------------------------------------------------------------------------------


async def test_ten_thousand_that_never_authenticate(under_attack):
    def attack(door):
        wanted = 10_000 + OWN_FILES
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(wanted, hard)), hard))
        request = (
            b"GET /v1/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        socks = []
        for _ in range(min(10_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - OWN_FILES)):
            socks.append(door.connect())
            try:
                socks[-1].sendall(request)
            except OSError:  # there were too many already: it was closed at once
                pass
        for sock in socks:  # all of them are ended by the server: 4408, or one of too many
            try:
                while sock.recv(65536):
                    pass
            except ConnectionError:
                pass
            sock.close()

    await under_attack(attack)


async def test_slow_loris(under_attack):
    """A byte at a time, on 300 connections at once."""

    def attack(door):
        socks = [door.connect() for _ in range(300)]
        request = b"GET /v1/socket HTTP/1.1\r\nHost: " + b"x" * 10_000
        end = time.monotonic() + DEADLINE
        for at in range(len(request)):
            open_ones = []
            for sock in socks:
                try:
                    sock.send(request[at : at + 1])
                    open_ones.append(sock)
                except OSError:
                    sock.close()
            socks = open_ones
            if not socks:
                return
            assert time.monotonic() < end, f"{len(socks)} may go on for ever"
            time.sleep(0.1)

    await under_attack(attack)


async def test_half_closed(under_attack):
    def attack(door):
        for _ in range(100):
            client = door.upgrade()
            client.sock.shutdown(socket.SHUT_WR)
            assert client.ended()
            client.sock.close()
            sock = door.connect()
            sock.sendall(b"GET /v1/socket HTTP/1.1\r\n")
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass
            sock.close()

    await under_attack(attack)


# Frames ----------------------------------------------------------------------------------------


def frame_attacks():
    def one_byte_too_big(client):
        client.send_text(b'{"type":"heartbeat","x":"' + b"x" * (LIMIT - 26) + b'"}')
        return 1009

    def a_hundred_megabytes(client):
        client.send_frame(1, b"x" * 1000, length=100_000_000)
        sent = send_until_refused(client.sock, b"x" * 65536, 100_000_000)
        assert sent < 100_000_000, "the server took all of it"
        return (1009, None)  # None: it was reset before the answer could be read

    def endless_fragments(client):
        client.send_frame(1, b"x", fin=False)
        sent = send_until_refused(client.sock, b"\x00\xfe\xff\xff" + bytes(65539), 100_000_000)
        assert sent < 100_000_000, "the server took all of it"
        return (1009, None)

    def a_hundred_thousand_levels(client):
        client.send_text(b"[" * 100_000)
        return 1009

    def not_utf8(client):
        client.send_text(b'{"type":"\xff\xfe"}')
        return 1007

    def binary(client):
        client.send_frame(2, HEARTBEAT)
        return 1003

    def control_in_fragments(client):
        client.send_frame(9, b"x", fin=False)
        return 1002

    def control_too_long(client):
        client.send_frame(9, b"x" * 126)
        return 1002

    def message_within_a_message(client):
        client.send_frame(1, b"{", fin=False)
        client.send_frame(1, b"}")
        return 1002

    def a_compressed_bomb(client):
        bomb = zlib.compress(bytes(50_000_000), 9)[2:-4]
        client.sock.sendall(b"\xc1\xfe" + len(bomb).to_bytes(2, "big") + bytes(4) + bomb)
        return 1002

    return [value for value in locals().values()]


async def test_frames(under_attack):
    def attack(door):
        for hostile in frame_attacks():
            for _ in range(5):
                client = door.join()
                wanted = hostile(client)
                code = client.close_code()
                client.sock.close()
                assert code in (wanted if isinstance(wanted, tuple) else (wanted,)), (hostile, code)

    await under_attack(attack)


async def test_compression_is_not_agreed(under_attack):
    def attack(door):
        client = door.upgrade(headers=["Sec-WebSocket-Extensions: permessage-deflate"])
        assert "101" in client.head and "extensions" not in client.head.lower()
        client.sock.close()

    await under_attack(attack)


async def test_pings_between_fragments(under_attack):
    """Allowed, and answered in time: a message in 500 fragments, a ping after each."""

    def attack(door):
        client = door.join()
        text = b'{"type":"heartbeat","x":"' + b"x" * 5000 + b'"}'
        for start in range(0, len(text), 10):
            last = start + 10 >= len(text)
            client.send_frame(0 if start else 1, text[start : start + 10], fin=last)
            if not last:
                client.send_frame(9, b"between")
                assert client.frame() == (10, b"between")
        assert client.event() == {"type": "heartbeat_ack"}
        client.sock.close()

    await under_attack(attack)


# Messages --------------------------------------------------------------------------------------

HOSTILE_JSON = {
    "60,000 levels": b'{"type":"heartbeat","a":' + b"[" * 60_000,
    "a NUL": b'{"type":"heartbeat","a":"\x00"}',
    "an escaped NUL": b'{"type":"heartbeat","a":"\\u0000"}',
    "a lone surrogate": b'{"type":"heartbeat","a":"\\ud800"}',
    "surrogates the wrong way round": b'{"type":"heartbeat","a":"\\udc00\\ud800"}',
    "a duplicate key": b'{"type":"heartbeat","type":"call_request"}',
    "an escaped duplicate key": b'{"type":"heartbeat","\\u0074ype":"call_request"}',
    "a number beyond 2^53": b'{"type":"heartbeat","a":99999999999999999999}',
    "a number out of range": b'{"type":"heartbeat","a":1e400}',
    "a number of 60,000 digits": b'{"type":"heartbeat","a":' + b"9" * 60_000 + b"}",
    "NaN": b'{"type":"heartbeat","a":NaN}',
    "two documents": b'{"type":"heartbeat"}{"type":"heartbeat"}',
    "nothing": b"",
}


async def test_messages(under_attack):
    """Refused as INVALID_JSON; a client that goes on so is shown the door."""

    def attack(door):
        for name, text in HOSTILE_JSON.items():
            client = door.join()
            client.send_text(text)
            assert client.error()[0] == "INVALID_JSON", name
            alive(client)
            client = door.join()
            for _ in range(30):
                client.send_text(text)
            assert client.close_code() in (4400, 4429), name  # the longest are too many bytes, too
            client.sock.close()

    await under_attack(attack)


def hurry(client):
    """1,000 messages a second, until the server has enough: what it answered, and how it closed."""
    frame = b"\x81\x94" + bytes(4) + HEARTBEAT
    answers = Counter()
    for _ in range(30):
        started = time.monotonic()
        client.sock.sendall(frame * 100)
        for _ in range(100):
            opcode, payload = client.frame()
            if opcode == 8:
                return answers, int.from_bytes(payload[:2], "big")
            event = json.loads(payload)
            answers[event.get("code", event["type"])] += 1
        time.sleep(max(0, started + 0.1 - time.monotonic()))  # it is about the rate
    return answers, None


async def test_a_thousand_messages_a_second(under_attack):
    """What is within its pace is answered, the rest is told that it is too fast, and then it is shown the
    door; also when it comes back at once."""

    def attack(door):
        for again in range(5):
            client = door.join()
            answers, code = hurry(client)
            client.sock.close()
            assert code == 4429 and answers["RATE_LIMITED"] > 0, (code, answers)
            assert set(answers) == {"heartbeat_ack", "RATE_LIMITED"} or again, answers

    await under_attack(attack)


async def test_guessed_tokens(under_attack):
    """One address is listened to 20 times a minute; a thousand addresses leave nothing behind."""

    def guess(door, address):
        whence = [f"X-Forwarded-For: {address}"]
        client = door.upgrade(query="?access_token=guessed", headers=whence)
        code = client.close_code()
        client.sock.close()
        return code

    def attack(door):
        started = time.monotonic()
        codes = Counter(guess(door, "192.0.2.66") for _ in range(500))
        minutes = (time.monotonic() - started) / 60
        assert set(codes) == {4401, 4429}, codes
        assert 20 <= codes[4401] <= 21 + 20 * minutes, codes
        for n in range(1000):
            assert guess(door, f"198.51.{n // 200}.{n % 200}") == 4401
        alive(door.join())

    await under_attack(attack)
