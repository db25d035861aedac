"""A server that is full says so, and whoever talks notices nothing (docs/operating.md, "Limits")."""

SETTINGS = {"limit.calls": 1}


async def test_one_call_too_many(server, make_scene):
    talking = make_scene(server, "u1", "o1")
    await talking.in_call()
    late = make_scene(server, "u2", "o2")
    await late.online()
    await late.request()
    await late.user.client.expect_error(
        "TEMPORARILY_UNAVAILABLE", originalEvent="call_request", callId=late.call_id
    )
    assert not late.otomo.client.seen("incoming_call")
    for person in talking.both:
        await person.peer.hears(5)
    await talking.hang_up()
    await late.in_call()  # the same callId: it never was a call
    await late.hang_up()
