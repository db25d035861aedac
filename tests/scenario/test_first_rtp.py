"""The first RTP packet begins a call and its bill; nothing else does, least of all a client's
word."""

import asyncio
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from otomo import DEADLINE
from otomo.scene import instant

SETTINGS = {"media.prepared_calls": 0}
PACKETS = 25  # enough for anything that would begin a call to have begun it


async def only_now_it_begins(scene):
    """All that was sent so far has begun nothing; the first real packet does, at its own
    instant."""
    await scene.settled()
    await scene.untouched()
    before = datetime.now(timezone.utc)
    await scene.talk()
    assert instant(scene.connected_at) > before - timedelta(
        milliseconds=1
    )  # the wire cuts to milliseconds
    await scene.hang_up()


async def self_report(scene, person, state):
    """A self-report is refused, changes nothing, and is on the record."""
    before = await scene.row()
    await person.client.send("call_connected", callId=scene.call_id)
    await person.client.expect_error(
        "SELF_REPORT_FORBIDDEN", originalEvent="call_connected", callId=scene.call_id
    )
    assert await scene.row() == before and before["status"] == state
    await scene.refusal_recorded("call_connected", person, "SELF_REPORT_FORBIDDEN")


async def test_self_report_while_it_rings(scene):
    await scene.ring()
    for person in scene.both:
        await self_report(scene, person, "ringing")
    await scene.accept()


async def test_self_report_after_the_call_was_accepted(scene):
    await scene.accepted()
    for person in scene.both:
        await self_report(scene, person, "accepted")
    await scene.negotiate()
    for person in scene.both:
        await self_report(scene, person, "accepted")
    await scene.untouched()


async def test_self_report_in_the_call(scene):
    await scene.in_call()
    for person in scene.both:
        await person.client.send("call_connected", callId=scene.call_id)
        await person.client.expect_error("SELF_REPORT_FORBIDDEN", callId=scene.call_id)
        await scene.refusal_recorded("call_connected", person, "SELF_REPORT_FORBIDDEN")
        assert len(person.client.seen("call_connected")) == 1
    assert (await scene.row())["status"] == "in_call"
    await scene.hang_up()


async def test_self_report_for_no_call_at_all(scene):
    await scene.online()
    await scene.user.client.send("call_connected", callId="nowhere")
    await scene.user.client.expect_error("SELF_REPORT_FORBIDDEN", callId="nowhere")


async def test_stun_begins_nothing(scene):
    await scene.accepted()
    await scene.negotiate()
    for person in scene.both:
        for _ in range(PACKETS):
            person.peer.send_check()
    await only_now_it_begins(scene)


async def test_rtcp_begins_nothing(scene):
    await scene.accepted()
    await scene.negotiate()
    for person in scene.both:
        for _ in range(PACKETS):
            person.peer.send_rtcp()
    await only_now_it_begins(scene)


async def test_forged_rtp_begins_nothing(scene):
    await scene.accepted()
    await scene.offer(scene.user)
    await scene.answer(scene.otomo)
    for person in scene.both:
        for _ in range(PACKETS):
            person.peer.forge_rtp()  # before the handshake
    for person in scene.both:
        await person.peer.connected()
        for _ in range(PACKETS):
            person.peer.forge_rtp()  # and after it
    await only_now_it_begins(scene)


async def test_rtp_without_srtp_begins_nothing(scene):
    await scene.accepted()
    await scene.negotiate()
    for person in scene.both:
        for _ in range(PACKETS):
            person.peer.send_plain_rtp()
    await only_now_it_begins(scene)


async def test_rtp_of_the_only_connected_leg_begins_nothing(scene):
    await scene.accepted()
    await scene.offer(scene.user)
    await scene.user.peer.connected()
    scene.user.peer.talk()
    await scene.user.peer.says(PACKETS)
    await scene.untouched()
    await scene.answer(
        scene.otomo
    )  # with the second leg the next packet of the first begins the call
    await scene.otomo.peer.connected()
    await scene.connected()
    scene.otomo.peer.talk()
    await scene.hang_up()


