"""Recording: what was said is in the file, at its place, whatever becomes of the server and its disk."""

import asyncio
import hashlib
import json
from pathlib import Path

import pytest

from otomo import DEADLINE
from otomo.scene import aside
from otomo.sound import SILENCE, Sound, find, probe, track

SETTINGS = {"recording.mode": "on-request", "call.rtp_pause": 3, "call.rtp_timeout": 10}
PLACE = 0.05  # seconds by which a sound may be off
FRAME = 0.02


@pytest.fixture(scope="module")
def tone():
    return Sound.tone()


@pytest.fixture(scope="module")
def sentence():
    return Sound.sentence("Good evening, how was your day at the harbour?")


async def quiet_call(scene):
    """A call in which nobody says anything yet."""
    await scene.accepted()
    await scene.negotiate()
    for person in scene.both:
        person.peer.idle = SILENCE
    await scene.talk()


async def record(scene, on):
    await aside(scene.server.ctl, "call", "record", scene.call_id, "on" if on else "off")
    for person in scene.both:
        await person.client.expect("call_state_update", callId=scene.call_id, recording=on)


async def recordings(scene, count, state="ready"):
    """Waits until the call has so many in this state, oldest first."""
    end = asyncio.get_running_loop().time() + DEADLINE
    while True:
        listed = await aside(scene.server.ctl, "recordings", "list", "--call", scene.call_id, "--json")
        rows = [row for row in json.loads(listed) if row["state"] == state]
        if len(rows) == count:
            return sorted(rows, key=lambda row: row["started_at"])
        assert asyncio.get_running_loop().time() < end, f"not {count} {state}: {listed}"
        await asyncio.sleep(FRAME)


async def zero(scene, row):
    """The instant of a file's zero on this machine's clock."""
    return (await scene.row())["started_mono_us"] / 1e6 + row["offset_ms"] / 1e3


def check(row, call_id):
    """The file is what the table says of it, and ffprobe reads both tracks to their end."""
    path = Path(row["file"])
    content = path.read_bytes()
    assert len(content) == row["bytes"]
    assert hashlib.sha256(content).hexdigest() == row["sha256"]
    title, ends = probe(path)
    assert title.startswith(f"{call_id}/20"), title
    assert len(ends) == 2
    for end in ends:
        assert abs(end - row["length_ms"] / 1e3) <= 2 * FRAME, (ends, row)
    return path


def found(path, index, sound, at):
    seconds, likeness = find(sound, track(path, index))
    assert likeness > 0.5, f"track {index}: not in it (likeness {likeness:.2f})"
    assert abs(seconds - at) <= PLACE, f"track {index}: at {seconds:.3f} s, said at {at:.3f} s"


async def test_both_voices_are_at_their_places(scene, tone, sentence):
    await quiet_call(scene)
    await record(scene, True)
    said_user = await scene.user.peer.say(tone.packets)
    said_otomo = await scene.otomo.peer.say(sentence.packets)
    await record(scene, False)
    (row,) = await recordings(scene, 1)
    path = check(row, scene.call_id)
    begin = await zero(scene, row)
    found(path, 0, tone, said_user - begin)
    found(path, 1, sentence, said_otomo - begin)
    assert not list(path.parent.glob(f"*{scene.call_id}*.part"))
    events = [row["event"] for row in await scene.events()]
    assert events.index("recording_began") < events.index("recording_ended")
    await scene.hang_up()


async def test_each_period_is_a_file(scene, tone):
    await quiet_call(scene)
    said = []
    for _ in range(2):
        await record(scene, True)
        said.append(await scene.otomo.peer.say(tone.packets))
        await record(scene, False)
    await record(scene, True)
    said.append(await scene.otomo.peer.say(tone.packets))
    await scene.hang_up()  # ends the third
    rows = await recordings(scene, 3)
    for row, at in zip(rows, said):
        found(check(row, scene.call_id), 1, tone, at - await zero(scene, row))


async def test_a_silent_leg_holds_nothing_up(scene, tone):
    """No packet of the user for two seconds, then a sound: it is where it was said."""
    await quiet_call(scene)
    await record(scene, True)
    scene.user.peer.pause()
    await scene.otomo.peer.say(tone.packets)
    scene.user.peer.timestamp += 48000 * 2  # as a browser's clock, which goes on
    scene.user.peer.talk()
    said = await scene.user.peer.say(tone.packets)
    await record(scene, False)
    (row,) = await recordings(scene, 1)
    found(check(row, scene.call_id), 0, tone, said - await zero(scene, row))
    await scene.hang_up()
