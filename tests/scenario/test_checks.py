"""ICE checks from outside, as anybody may send them to the media port (RFC 8445 section 7.3, RFC
8489 sections 6.3 and 9.1.3, RFC 7675): what is answered, to whom, and how much of it."""

import asyncio
import socket
import struct
import zlib

import pytest
from aioice import stun

from otomo import DEADLINE

CONSENT = 6  # seconds; more than twice what peers leave between two checks
SETTINGS = {"media.consent_timeout": CONSENT}
STRANGERS_AT_ONCE = 20  # answers to one host


class Wire:
    """A socket of nobody's, connected to the media port."""

    def __init__(self, peer, host="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.connect(peer.server_address)
        self.socket.setblocking(False)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.socket.close()

    def send(self, datagram):
        self.socket.send(datagram)

    async def read(self, deadline=DEADLINE):
        loop = asyncio.get_running_loop()
        return await asyncio.wait_for(loop.sock_recv(self.socket, 2048), deadline)

    async def ask(self, datagram):
        """The answer, which is never longer than what it answers."""
        self.send(datagram)
        answer = await self.read()
        assert len(answer) <= len(datagram)
        return answer


def code_of(answer):
    return stun.parse_message(answer).attributes["ERROR-CODE"][0]


def is_signed(answer):
    return "MESSAGE-INTEGRITY" in stun.parse_message(answer).attributes


def with_attribute(check, kind, key):
    """The check with an empty attribute of KIND, which aioice does not know."""
    check.attributes.pop("MESSAGE-INTEGRITY", None)
    check.attributes.pop("FINGERPRINT", None)
    body = bytes(check)[20:] + struct.pack("!HH", kind, 0)

    def header(extra):
        return struct.pack("!HHI", 1, len(body) + extra, stun.COOKIE) + check.transaction_id

    body += struct.pack("!HH", 8, 20) + stun.hmac.new(key.encode(), header(24) + body, "sha1").digest()
    crc = zlib.crc32(header(8) + body) ^ 0x5354554E
    return header(8) + body + struct.pack("!HHI", 0x8028, 4, crc)


@pytest.fixture
def waiting(loop, scene):
    """A call whose user has described its side, so that the server waits for its checks."""

    async def describe():
        await scene.accepted()
        await scene.offer(scene.user)
        await scene.user.peer.connected()
        return scene

    return loop.run(describe())


async def test_what_is_wrong_with_a_check(waiting):
    peer = waiting.user.peer
    refused = [
        (bytes(peer.check(password="a guess")), 401, False),
        (bytes(peer.check(USERNAME=f"aaaaaaaa:{peer.ufrag}")), 401, False),
        (bytes(peer.check(USERNAME=None)), 400, False),
        (bytes(peer.check(PRIORITY=None)), 400, True),
        (bytes(peer.check(ICE_CONTROLLING=None, ICE_CONTROLLED=1)), 487, True),
        (with_attribute(peer.check(), 0x7FFF, peer.remote.pwd), 420, True),
    ]
    async with Wire(peer) as wire:
        for check, code, signed in refused:
            answer = await wire.ask(check)
            assert (code_of(answer), is_signed(answer)) == (code, signed)
        answer = await wire.ask(with_attribute(peer.check(), 0xFFFE, peer.remote.pwd))
        message = stun.parse_message(answer, peer.remote.pwd.encode())
        assert message.message_class == stun.Class.RESPONSE
        assert message.attributes["XOR-MAPPED-ADDRESS"] == wire.socket.getsockname()
    await waiting.hang_up_unconnected()


async def test_what_is_not_a_check_is_not_answered(waiting):
    peer = waiting.user.peer
    good = bytes(peer.check())
    silent = [
        good[:-8],  # no FINGERPRINT
        good[:-1] + bytes([good[-1] ^ 1]),
        b"\x00\x11" + good[2:],  # an indication
        b"\x01\x01" + good[2:],  # an answer to nothing
        b"\x00\x03" + good[2:],  # TURN's Allocate
        good[:4] + b"\0\0\0\0" + good[8:],  # RFC 3489
        good + b"\0",
        good[:20],
    ]
    async with Wire(peer) as wire:
        for datagram in silent:
            wire.send(datagram)
        await wire.ask(good)
        with pytest.raises(BlockingIOError):
            wire.socket.recv(2048)  # the one answer was to the last
    await waiting.hang_up_unconnected()


async def test_a_stranger_is_not_answered_for_ever(waiting):
    """From a host that sends nothing right; whose checks are good is answered all the same."""
    peer = waiting.user.peer
    async with Wire(peer, "127.0.0.9") as wire:
        for _ in range(10 * STRANGERS_AT_ONCE):
            wire.send(bytes(peer.check(password="a guess")))
        good = peer.check()
        wire.send(bytes(good))
        answers = 0
        while stun.parse_message(await wire.read()).transaction_id != good.transaction_id:
            answers += 1
        assert 0 < answers < 5 * STRANGERS_AT_ONCE
    await waiting.hang_up_unconnected()


async def test_no_voice_to_who_sends_no_check(scene):
    """RTP alone is no consent: after the time of it the leg is gone, and silence ends the call."""
    await scene.in_call()
    scene.user.peer.keeps_consent = False
    end = await scene.over("rtp_stopped")
    assert end["totalSeconds"] >= CONSENT - 3
    for person in scene.both:
        await person.peer.falls_silent()


async def test_checks_alone_keep_consent(scene):
    """The time of consent passes, twice, in a call whose checks go on."""
    await scene.in_call()
    await scene.tick(2 * CONSENT)
    for person in scene.both:
        await person.peer.hears(5)
    await scene.hang_up()
