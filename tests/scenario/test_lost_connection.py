"""PROTOCOL.md section 5: a socket that is lost is no end by itself, and no way to talk for
nothing."""

import pytest

from otomo.scene import aside

WHO = pytest.mark.parametrize("who", ["user", "otomo"])


def sides(scene, who):
    """(the one whose connection goes, the other)."""
    return (scene.user, scene.otomo) if who == "user" else (scene.otomo, scene.user)


async def lost(scene, who, how="lose"):
    await scene.in_call()
    await scene.tick(1)
    gone, other = sides(scene, who)
    await gone.drop(how)
    await other.client.expect(
        "call_state_update", callId=scene.call_id, state="in_call", peerConnected=False
    )
    return gone, other


@WHO
async def test_the_voice_flows_on_and_is_paid_for(scene, who):
    gone, other = await lost(scene, who)
    await other.client.expect("call_tick", callId=scene.call_id, unitIndex=2)
    await other.client.expect("call_tick", callId=scene.call_id, unitIndex=3)
    await other.peer.hears(5)
    await gone.connect()
    standing = await gone.client.expect("call_state_update", callId=scene.call_id)
    assert standing["state"] == "in_call"
    await other.client.expect("call_state_update", callId=scene.call_id, peerConnected=True)
    await scene.tick(5)
    await gone.client.expect_none("signaling_start", "call_connected")
    await scene.hang_up(gone)


@WHO
async def test_closing_the_socket_in_order_is_the_same(scene, who):
    gone, other = await lost(scene, who, "close")
    await other.client.expect("call_tick", callId=scene.call_id, unitIndex=2)
    await gone.connect()
    await other.client.expect("call_state_update", callId=scene.call_id, peerConnected=True)
    await scene.hang_up(other)


@WHO
async def test_lost_with_its_voice(scene, who):
    gone, other = await lost(scene, who)
    gone.peer.vanish()
    await scene.over("network_lost", to=[other])


@WHO
async def test_too_long_without_a_connection(scene, who):
    gone, other = await lost(scene, who)
    end = await scene.over("network_lost", to=[other])
    assert gone.peer.talking and end["totalSeconds"] >= 3
    row = await scene.row()
    assert row["units_charged"] >= 4, "all that time was billed"


async def page_gone(scene, who):
    """Connection and media go together, long enough ago for the server to know."""
    gone, other = await lost(scene, who)
    gone.peer.vanish()
    await other.peer.falls_silent()
    return gone, other


async def page_back(scene, gone, other):
    """The new page is told how things stand."""
    await gone.connect()
    await gone.client.expect("call_state_update", callId=scene.call_id)
    await other.client.expect("call_state_update", callId=scene.call_id, peerConnected=True)


async def both_hear_again(scene, gone):
    await gone.peer.connected()
    gone.peer.talk()
    for person in scene.both:
        await person.peer.hears(5)
    await scene.hang_up(gone)


@WHO
async def test_the_page_is_reloaded(scene, who):
    gone, other = await page_gone(scene, who)
    await page_back(scene, gone, other)
    await gone.client.expect("signaling_start", callId=scene.call_id)
    await scene.offer(gone)
    await both_hear_again(scene, gone)


async def test_an_otomo_that_waits_for_offers_gets_another(scene):
    gone, other = await page_gone(scene, "otomo")
    await page_back(scene, gone, other)
    await gone.client.expect("signaling_start", callId=scene.call_id)
    await scene.answer(gone)
    await both_hear_again(scene, gone)


@WHO
async def test_the_page_is_reloaded_at_once(scene, who):
    """Too quick for the server to see that the media is gone; the page knows, and offers unasked."""
    gone, other = await lost(scene, who)
    gone.peer.vanish()
    await page_back(scene, gone, other)
    await scene.offer(gone)
    await both_hear_again(scene, gone)


@WHO
async def test_another_device_takes_the_call(scene, who):
    await scene.in_call()
    mover = getattr(scene, who)
    first, first_peer = mover.client, mover.peer
    await mover.connect("second device")
    await mover.client.expect("call_state_update", callId=scene.call_id, state="answered_elsewhere")
    await scene.offer(mover)
    await first.expect("call_state_update", callId=scene.call_id, state="answered_elsewhere")
    await mover.peer.connected()
    first_peer.vanish()
    mover.peer.talk()
    await mover.peer.hears(5)
    await first.expect_none("webrtc_answer")
    await first.close()
    await scene.hang_up(mover)


async def test_another_device_is_not_the_one_that_holds_the_call(scene):
    spare = await scene.otomo.connect("spare device")
    await scene.otomo.connect("device in use")
    await scene.in_call()
    await scene.tick(1)
    await spare.close()
    await scene.tick(2)
    await scene.user.client.expect_none("call_state_update", peerConnected=False)
    await scene.hang_up()


async def test_another_device_does_not_hear_of_the_call(scene):
    spare = await scene.otomo.connect("spare device")
    await scene.otomo.connect("device in use")
    await scene.in_call()
    await scene.tick(1)
    await spare.expect_none("call_tick", "call_connected", "webrtc_offer")
    await scene.hang_up()


async def test_the_points_run_out_meanwhile(scene, server, make_scene):
    await aside(server.add, "u-short", "user", balance=20)
    await aside(server.add, "o-short", "otomo", "--price", 10)
    short = make_scene(server, "u-short", "o-short")
    await short.in_call()
    await short.tick(1)
    await short.user.drop()
    await short.otomo.client.expect("call_end", callId=short.call_id, reason="no_point")
    assert await short.user.balance() == 0
