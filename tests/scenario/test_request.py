"""call_request: who may call whom, and all the ways to be refused."""

import pytest

from otomo.scene import aside


async def nothing_happened(scene):
    """No call was made, the otomo knows nothing, both are free."""
    await scene.otomo.client.expect_none("incoming_call", callId=scene.call_id)
    assert not scene.server.rows("SELECT 1 FROM calls WHERE call_id = %s", scene.call_id)


async def test_ringing(scene):
    await scene.ring()
    await scene.state("ringing")
    row = await scene.row()
    assert (row["caller_id"], row["callee_id"], row["status"]) == (
        scene.user.id,
        scene.otomo.id,
        "ringing",
    )
    assert (
        row["requested_at"] is not None and row["accepted_at"] is None and row["started_at"] is None
    )
    assert (row["units_charged"], row["total_charged"]) == (0, 0)
    events = await scene.events()
    assert (events[0]["event"], events[0]["actor"]) == ("call_request", scene.user.id)
    assert (events[0]["from_state"], events[0]["to_state"]) == (None, "ringing")


async def test_all_devices_of_the_otomo_ring(scene):
    first = await scene.otomo.connect("first device")
    await scene.otomo.connect("second device")
    await scene.ring()
    await first.expect("incoming_call", callId=scene.call_id, fromUserId=scene.user.id)


async def test_fields_inside_payload_are_accepted(scene):
    await scene.online()
    fields = {"toUserId": scene.otomo.id, "callId": scene.call_id}
    if not scene.user.client.is_envelope:  # whose fields are there anyway
        fields = {"payload": fields}
    await scene.user.client.send("call_request", **fields)
    await scene.otomo.client.expect("incoming_call", callId=scene.call_id)


async def test_unknown_fields_are_ignored(scene):
    await scene.online()
    await scene.user.client.send(
        "call_request", toUserId=scene.otomo.id, callId=scene.call_id, price=0, x={"y": [1]}
    )
    await scene.user.client.expect("call_ringing", callId=scene.call_id)


async def test_an_otomo_may_not_call(scene):
    await scene.online()
    await scene.otomo.client.send("call_request", toUserId=scene.user.id, callId=scene.call_id)
    await scene.otomo.client.expect_error(
        "PERMISSION_DENIED", originalEvent="call_request", callId=scene.call_id
    )
    await nothing_happened(scene)


async def test_a_user_may_not_call_a_user(scene):
    await scene.online()
    await scene.user.client.send("call_request", toUserId="u1", callId=scene.call_id)
    await scene.user.client.expect_error("USER_NOT_FOUND", callId=scene.call_id)
    await nothing_happened(scene)


async def test_a_user_may_not_call_himself(scene):
    await scene.online()
    await scene.user.client.send("call_request", toUserId=scene.user.id, callId=scene.call_id)
    await scene.user.client.expect_error("USER_NOT_FOUND", callId=scene.call_id)
    await nothing_happened(scene)


async def test_unknown_otomo(scene):
    await scene.online()
    await scene.user.client.send("call_request", toUserId="nobody", callId=scene.call_id)
    await scene.user.client.expect_error("USER_NOT_FOUND", callId=scene.call_id)
    await nothing_happened(scene)


async def test_otomo_without_a_connection(scene):
    await scene.user.connect()
    await scene.request()
    await scene.user.client.expect_error("USER_OFFLINE", callId=scene.call_id)
    await scene.online()
    await nothing_happened(scene)


async def test_otomo_in_another_call(scene, make_scene, server):
    await scene.ring()
    other = make_scene(server, f"u{next(server.pairs)}", scene.otomo.id)
    await other.online()
    await other.request()
    await other.user.client.expect_error("USER_BUSY", callId=other.call_id)
    await nothing_happened(other)


async def test_user_in_another_call(scene, make_scene, server):
    await scene.ring()
    other = make_scene(server, scene.user.id, f"o{next(server.pairs)}")
    await other.online()
    await other.request()
    await other.user.client.expect_error("USER_BUSY", callId=other.call_id)
    await nothing_happened(other)


async def test_busy_is_over_when_the_call_is(scene, make_scene, server):
    await scene.ring()
    await scene.user.client.send("call_cancel", callId=scene.call_id)
    await scene.over("cancelled", state="failed")
    again = make_scene(server, scene.user.id, scene.otomo.id)
    await again.ring()


async def test_balance_below_one_unit(scene, make_scene, server):
    await aside(server.add, "u-poor", "user", balance=9)
    await aside(server.add, "o-dear", "otomo", "--price", 10)
    poor = make_scene(server, "u-poor", "o-dear")
    await poor.online()
    await poor.request()
    await poor.user.client.expect_error("INSUFFICIENT_BALANCE", callId=poor.call_id)
    await nothing_happened(poor)
    await aside(server.ctl, "wallet", "top-up", "u-poor", 1)
    again = make_scene(server, "u-poor", "o-dear")
    await again.ring()


async def test_a_refused_call_id_may_be_used_again(scene):
    """A refused request made no call: asking again asks for one."""
    await scene.user.connect()
    await scene.request()
    await scene.user.client.expect_error("USER_OFFLINE", callId=scene.call_id)
    await scene.ring()
    await scene.accept()


async def test_the_same_request_again(scene):
    await scene.ring()
    await scene.state("ringing")
    await scene.request()
    await scene.user.client.expect("call_state_update", callId=scene.call_id, state="ringing")
    await scene.otomo.client.expect_none("incoming_call")
    await scene.accept()
    await scene.state("accepted")
    await scene.request()
    await scene.user.client.expect("call_state_update", callId=scene.call_id, state="accepted")
    await scene.hang_up_unconnected()
    await scene.state("failed", reason="user_end")
    await scene.request()
    await scene.user.client.expect(
        "call_state_update", callId=scene.call_id, state="failed", reason="user_end"
    )
    await scene.otomo.client.expect_none("incoming_call")
    assert (await scene.row())["status"] == "failed"


async def test_call_id_of_another_call(scene, make_scene, server):
    await scene.ring()
    number = next(server.pairs)
    other = make_scene(server, f"u{number}", f"o{number}")
    other.call_id = scene.call_id
    await other.online()
    await other.request()
    await other.user.client.expect_error("DUPLICATE_CALL_ID", callId=scene.call_id)
    await other.otomo.client.expect_none("incoming_call")
    assert (await scene.row())["caller_id"] == scene.user.id


async def test_price_is_that_of_the_request(scene, make_scene, server):
    await aside(server.add, "o-changing", "otomo", "--price", 10)
    changing = make_scene(server, scene.user.id, "o-changing")
    await changing.ring()
    await aside(server.ctl, "user", "add", "o-changing", "--role", "otomo", "--price", 99)
    row = await changing.row()
    assert row["price_per_unit"] == 10


@pytest.mark.parametrize("code, target", [("USER_NOT_FOUND", "nobody"), ("USER_OFFLINE", None)])
async def test_a_refused_request_is_in_the_audit_log(scene, code, target):
    await scene.user.connect()
    await scene.user.client.send(
        "call_request", toUserId=target or scene.otomo.id, callId=scene.call_id
    )
    await scene.user.client.expect_error(code)
    await scene.refusal_recorded("call_request", scene.user, code)
