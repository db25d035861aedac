"""PROTOCOL.md section 5, rows of `ringing`."""

import pytest

SETTINGS = {"call.ring_timeout": 3}

REASONS = ["busy", "manual_decline", "away", "timeout", "system_error"]


async def test_accept(scene):
    await scene.accepted()
    await scene.state("accepted")
    row = await scene.row()
    assert (
        row["status"] == "accepted" and row["accepted_at"] is not None and row["started_at"] is None
    )


async def test_signaling_start_names_the_ice_servers(scene):
    await scene.ring()
    await scene.otomo.client.send("call_accept", callId=scene.call_id)
    for person in scene.both:
        start = await person.client.expect("signaling_start", callId=scene.call_id)
        assert isinstance(start["iceServers"], list)


@pytest.mark.parametrize("reason", REASONS)
async def test_reject(scene, reason):
    await scene.ring()
    await scene.otomo.client.send("call_reject", callId=scene.call_id, reason=reason)
    rejected = await scene.user.client.expect("call_rejected", callId=scene.call_id)
    assert rejected["reason"] == reason
    row = await scene.row()
    assert (row["status"], row["end_reason"], row["total_charged"]) == ("failed", reason, 0)


async def test_reject_without_a_reason(scene):
    await scene.ring()
    await scene.otomo.client.send("call_reject", callId=scene.call_id)
    rejected = await scene.user.client.expect("call_rejected", callId=scene.call_id)
    assert rejected["reason"] in REASONS
    assert (await scene.row())["end_reason"] == rejected["reason"]


async def test_reject_with_an_unknown_reason(scene):
    await scene.ring()
    await scene.otomo.client.send("call_reject", callId=scene.call_id, reason="bored")
    error = await scene.otomo.client.expect_error("INVALID_MESSAGE", originalEvent="call_reject")
    assert "reason" in error["message"]
    assert (await scene.row())["status"] == "ringing"


async def test_cancel(scene):
    await scene.ring()
    await scene.user.client.send("call_cancel", callId=scene.call_id)
    end = await scene.over("cancelled", state="failed")
    assert end["totalSeconds"] == 0


async def test_nobody_answers(scene):
    await scene.ring()
    end = await scene.over("ring_timeout", state="failed")
    assert end["totalSeconds"] == 0


@pytest.mark.parametrize("who", ["user", "otomo"])
async def test_hanging_up_while_it_rings(scene, who):
    await scene.ring()
    await scene.hang_up_unconnected(getattr(scene, who))


@pytest.mark.parametrize("how", ["close", "lose"])
async def test_last_connection_of_the_otomo_goes(scene, how):
    await scene.ring()
    await scene.otomo.drop(how)
    await scene.over("network_lost", state="failed", to=[scene.user])


async def test_one_of_two_connections_of_the_otomo_goes(scene):
    first = await scene.otomo.connect("first device")
    await scene.otomo.connect("second device")
    await scene.ring()
    await first.close()
    await scene.accept()


async def test_otomo_answers_on_a_second_device(scene):
    first = await scene.otomo.connect("first device")
    await scene.otomo.connect("second device")
    await scene.ring()
    await first.expect("incoming_call", callId=scene.call_id)
    await scene.accept()
    await first.expect("call_state_update", callId=scene.call_id, state="answered_elsewhere")
    await first.expect_none("call_accepted", "signaling_start")


async def test_the_other_device_is_too_late(scene):
    first = await scene.otomo.connect("first device")
    await scene.otomo.connect("second device")
    await scene.accepted()
    await first.send("call_accept", callId=scene.call_id)
    await first.expect_error("INVALID_STATE", originalEvent="call_accept", callId=scene.call_id)


async def test_otomo_opens_the_page_while_it_rings(scene):
    await scene.ring()
    late = await scene.otomo.connect("late device")
    await late.expect("incoming_call", callId=scene.call_id, fromUserId=scene.user.id)


async def test_the_user_goes_while_it_rings(scene):
    await scene.ring()
    await scene.user.drop("lose")
    await scene.over("network_lost", state="failed", to=[scene.otomo])


async def test_the_user_comes_back_while_it_rings(scene):
    await scene.ring()
    await scene.user.drop("lose")
    await scene.user.connect()
    await scene.user.client.expect("call_state_update", callId=scene.call_id, state="ringing")
    await scene.accept()
