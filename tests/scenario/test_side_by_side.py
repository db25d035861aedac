"""Several servers on one machine: each with its own state directory, ports, database and people."""


async def test_two_servers(own_server, make_scene):
    servers = [own_server().start() for _ in range(2)]
    assert servers[0].address != servers[1].address
    for server in servers:
        server.seed(1, 1000)
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


async def test_a_token_is_of_one_server(own_server, make_scene):
    first, second = [own_server().start() for _ in range(2)]
    first.seed(1, 1000)
    second.seed(1, 1000)
    scene = make_scene(second, "u1", "o1")
    scene.user.token = first.tokens["u1"]
    await scene.user.refused(4401)
