"""Any order of events ends clean: what crosses the end of a call, and what comes before its time.
(Candidates before the offer: test_negotiation.py; both hang up at once: test_ends.py.)"""

import asyncio

import pytest

WHO = pytest.mark.parametrize("who", ["user", "otomo"])


async def offered(scene, person):
    """Sends an offer and waits for nothing."""
    peer = await person.new_peer()
    await person.client.send("webrtc_offer", callId=scene.call_id, offer=peer.offer())


async def ended(scene, person):
    await person.client.send("call_end_request", callId=scene.call_id)


async def free_again(scene, make_scene):
    """Nothing of the call hinders the next one."""
    for person in scene.both:
        await person.client.round_trip()
        assert len(person.client.seen("call_end")) == 1, person.client.story()
    again = make_scene(scene.server, scene.user.id, scene.otomo.id)
    await again.in_call()
    await again.hang_up()


@WHO
async def test_the_end_right_behind_the_offer(scene, make_scene, who):
    await scene.accepted()
    await offered(scene, scene.user)
    await ended(scene, getattr(scene, who))
    await scene.over("user_end", state="failed")
    await free_again(scene, make_scene)


@WHO
async def test_the_end_right_behind_the_answer(scene, make_scene, who):
    await scene.accepted()
    await scene.offer(scene.user)
    await scene.answer(scene.otomo)
    await ended(scene, getattr(scene, who))
    await scene.over("user_end", state="failed")
    await free_again(scene, make_scene)


@WHO
async def test_the_end_while_the_leg_is_replaced(scene, make_scene, who):
    await scene.in_call()
    await offered(scene, scene.user)
    await ended(scene, getattr(scene, who))
    await scene.over("user_end")
    await free_again(scene, make_scene)


@WHO
async def test_an_offer_right_behind_the_end(scene, make_scene, who):
    """It crosses the teardown of the media."""
    await scene.in_call()
    person = getattr(scene, who)
    await ended(scene, person)
    await offered(scene, person)
    await scene.over("user_end")
    await person.client.expect_error("INVALID_STATE", originalEvent="webrtc_offer")
    await person.client.expect_none("webrtc_answer")
    await free_again(scene, make_scene)


async def test_everything_at_once_behind_the_end(scene, make_scene):
    await scene.in_call()
    for person in scene.both:
        await ended(scene, person)
        await offered(scene, person)
        for candidate in (person.peer.candidate(), None):
            await person.client.send("ice_candidate", callId=scene.call_id, candidate=candidate)
    await scene.over("user_end")
    await free_again(scene, make_scene)


async def test_candidates_before_the_offer_and_the_end_before_both_are_used(scene, make_scene):
    await scene.accepted()
    peer = await scene.user.new_peer()
    await scene.user.client.send(
        "ice_candidate", callId=scene.call_id, candidate=peer.candidate()
    )
    await scene.user.client.send("webrtc_offer", callId=scene.call_id, offer=peer.offer())
    await ended(scene, scene.otomo)
    await scene.over("user_end", state="failed")
    await free_again(scene, make_scene)


async def test_accepted_and_cancelled_at_once(scene, make_scene):
    """Whichever comes first, both are told the same, and it costs nothing."""
    await scene.ring()
    await asyncio.gather(
        scene.otomo.client.send("call_accept", callId=scene.call_id),
        scene.user.client.send("call_cancel", callId=scene.call_id),
    )
    await scene.over("cancelled", state="failed")
    assert (await scene.row())["total_charged"] == 0
    await free_again(scene, make_scene)


@WHO
async def test_the_end_and_the_loss_of_the_connection_at_once(scene, make_scene, who):
    await scene.in_call()
    gone, other = (scene.user, scene.otomo) if who == "user" else (scene.otomo, scene.user)
    await asyncio.gather(gone.drop(), ended(scene, other))
    await scene.over("user_end", to=[other])
    await gone.connect()
    await other.client.round_trip()
    again = make_scene(scene.server, scene.user.id, scene.otomo.id)
    await again.in_call()
    await again.hang_up()


@WHO
async def test_a_device_whose_voice_ends(scene, make_scene, who):
    """The microphone is unplugged: the path is there, checks and RTCP go on, no RTP comes."""
    await scene.in_call()
    await scene.tick(1)
    peer = getattr(scene, who).peer
    peer.pause()
    peer.send_rtcp()
    await scene.state("reconnecting")
    await scene.over("rtp_stopped")
    await free_again(scene, make_scene)


@WHO
async def test_a_leg_that_says_goodbye_ends_nothing_by_itself(scene, who):
    """DTLS is closed: it counts with the silence that follows, and another leg heals both."""
    await scene.in_call()
    await scene.tick(1)
    person = getattr(scene, who)
    person.peer.close()
    await scene.state("reconnecting")
    await scene.offer(person)
    await person.peer.connected()
    person.peer.talk()
    await scene.state("in_call")
    await scene.hang_up()
