"""For microphone.mjs: the sounds of the fake microphones, and where they are in a recording.

sound.py make SOUND FILE.wav
sound.py probe RECORDING
sound.py places SOUND SPOKEN.f32 AT RECORDING TRACK ZERO
"""

import json
import sys
import wave
from pathlib import Path

import numpy

sys.path.insert(0, str(Path(__file__).parents[1] / "scenario"))

from otomo.sound import RATE, Sound, find, probe, track  # noqa: E402

PERIOD = 4.0  # seconds after which a microphone says the same again
SLACK = 0.5  # seconds by which a place is looked for at least

SENTENCE = "How was your day at the harbour?"


def known(what):
    return Sound.tone() if what == "tone" else Sound.sentence(SENTENCE)


def make(what, file):
    said = known(what).samples
    assert len(said) < (PERIOD - 2 * SLACK) * RATE, "too long to be told from the next one"
    samples = numpy.zeros(int(PERIOD * RATE))
    samples[: len(said)] = said * 0.5 / abs(said).max()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((samples * 32767).astype("<i2").tobytes())


def find_near(sound, samples, at):
    """Where SOUND is within SLACK of AT: (seconds, likeness)."""
    first = max(0, int((at - SLACK) * RATE))
    place, likeness = find(sound, samples[first : int((at + SLACK) * RATE) + len(sound.samples)])
    return first / RATE + place, likeness


def places(what, spoken, at, recording, index, zero):
    """Each time that the sound was said while it was recorded, as [{said, recorded, likeness}]."""
    sound, at, zero = known(what), float(at), float(zero)
    spoken = numpy.fromfile(spoken, "<f4")
    recorded = track(recording, index)
    length = len(sound.samples) / RATE
    best, _ = find(sound, spoken)
    found = []
    for near in numpy.arange(best % PERIOD, len(spoken) / RATE - length, PERIOD):
        place, likeness = find_near(sound, spoken, near)
        said = at + place
        if likeness < 0.5 or said < zero + SLACK or said + length > zero + len(recorded) / RATE:
            continue
        place, likeness = find_near(sound, recorded, said - zero)
        found.append({"said": said, "recorded": zero + place, "likeness": likeness})
    return found


def main(verb, *arguments):
    if verb == "probe":
        title, ends = probe(*arguments)
        print(json.dumps({"title": title, "ends": ends}))
    elif verb == "places":
        print(json.dumps(places(*arguments)))
    else:
        make(*arguments)


main(*sys.argv[1:])
