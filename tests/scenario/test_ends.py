"""How a call that was connected ends, and what is true afterwards."""

import pytest

from otomo.scene import aside


@pytest.mark.parametrize("who", ["user", "otomo"])
async def test_hanging_up(scene, who):
    await scene.in_call()
    await scene.tick(2)
    end = await scene.hang_up(getattr(scene, who))
    assert end["totalSeconds"] == 1
    await scene.state("ended", reason="user_end")
    ended = (await scene.events())[-1]
    assert (ended["event"], ended["actor"]) == ("call_end_request", getattr(scene, who).id)
    assert (ended["from_state"], ended["to_state"]) == ("in_call", "ended")


async def test_after_the_end_nothing_comes(scene):
    await scene.in_call()
    await scene.tick(1)
    await scene.hang_up()
    await scene.state("ended")
    for person in scene.both:
        await person.client.round_trip()
    said = [len(person.client.log) for person in scene.both]
    heard = [person.peer.heard_count() for person in scene.both]
    for person in scene.both:
        await person.peer.says(10)
        await person.client.round_trip()
    assert [len(person.client.log) - 2 for person in scene.both] == said, "more than the heartbeat"
    assert [person.peer.heard_count() for person in scene.both] == heard, "voices flow on"


async def test_both_are_free_at_once(scene, make_scene):
    await scene.in_call()
    await scene.hang_up()
    again = make_scene(scene.server, scene.user.id, scene.otomo.id)
    await again.in_call()
    await again.tick(1)
    await again.hang_up()


async def test_both_hang_up_at_once(scene):
    await scene.in_call()
    for person in scene.both:
        await person.client.send("call_end_request", callId=scene.call_id)
    await scene.over("user_end")
    for person in scene.both:
        await person.client.round_trip()
        assert len(person.client.seen("call_end")) == 1, person.client.story()


STATES = {"ringing": "failed", "accepted": "failed", "in_call": "ended"}


@pytest.mark.parametrize("state", STATES)
async def test_the_operator_ends_it(scene, state):
    await {"ringing": scene.ring, "accepted": scene.accepted, "in_call": scene.in_call}[state]()
    await aside(scene.server.ctl, "call", "end", scene.call_id)
    for person in scene.both:
        await person.client.expect("call_force_end", callId=scene.call_id, reason="admin")
    await scene.over("admin", state=STATES[state])
    assert (await scene.events())[-1]["actor"] == "operator"
    for person in scene.both:
        order = [e.type for e in person.client.seen("call_force_end", "call_end")]
        assert order == ["call_force_end", "call_end"]


async def test_every_change_of_state_is_told_and_recorded(scene):
    await scene.in_call()
    scene.user.peer.pause()
    await scene.state("reconnecting")
    scene.user.peer.talk()
    await scene.state("in_call")
    await scene.hang_up()
    await scene.state("ended")
    way = ["ringing", "accepted", "in_call", "reconnecting", "in_call", "ended"]
    for person in scene.both:
        assert [
            e["state"] for e in person.client.seen("call_state_update")
        ] == way, person.client.story()
    changes = [e for e in await scene.events() if e["to_state"] not in (None, e["from_state"])]
    assert [e["to_state"] for e in changes] == way
    assert [e["from_state"] for e in changes] == [None, *way[:-1]]
    assert sorted(e["at"] for e in changes) == [e["at"] for e in changes]
