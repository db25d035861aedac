"""Sounds as Opus packets, and where they are in a recording: made by espeak-ng and ffmpeg, found by
cross-correlation."""

import json
import subprocess

import numpy

RATE = 48000
SILENCE = b"\xf8\xff\xfe"  # an Opus packet: 20 ms of nothing


def _run(*command, stdin=None):
    ran = subprocess.run(command, input=stdin, capture_output=True)
    assert ran.returncode == 0, f"{command}: {ran.stderr.decode(errors='replace')}"
    return ran.stdout


def _ffmpeg(*arguments, stdin=None):
    return _run("ffmpeg", "-nostdin", "-v", "error", *map(str, arguments), stdin=stdin)


class Sound:
    """SAMPLES at RATE, and the same as 20 ms packets of Opus."""

    def __init__(self, wave):
        raw = ["-f", "f32le", "-ar", RATE, "-ac", 1]
        self.samples = numpy.frombuffer(_ffmpeg("-i", "-", *raw, "-", stdin=wave), "<f4")
        opus = ["-c:a", "libopus", "-b:a", "32k", "-frame_duration", 20, "-f", "ogg"]
        self.packets = _packets(_ffmpeg("-i", "-", *opus, "-", stdin=wave))

    @classmethod
    def tone(cls, hertz=440, seconds=1.5):
        source = f"sine=frequency={hertz}:duration={seconds}"
        return cls(_ffmpeg("-f", "lavfi", "-i", source, "-f", "wav", "-"))

    @classmethod
    def sentence(cls, text):
        return cls(_run("espeak-ng", "--stdout", text))


def _packets(ogg):
    """The packets of an Ogg stream (RFC 3533) after OpusHead and OpusTags (RFC 7845)."""
    packets, part, at = [], b"", 0
    while at < len(ogg):
        lacing = ogg[at + 27 : at + 27 + ogg[at + 26]]
        at += 27 + len(lacing)
        for length in lacing:
            part += ogg[at : at + length]
            at += length
            if length < 255:
                packets.append(part)
                part = b""
    return packets[2:]


def probe(path):
    """What ffprobe reads: (title, None when the file was never closed; seconds of each track by its last packet)."""
    shown = _run("ffprobe", "-v", "error", "-of", "json", "-show_packets", "-show_streams",
                 "-show_entries", "format_tags=TITLE", path)  # fmt: skip
    shown = json.loads(shown)
    ends = {stream["index"]: 0.0 for stream in shown["streams"]}
    assert all(stream["codec_name"] == "opus" for stream in shown["streams"]), shown["streams"]
    for packet in shown["packets"]:
        end = float(packet["pts_time"]) + float(packet.get("duration_time", 0))
        ends[packet["stream_index"]] = max(ends[packet["stream_index"]], end)
    title = shown.get("format", {}).get("tags", {}).get("TITLE")
    return title, [ends[index] for index in sorted(ends)]


def track(path, index):
    """A track's samples, at its own times."""
    raw = ["-map", f"0:a:{index}", "-f", "f32le", "-ar", RATE, "-ac", 1]
    return numpy.frombuffer(_ffmpeg("-i", path, *raw, "-"), "<f4")


def stereo(path):
    """The samples of the left and of the right channel."""
    raw = ["-f", "f32le", "-ar", RATE, "-ac", 2]
    both = numpy.frombuffer(_ffmpeg("-i", path, *raw, "-"), "<f4").reshape(-1, 2)
    return both[:, 0], both[:, 1]


def find(sound, samples):
    """Where SOUND is in SAMPLES: (seconds, likeness from 0 to 1)."""
    size = 1 << (len(samples) + len(sound.samples)).bit_length()
    spectrum = numpy.fft.rfft(samples, size) * numpy.conj(numpy.fft.rfft(sound.samples, size))
    match = numpy.fft.irfft(spectrum, size)[: len(samples)]
    at = int(numpy.argmax(match))
    there = samples[at : at + len(sound.samples)]
    scale = numpy.linalg.norm(there) * numpy.linalg.norm(sound.samples)
    return at / RATE, float(match[at] / scale) if scale else 0.0
