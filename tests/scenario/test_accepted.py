"""PROTOCOL.md section 5, rows of `accepted`: nothing was said yet, nothing is charged."""

import pytest

SETTINGS = {"call.media_timeout": 5}


async def free_of_charge(scene):
    row = await scene.row()
    assert (row["started_at"], row["units_charged"], row["total_charged"]) == (None, 0, 0)
    for person in scene.both:
        assert not person.client.seen("call_connected", "call_tick"), person.client.story()


async def test_no_media_at_all(scene):
    await scene.accepted()
    end = await scene.over("media_timeout", state="failed")
    assert end["totalSeconds"] == 0
    await free_of_charge(scene)


async def test_both_legs_up_but_silent(scene):
    await scene.accepted()
    await scene.negotiate()
    await scene.over("media_timeout", state="failed")
    await free_of_charge(scene)


async def test_cancel_before_the_first_packet(scene):
    await scene.accepted()
    await scene.user.client.send("call_cancel", callId=scene.call_id)
    await scene.over("cancelled", state="failed")
    await free_of_charge(scene)


@pytest.mark.parametrize("who", ["user", "otomo"])
async def test_hanging_up_before_the_first_packet(scene, who):
    await scene.accepted()
    await scene.negotiate()
    await scene.hang_up_unconnected(getattr(scene, who))
    await free_of_charge(scene)


async def test_connection_lost_and_taken_up_again(scene):
    await scene.accepted()
    await scene.user.drop("lose")
    await scene.user.connect()
    await scene.user.client.expect("call_state_update", callId=scene.call_id, state="accepted")
    await scene.user.client.expect("signaling_start", callId=scene.call_id)
    await scene.negotiate()
    await scene.talk()
    await scene.hang_up()
