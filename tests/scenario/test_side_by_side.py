"""Several servers on one machine: each with its own state directory, ports, database and people."""

import contextlib

import pytest

from conftest import SETTINGS
from otomo.server import Server


@pytest.fixture(scope="module")
def servers():
    with contextlib.ExitStack() as stack:
        servers = [Server(SETTINGS), Server(SETTINGS)]
        for server in servers:
            stack.callback(server.close)
            server.start()
            server.seed(1, 1000)
        yield servers


async def test_two_servers(servers, make_scene):
    assert servers[0].address != servers[1].address
    scenes = [make_scene(server, "u1", "o1") for server in servers]
    for scene in scenes:
        await scene.in_call()
    for scene in scenes:
        await scene.tick(2)
    await scenes[0].hang_up()
    await scenes[1].tick(3)
    assert not servers[1].rows("SELECT 1 FROM calls WHERE call_id = %s", scenes[0].call_id)
    await scenes[1].user.peer.hears(5)
    await scenes[1].hang_up()


async def test_a_token_is_of_one_server(servers, make_scene):
    scene = make_scene(servers[1], "u1", "o1")
    scene.user.token = servers[0].tokens["u1"]
    await scene.user.refused(4401)
