"""Recording: what was said is in the file, at its place, whatever becomes of the server and its disk.
OTOMO_RECORD_CALLS: how many calls at once (./dev soak record)."""

import asyncio
import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest

from otomo import DEADLINE
from otomo.fixtures import SETTINGS as COMMON
from otomo.scene import aside
from otomo.server import Server, program
from otomo.sound import SILENCE, Sound, find, probe, stereo, track

SETTINGS = {"recording.mode": "on-request", "call.rtp_pause": 3, "call.rtp_timeout": 10}
PLACE = 0.05  # seconds by which a sound may be off
FRAME = 0.02
CALLS = int(os.environ.get("OTOMO_RECORD_CALLS", 5))
SECONDS = 60 if CALLS >= 50 else 3  # of talk


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


async def test_verify_export_and_the_end_of_it(server, scene, tone, sentence, tmp_path):
    await quiet_call(scene)
    await record(scene, True)
    await scene.user.peer.say(tone.packets)
    said = await scene.otomo.peer.say(sentence.packets)
    await record(scene, False)
    await scene.hang_up()
    (row,) = await recordings(scene, 1)
    verify = ("recordings", "verify", "--call", scene.call_id)
    assert await aside(server.ctl, *verify) == "1 checked, 0 bad\n"
    copy, mix = tmp_path / "copy.mka", tmp_path / "mix.ogg"
    await aside(server.ctl, "recordings", "export", row["path"], copy)
    assert copy.read_bytes() == Path(row["file"]).read_bytes()
    await aside(server.ctl, "recordings", "export", row["path"], mix, "--mix")
    left, right = stereo(mix)
    (_, user_likeness), (place, otomo_likeness) = find(tone, left), find(sentence, right)
    assert user_likeness > 0.5 and otomo_likeness > 0.5
    assert abs(place - (said - await zero(scene, row))) <= PLACE
    with Path(row["file"]).open("r+b") as file:
        file.seek(row["bytes"] // 2)
        file.write(b"altered")
    ran = await aside(server.try_ctl, *verify)
    assert (ran.status, ran.out.splitlines()[-1]) == (1, "1 checked, 1 bad"), ran
    assert "SHA-256" in ran.out
    assert (await aside(server.try_ctl, "recordings", "export", "no/such", copy)).status == 66

    await aside(
        server.execute,
        "UPDATE recordings SET started_at = now () - interval '91 days' WHERE call_id = %s",
        scene.call_id,
    )
    assert await aside(server.stop) == 0
    await aside(server.start)  # looks at once
    await recordings(scene, 1, "deleted")
    assert not Path(row["file"]).exists()


async def test_more_recordings_than_one_answer_holds(server, scene, tmp_path):
    """The one that is there is the oldest of 2,503, of three servers."""
    await quiet_call(scene)
    await record(scene, True)
    await record(scene, False)
    await scene.hang_up()
    (row,) = await recordings(scene, 1)
    await aside(
        server.execute,
        "INSERT INTO recordings"
        " SELECT node, to_char (number, 'FM9000'), call_id, started_at, 0, 0, 1, sha256, 'deleted', NULL, now (), now ()"
        " FROM recordings, generate_series (1, 834) AS number, unnest (ARRAY['main', 'a', 'z']) AS node"
        " WHERE call_id = %s",
        scene.call_id,
    )
    listed = await aside(server.ctl, "recordings", "list", "--json")
    assert len(json.loads(listed)) == 1000
    verify = ("recordings", "verify", "--call", scene.call_id)
    assert await aside(server.ctl, *verify) == "1 checked, 0 bad\n"
    await aside(server.ctl, "recordings", "export", row["path"], tmp_path / "copy.mka")


async def counts(scene):
    """Of packets sent and heard, by each, while both are silent and nothing is under way."""
    for person in scene.both:
        person.peer.pause()
    await scene.settled()
    await scene.settled()  # what the other one's check was behind has arrived too
    found = [(person.peer.sent, person.peer.heard_count()) for person in scene.both]
    for person in scene.both:
        person.peer.talk()
    return found


async def test_each_period_is_a_file(scene, tone):
    """And nobody misses a packet when one begins or ends."""
    await quiet_call(scene)
    before = await counts(scene)
    said = []
    for _ in range(2):
        await record(scene, True)
        said.append(await scene.otomo.peer.say(tone.packets))
        await record(scene, False)
    await record(scene, True)
    said.append(await scene.otomo.peer.say(tone.packets))
    (user, otomo), (user_then, otomo_then) = await counts(scene), before
    assert user[0] - user_then[0] == otomo[1] - otomo_then[1]
    assert otomo[0] - otomo_then[0] == user[1] - user_then[1]
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


async def told_why_not(scene, words):
    """Both are told that the call is not recorded any more, its log says why, and it goes on."""
    for person in scene.both:
        await person.client.expect("call_state_update", callId=scene.call_id, recording=False)
    (row,) = [row for row in await scene.events() if row["event"] == "recording_ended"]
    assert words in row["detail"], row
    warnings = [line for line in scene.server.log().splitlines() if words in line]
    assert len(warnings) == 1, warnings
    await scene.otomo.peer.hears(20)
    await scene.hang_up()


async def test_a_full_disk_ends_the_recording_and_not_the_call(make_scene, tmp_path):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", tmp_path], check=True)
    server = Server({**COMMON, **SETTINGS, "recording.mode": "all", "recording.directory": tmp_path})
    try:
        await aside(server.start)
        await aside(server.seed, 1, 1000)
        scene = make_scene(server, "u1", "o1")
        await scene.accepted()
        await scene.negotiate()
        for person in scene.both:
            person.peer.idle = SILENCE.ljust(1000, b"\0")  # the disk is full in seconds
        await scene.talk()
        await told_why_not(scene, "No space left")
        (row,) = await recordings(scene, 1)
        assert row["message"] and row["length_ms"] > 500, row
        _, ends = probe(row["file"])
        assert all(end > 0.5 for end in ends), ends
    finally:
        await aside(server.close)
        subprocess.run(["umount", tmp_path], check=True)


async def test_a_directory_that_can_not_be_written(scene):
    """A file is in the way: nothing is recorded, the call goes on; then it is gone."""
    directory = scene.server.state_dir / "recordings"
    aside_path = directory.with_suffix(".aside")
    if directory.exists():
        directory.rename(aside_path)
    directory.write_text("in the way")
    await quiet_call(scene)
    await aside(scene.server.ctl, "call", "record", scene.call_id, "on")
    await told_why_not(scene, "can't be written")
    directory.unlink()
    if aside_path.exists():
        aside_path.rename(directory)
    await recordings(scene, 0, "recording")


async def test_what_a_killed_server_left(server, scene, tone):
    """Readable up to the last second, and entered at the next start; so is what was finished but not
    noted, and what is not there is lost."""
    await quiet_call(scene)
    for _ in range(2):
        await record(scene, True)
        await record(scene, False)
    unnoted, lost = await recordings(scene, 2)
    await record(scene, True)
    said = await scene.user.peer.say(tone.packets)
    await scene.user.peer.says(int(1 / FRAME))
    (row,) = await recordings(scene, 1, "recording")
    killed = asyncio.get_running_loop().time()
    server.kill()
    for person in scene.both:
        person.peer.vanish()
    Path(lost["file"]).unlink()
    _, ends = probe(f"{row['file']}.part")
    await aside(server.start)
    await aside(
        server.execute,
        "UPDATE recordings SET state = 'recording', length_ms = NULL, bytes = NULL, sha256 = NULL,"
        " concluded_at = NULL WHERE call_id = %s AND path <> %s",
        scene.call_id,
        row["path"],
    )
    server.kill()
    await aside(server.start)
    salvaged = await recordings(scene, 2)
    assert [each["path"] for each in salvaged] == [unnoted["path"], row["path"]]
    (gone,) = await recordings(scene, 1, "lost")
    assert gone["path"] == lost["path"]
    begin = (await scene.row())["started_mono_us"] / 1e6 + row["offset_ms"] / 1e3
    assert min(ends) > killed - begin - 1, (ends, killed - begin)
    assert all(each["message"] for each in salvaged)
    check(salvaged[0], scene.call_id)
    found(check(salvaged[1], scene.call_id), 0, tone, said - begin)


async def test_a_server_that_stops_finishes_what_it_writes(server, scene, tone):
    await quiet_call(scene)
    await record(scene, True)
    said = await scene.user.peer.say(tone.packets)
    assert await aside(server.stop) == 0
    await aside(server.start)
    (row,) = await recordings(scene, 1)
    assert row["message"] is None, row
    found(check(row, scene.call_id), 0, tone, said - await zero(scene, row))


def test_all_calls_at_once():
    """None loses a packet, and every file holds its call."""
    server = Server({**COMMON, **SETTINGS, "recording.mode": "all", "limit.address_connections": 0})
    try:
        server.start()
        line = [program("otomoctl"), "--state-dir", server.state_dir, "load-test", "--json"]
        line += ["--url", f"{server.url}/v1/socket", "--calls", CALLS, "--rate", 10, "--seconds", SECONDS]
        line += ["--server-pid", server.process.pid]
        done = subprocess.run([*map(str, line)], capture_output=True, text=True)
        assert done.stdout, done.stderr
        found = json.loads(done.stdout)
        print(json.dumps(found))
        assert done.returncode == 0, found
        assert found["calls"]["up"] == CALLS, found
        assert found["packets"]["lost"] == 0, found["packets"]
        wanted = "SELECT * FROM recordings WHERE state = 'ready' AND message IS NULL"
        server.rows_when(f"SELECT 1 FROM ({wanted}) AS ready HAVING count(*) = %s", CALLS)
        for row in server.rows(f"{wanted}"):
            assert row["length_ms"] >= SECONDS * 1000, row
            assert row["offset_ms"] == 0, row
        assert "lacks" not in server.log()
        verified = server.ctl("recordings", "verify")
        assert verified == f"{CALLS} checked, 0 bad\n"
    finally:
        server.close()
