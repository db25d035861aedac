"""For microphone.mjs: the sounds of the fake microphones, and where they are in a recording.

sound.py make SOUND FILE.wav
sound.py probe RECORDING
sound.py places SOUND SPOKEN.f32 AT TRACK RECORDING ZERO [RECORDING ZERO…]
"""

import json
import sys
import wave
from pathlib import Path

import numpy

sys.path.insert(0, str(Path(__file__).parents[1] / "scenario"))

from otomo.sound import RATE, Sound, find, probe, track  # noqa: E402

PERIOD = 3.0  # seconds after which a microphone says the same again
SLACK = 0.4  # seconds by which a place is looked for at least

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


def said_at(sound, spoken):
    """Each time that the sound was said from its beginning to its end, in seconds."""
    length = len(sound.samples) / RATE
    best, _ = find(sound, spoken)
    for near in numpy.arange(best % PERIOD, len(spoken) / RATE - length, PERIOD):
        place, likeness = find_near(sound, spoken, near)
        if likeness > 0.5:
            yield place


def places(what, spoken, at, index, *recordings):
    """For each recording the times that it was said meanwhile: [{said, recorded, likeness}]."""
    sound = known(what)
    length = len(sound.samples) / RATE
    said = [float(at) + place for place in said_at(sound, numpy.fromfile(spoken, "<f4"))]
    found = []
    for recording, zero in zip(recordings[::2], map(float, recordings[1::2])):
        recorded = track(recording, index)
        end = zero + len(recorded) / RATE
        found.append([])
        for instant in said:
            if zero + SLACK <= instant <= end - length:
                place, likeness = find_near(sound, recorded, instant - zero)
                found[-1].append({"said": instant, "recorded": zero + place, "likeness": likeness})
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
