"""PROTOCOL.md section 3, "Negotiation": who offers to whom, in all its orders, and what can't be
used."""

import pytest

from otomo import sdp
from otomo.dtls import Identity
from otomo.peer import Peer


async def both_hear(scene, user_payload=111, otomo_payload=111):
    """Each hears the other: with its own payload number, the other's SSRC, and the other's
    words."""
    await scene.talk()
    for person, other, payload in (
        (scene.user, scene.otomo, user_payload),
        (scene.otomo, scene.user, otomo_payload),
    ):
        await person.peer.hears(5)
        assert set(person.peer.heard) == {(payload, other.peer.ssrc, other.id)}, person.peer.heard
    await scene.hang_up()


async def test_user_offers_and_the_otomo_is_offered_to(scene):
    await scene.accepted()
    await scene.negotiate()
    await both_hear(scene)


async def test_descriptions_name_whose_voice_they_carry(scene):
    await scene.accepted()
    peer = await scene.user.new_peer()
    await scene.user.client.send("webrtc_offer", callId=scene.call_id, offer=peer.offer())
    answer = await scene.user.client.expect("webrtc_answer", callId=scene.call_id)
    offer = await scene.otomo.client.expect("webrtc_offer", callId=scene.call_id)
    assert (answer["fromUserId"], offer["fromUserId"]) == (scene.otomo.id, scene.user.id)
    assert (answer["answer"]["type"], offer["offer"]["type"]) == ("answer", "offer")


async def test_the_server_is_lite_and_trickles_its_candidates(scene):
    await scene.accepted()
    peer = await scene.offer(scene.user)
    trickled = await scene.user.client.expect("ice_candidate", callId=scene.call_id)
    assert trickled["fromUserId"] == scene.otomo.id
    assert peer.remote.ice_lite
    assert sdp.candidate_address(trickled["candidate"]["candidate"]) == peer.server_address


@pytest.mark.parametrize("setup", ["active", "passive"])
async def test_either_side_may_begin_the_handshake(scene, setup):
    await scene.accepted()
    await scene.offer(scene.user)
    await scene.answer(scene.otomo, setup=setup)
    for person in scene.both:
        await person.peer.connected()
    await both_hear(scene)


async def test_otomo_offers_itself(scene):
    await scene.accepted(offerer="client")
    for person in scene.both:
        await scene.offer(person)
        await person.peer.connected()
    await both_hear(scene)
    assert not scene.otomo.client.seen("webrtc_offer"), scene.otomo.client.story()


async def test_otomo_offers_first(scene):
    await scene.accepted(offerer="client")
    for person in (scene.otomo, scene.user):
        await scene.offer(person)
        await person.peer.connected()
    await both_hear(scene)


async def test_payload_numbers_are_rewritten(scene):
    await scene.accepted(offerer="client")
    await scene.offer(scene.user, payload=111)
    await scene.offer(scene.otomo, payload=109)
    for person in scene.both:
        await person.peer.connected()
    await both_hear(scene, user_payload=111, otomo_payload=109)


async def test_the_otomo_is_offered_the_callers_number(scene):
    await scene.accepted()
    await scene.offer(scene.user, payload=96)
    await scene.answer(scene.otomo)
    assert scene.otomo.peer.payload == 96
    for person in scene.both:
        await person.peer.connected()
    await both_hear(scene, 96, 96)


async def test_crossing_offers_the_clients_wins(scene):
    await scene.accepted()
    await scene.offer(scene.user)
    await scene.otomo.client.expect(
        "webrtc_offer", callId=scene.call_id
    )  # and offers itself nevertheless
    await scene.offer(scene.otomo, payload=109)
    for person in scene.both:
        await person.peer.connected()
    await both_hear(scene, 111, 109)


async def test_answer_to_a_withdrawn_offer(scene):
    await scene.accepted()
    await scene.offer(scene.user)
    late = await Peer.open("late")
    withdrawn = await scene.otomo.client.expect("webrtc_offer", callId=scene.call_id)
    await scene.offer(scene.otomo)
    answer = late.answer(withdrawn["offer"])
    late.close()
    await scene.otomo.client.send("webrtc_answer", callId=scene.call_id, answer=answer)
    await scene.otomo.client.expect_error("INVALID_STATE", originalEvent="webrtc_answer")
    for person in scene.both:
        await person.peer.connected()
    await both_hear(scene)


@pytest.mark.parametrize("who", ["user", "otomo"])
async def test_answer_without_an_offer(scene, who):
    await scene.accepted()
    person = getattr(scene, who)
    peer = await person.new_peer()
    answer = {"type": "answer", "sdp": peer.offer()["sdp"].replace("actpass", "active")}
    await person.client.send("webrtc_answer", callId=scene.call_id, answer=answer)
    await person.client.expect_error(
        "INVALID_STATE", originalEvent="webrtc_answer", callId=scene.call_id
    )
    await scene.untouched()


