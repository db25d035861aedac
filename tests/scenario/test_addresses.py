"""Where media come to: IPv4, IPv6 and both, an announced address that is not the server's own, and
several ports (docs/operating.md, "Media ports")."""

import asyncio
import contextlib

import pytest

from conftest import SETTINGS
from otomo import sdp
from otomo.scene import aside
from otomo.server import Server

PUBLIC, PRIVATE = "127.0.0.2", "127.0.0.1"


@contextlib.asynccontextmanager
async def serving(pairs=1, **settings):
    """A server with other settings for media."""
    server = Server({**SETTINGS, **{f"media.{key}": value for key, value in settings.items()}})
    try:
        await aside(server.start)
        await aside(server.seed, pairs, 1000)
        yield server
    finally:
        await aside(server.close)


async def both_hear(scene):
    await scene.in_call()
    for person in scene.both:
        await person.peer.hears(5)


@pytest.mark.parametrize("hosts", [("::1", "::1"), ("::1", "127.0.0.1")])
async def test_over_ipv6(make_scene, hosts):
    """Both people over IPv6; and one over each, in the same call."""
    async with serving(address="::1 127.0.0.1") as server:
        scene = make_scene(server, "u1", "o1")
        scene.user.host, scene.otomo.host = hosts
        await both_hear(scene)
        told = [c.split()[4:6] for c in scene.user.peer.remote.candidates]
        assert [address for address, _ in told] == ["::1", "127.0.0.1"]
        assert told[0][1] == told[1][1], "one port number for both"
        trickled = scene.user.client.seen("ice_candidate")
        assert [event["candidate"]["candidate"] for event in trickled] == (
            scene.user.peer.remote.candidates
        )
        await scene.hang_up()


class Nat(asyncio.DatagramProtocol):
    """1:1 NAT: what comes to its address goes to the server's, and back, the port unchanged."""

    class Inside(asyncio.DatagramProtocol):
        def __init__(self, outside, client):
            self.outside, self.client = outside, client

        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, datagram, address):
            self.outside.sendto(datagram, self.client)

    def __init__(self):
        self.clients = {}
        self.carried = 0

    async def open(self, port):
        self.loop = asyncio.get_running_loop()
        self.port = port
        await self.loop.create_datagram_endpoint(lambda: self, local_addr=(PUBLIC, port))

    def close(self):
        for inside in self.clients.values():
            inside.result().transport.close()
        self.transport.close()

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, datagram, address):
        if address not in self.clients:
            self.clients[address] = self.loop.create_task(self._join(address))
        self.carried += 1
        self.clients[address].add_done_callback(
            lambda inside: inside.result().transport.sendto(datagram)
        )

    async def _join(self, client):
        _, inside = await self.loop.create_datagram_endpoint(
            lambda: self.Inside(self.transport, client), remote_addr=(PRIVATE, self.port)
        )
        return inside


async def test_behind_nat(make_scene):
    """The server listens on one address and announces another, which leads to it."""
    nat = Nat()
    async with serving(address=PUBLIC, bind_address=PRIVATE) as server:
        scene = make_scene(server, "u1", "o1")
        await scene.accepted()
        await scene.offer(scene.user)
        host, port = sdp.candidate_address(scene.user.peer.remote.candidates[0])
        assert host == PUBLIC
        await nat.open(port)
        try:
            await scene.answer(scene.otomo)
            for person in scene.both:
                await person.peer.connected()
            await scene.talk()
            for person in scene.both:
                await person.peer.hears(5)
            assert nat.carried > 10
            await scene.hang_up()
        finally:
            nat.close()


async def test_a_port_each(make_scene):
    """Calls are spread over the media threads, and each stays on its own."""
    calls = 4
    async with serving(pairs=calls, threads=2) as server:
        scenes = [make_scene(server, f"u{n}", f"o{n}") for n in range(1, calls + 1)]
        for scene in scenes:
            await both_hear(scene)
        ports = [[person.peer.server_address[1] for person in scene.both] for scene in scenes]
        assert all(user == otomo for user, otomo in ports)
        assert sorted(map(ports.count, ports)) == [2] * calls
        await scenes[0].hang_up()
        scenes[0] = make_scene(server, "u1", "o1")
        await both_hear(scenes[0])  # where there is room now
        assert scenes[0].user.peer.server_address[1] == ports[0][0]
        for scene in scenes:
            await scene.hang_up()
