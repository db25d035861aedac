"""PROTOCOL.md section 5: RTP that stops and comes back. Nothing is charged while a side is
silent."""

from datetime import timedelta

import pytest

from otomo.scene import aside, instant

PACKETS = 10


async def reconnecting(scene):
    await scene.in_call()
    await scene.tick(1)
    scene.otomo.peer.pause()
    await scene.state("reconnecting")


def told(client, *events):
    """These events' names in the order in which they came; of states the state."""
    return [e.get("state", e.type) for e in client.seen("call_state_update", *events)]


async def test_silence_and_back(scene):
    await reconnecting(scene)
    row = await scene.row()
    assert row["status"] == "reconnecting"
    scene.otomo.peer.talk()
    await scene.state("in_call")
    await scene.hang_up()
    assert told(scene.user.client)[-4:] == ["in_call", "reconnecting", "in_call", "ended"]
    assert len(scene.user.client.seen("call_connected")) == 1


@pytest.mark.parametrize("who", ["user", "otomo"])
async def test_silence_to_the_end(scene, who):
    await scene.in_call()
    await scene.tick(1)
    getattr(scene, who).peer.pause()
    await scene.state("reconnecting")
    units = (await scene.row())["units_charged"]
    end = await scene.over("rtp_stopped")
    assert end["totalSeconds"] >= 2
    assert (await scene.row())["units_charged"] == units, "charged while nothing could be heard"


async def test_a_unit_that_falls_due_in_silence_waits(scene):
    await reconnecting(scene)
    charged = (await scene.row())["units_charged"]
    due = instant(scene.connected_at) + timedelta(seconds=charged)
    await scene.wall_clock(due + timedelta(seconds=0.1))  # time itself is the input here
    await scene.user.client.expect_none("call_tick", unitIndex=charged + 1)
    scene.otomo.peer.talk()
    await scene.state("in_call")
    await scene.tick(charged + 1)
    await scene.hang_up()
    order = told(scene.user.client, "call_tick")
    assert order.index("reconnecting") < len(order) - 1 - order[::-1].index("in_call")
    assert (
        order[order.index("reconnecting") + 1] == "in_call"
    ), f"a unit was charged in silence: {order}"
    waited = (await scene.transfers("charge"))[charged]
    assert waited["unit_at"] == (await scene.row())["started_at"] + timedelta(
        seconds=charged
    ), "due instants don't move"
    assert waited["created_at"] > waited["unit_at"]


async def test_a_side_that_never_spoke(scene):
    await scene.accepted()
    await scene.negotiate()
    scene.user.peer.talk()
    await scene.connected()
    await scene.state("reconnecting")
    end = await scene.over("rtp_stopped")
    assert end["totalSeconds"] == 2, "counted from connectedAt"
    assert (await scene.row())["units_charged"] == 1


@pytest.mark.parametrize("what", ["send_rtcp", "send_check", "forge_rtp", "send_plain_rtp"])
async def test_what_is_not_rtp_breaks_no_silence(scene, what):
    await reconnecting(scene)
    for _ in range(PACKETS):
        getattr(scene.otomo.peer, what)()
    await scene.settled()
    for person in scene.both:
        await person.client.expect_none("call_state_update", state="in_call")
    await scene.over("rtp_stopped")


@pytest.mark.parametrize("who", ["user", "otomo"])
async def test_hanging_up_in_silence(scene, who):
    await reconnecting(scene)
    await scene.hang_up(getattr(scene, who))


async def test_a_new_leg_breaks_the_silence(scene):
    await reconnecting(scene)
    scene.otomo.peer.vanish()
    await scene.offer(scene.otomo)
    await scene.otomo.peer.connected()
    scene.otomo.peer.talk()
    await scene.state("in_call")
    await scene.otomo.peer.hears(5)
    await scene.hang_up()


async def test_the_end_by_the_operator_in_silence(scene):
    await reconnecting(scene)
    await aside(scene.server.ctl, "call", "end", scene.call_id)
    await scene.over("admin")