async def test_one_voice_is_enough(scene):
    await scene.accepted()
    await scene.negotiate()
    scene.otomo.peer.talk()
    await scene.connected()
    await scene.hang_up()


async def test_one_packet_is_enough(scene):
    await scene.accepted()
    await scene.negotiate()
    scene.user.peer.send_rtp()
    await scene.connected()
    await scene.hang_up()


async def test_connected_at_is_the_calls_beginning(scene):
    before = datetime.now(timezone.utc)
    await scene.in_call()
    after = datetime.now(timezone.utc)
    told = scene.user.client.seen("call_connected")[0]
    if not scene.user.client.is_envelope:
        assert set(told.raw) == {"type", "payload"}, "the one event whose fields lie in payload"
    assert told == {
        "type": "call_connected",
        "callId": scene.call_id,
        "userId": scene.user.id,
        "otomoId": scene.otomo.id,
        "connectedAt": scene.connected_at,
        "method": "sfu_rtp_detected",
    }
    row = await scene.row()
    assert before < row["started_at"] < after
    shown = row["started_at"].astimezone(timezone.utc)
    assert (
        abs((shown - instant(scene.connected_at)).total_seconds()) < 0.001
    )  # the wire has milliseconds
    (begun,) = [
        e
        for e in await scene.events()
        if (e["from_state"], e["to_state"]) == ("accepted", "in_call")
    ]
    assert (begun["at"], begun["actor"]) == (row["started_at"], "server")
    await scene.hang_up()


async def test_evidence_is_what_began_the_call(scene):
    await scene.accepted()
    await scene.negotiate()
    peer = scene.user.peer
    peer.send_rtp()
    await scene.connected()
    row = await scene.row()
    seen = (await scene.evidence())[scene.user.id]
    assert (seen["ssrc"], seen["first_sequence"], seen["packet_count"]) == (
        peer.ssrc,
        peer.first_sequence,
        1,
    )
    assert seen["first_at"] == row["started_at"]
    await scene.hang_up()


async def test_evidence_counts_what_came_before(scene):
    await scene.accepted()
    await scene.offer(scene.user)
    await scene.user.peer.connected()
    scene.user.peer.talk()
    await scene.user.peer.says(PACKETS)
    await scene.user.peer.settled()
    await scene.answer(scene.otomo)
    await scene.connected()
    seen = (await scene.evidence())[scene.user.id]
    assert seen["first_sequence"] == scene.user.peer.first_sequence
    assert seen["packet_count"] > PACKETS
    assert seen["first_at"] < (await scene.row())["started_at"]
    await scene.hang_up()


def webrtcbin_threads(server):
    """Of the server's threads those that webrtcbin makes for a leg, one each. (dtlsenc's come from GStreamer's pool, which
    keeps idle ones for a while.)"""
    names = [path.read_text().strip() for path in Path(f"/proc/{server.process.pid}/task").glob("*/comm")]
    return [name for name in names if name.startswith("webrtcbin")]


async def test_a_call_that_was_proved_has_no_thread(scene):
    """webrtcbin was there for the handshake and the proof; the voice needs it no more."""
    await scene.accepted()
    await scene.negotiate()
    assert len(webrtcbin_threads(scene.server)) == 2
    await scene.talk()
    end = time.monotonic() + DEADLINE
    while webrtcbin_threads(scene.server):
        assert time.monotonic() < end, webrtcbin_threads(scene.server)
        await asyncio.sleep(0.05)
    for person in scene.both:
        person.peer.heard.clear()
        await person.peer.hears(PACKETS)
    await scene.offer(scene.user)  # the leg is replaced as ever
    await scene.user.peer.connected()
    scene.user.peer.talk()
    scene.otomo.peer.heard.clear()
    await scene.otomo.peer.hears(PACKETS)
    await scene.hang_up()