async def test_candidates_before_the_offer(scene):
    await scene.accepted()
    peer = await scene.user.new_peer()
    for candidate in (peer.candidate(), None):
        await scene.user.client.send("ice_candidate", callId=scene.call_id, candidate=candidate)
    await scene.user.client.send("webrtc_offer", callId=scene.call_id, offer=peer.offer())
    answer = await scene.user.client.expect("webrtc_answer", callId=scene.call_id)
    peer.accept(answer["answer"])
    await scene.answer(scene.otomo)
    for person in scene.both:
        await person.client.expect_none("error")
        await person.peer.connected()
    await both_hear(scene)


async def test_candidate_that_makes_no_sense(scene):
    await scene.accepted()
    bad = {"candidate": "candidate:what is this", "sdpMid": "0", "sdpMLineIndex": 0}
    await scene.user.client.send("ice_candidate", callId=scene.call_id, candidate=bad)
    await scene.negotiate()
    await scene.user.client.expect_error(
        "MEDIA_ERROR", originalEvent="ice_candidate", callId=scene.call_id
    )
    await scene.refusal_recorded("ice_candidate", scene.user, "MEDIA_ERROR")
    await both_hear(scene)


async def test_a_good_offer_right_behind_a_bad_one(scene):
    await scene.accepted()
    await scene.user.client.send(
        "webrtc_offer", callId=scene.call_id, offer={"type": "offer", "sdp": "hello"}
    )
    await scene.negotiate()
    await scene.user.client.expect_error(
        "MEDIA_ERROR", originalEvent="webrtc_offer", callId=scene.call_id
    )
    await both_hear(scene)


BAD_SDP = {
    "no SDP at all": lambda text: "hello",
    "no fingerprint": lambda text: _without(text, "a=fingerprint"),
    "no credentials": lambda text: _without(text, "a=ice-"),
    "no line of media": lambda text: text[: text.index("m=audio")],
    "no Opus": lambda text: text.replace("opus/48000/2", "PCMU/8000"),
    "no DTLS": lambda text: text.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
    "unknown setup": lambda text: text.replace("setup:actpass", "setup:sideways"),
    "fingerprint of nonsense": lambda text: text.replace(
        "fingerprint:sha-256 ", "fingerprint:sha-256 ZZ:"
    ),
}


def _without(text, start):
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(start))


@pytest.mark.parametrize("what", BAD_SDP)
async def test_offer_that_can_not_be_used(scene, what):
    await scene.accepted()
    peer = await Peer.open("bad")
    offer = {"type": "offer", "sdp": BAD_SDP[what](peer.offer()["sdp"])}
    peer.close()
    await scene.user.client.send("webrtc_offer", callId=scene.call_id, offer=offer)
    await scene.user.client.expect_error(
        "MEDIA_ERROR", originalEvent="webrtc_offer", callId=scene.call_id
    )
    await scene.refusal_recorded("webrtc_offer", scene.user, "MEDIA_ERROR")
    await scene.untouched()
    await scene.negotiate()  # the call lives, and a good offer is taken
    await both_hear(scene)


async def test_answer_that_can_not_be_used(scene):
    await scene.accepted()
    await scene.offer(scene.user)
    await scene.otomo.client.expect("webrtc_offer", callId=scene.call_id)
    await scene.otomo.client.send(
        "webrtc_answer", callId=scene.call_id, answer={"type": "answer", "sdp": "hello"}
    )
    await scene.otomo.client.expect_error("MEDIA_ERROR", originalEvent="webrtc_answer")
    await scene.refusal_recorded("webrtc_answer", scene.otomo, "MEDIA_ERROR")
    await scene.offer(scene.otomo)  # the call lives; any side may offer at any time
    for person in scene.both:
        await person.peer.connected()
    await both_hear(scene)


@pytest.mark.parametrize("who", ["user", "otomo"])
async def test_wrong_fingerprint_never_connects(scene, who):
    await scene.accepted(offerer="client")
    liar, honest = (scene.user, scene.otomo) if who == "user" else (scene.otomo, scene.user)
    await scene.offer(honest)
    await honest.peer.connected()
    peer = await liar.new_peer()
    peer.said_fingerprint = Identity().fingerprint
    await liar.client.send("webrtc_offer", callId=scene.call_id, offer=peer.offer())
    peer.accept((await liar.client.expect("webrtc_answer", callId=scene.call_id))["answer"])
    honest.peer.talk()
    if await peer.connected_or_not():
        peer.talk()
        await peer.says(20)
    await honest.peer.says(20)
    await scene.untouched()
    assert not peer.heard and not honest.peer.heard
    await scene.offer(liar)  # the truth helps
    await liar.peer.connected()
    await both_hear(scene)


async def test_a_new_offer_in_the_call_replaces_the_leg(scene):
    await scene.in_call()
    await scene.tick(1)
    scene.user.peer.vanish()  # the page is reloaded
    await scene.offer(scene.user)
    await scene.user.peer.connected()
    scene.user.peer.talk()
    scene.otomo.peer.heard.clear()
    for person in scene.both:
        await person.peer.hears(5)
    await scene.hang_up()
    assert len(scene.user.client.seen("call_connected")) == 1, "call_connected comes once a call"
