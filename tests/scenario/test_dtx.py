"""Opus sends one packet each 400 ms while nobody speaks (DTX, RFC 7587 section 3.1.3): that is no
silence. With the figures of PROTOCOL.md."""

import asyncio

SETTINGS = {"call.rtp_pause": 3, "call.rtp_timeout": 10}
FRAMES = 20  # of 20 ms between two packets
PACKETS = 12


async def test_a_packet_each_400_ms_is_no_silence(scene):
    await scene.in_call()
    for person in scene.both:
        person.peer.pause()
    await scene.settled()
    heard = [person.peer.heard_count() for person in scene.both]
    for _ in range(PACKETS):  # longer than call.rtp_pause: time itself is the input
        for person in scene.both:
            person.peer.timestamp += (FRAMES - 1) * 960
            person.peer.send_rtp()
        await asyncio.sleep(0.02 * FRAMES)
    await scene.settled()
    for person, before in zip(scene.both, heard):
        assert person.peer.heard_count() == before + PACKETS
        await person.client.expect_none("call_state_update", state="reconnecting")
        units = [tick["unitIndex"] for tick in person.client.seen("call_tick")]
        assert len(units) >= PACKETS * FRAMES * 0.02, "it is billed as any other talk"
    await scene.hang_up()
