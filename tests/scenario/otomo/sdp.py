"""The little SDP that one audio line needs: written as a browser would, read as far as the tests
look."""

import re
from dataclasses import dataclass, field


@dataclass
class Description:
    """What a peer has to know of the other side's session description."""

    ufrag: str
    pwd: str
    fingerprint: str  # "AB:CD:…", SHA-256, upper case
    setup: str  # active, passive, actpass
    mid: str
    payload: int  # the number that this description gives to Opus
    ice_lite: bool
    candidates: list = field(default_factory=list)  # values of a=candidate lines, "candidate:…"


def write(*, ufrag, pwd, fingerprint, setup, payload, ssrc, mid="0", candidates=()):
    """Returns a description of one Opus line, BUNDLE and rtcp-mux, sendrecv."""
    lines = [
        "v=0",
        "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {mid}",
        f"m=audio 9 UDP/TLS/RTP/SAVPF {payload}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        *(f"a={candidate}" for candidate in candidates),
        f"a=ice-ufrag:{ufrag}",
        f"a=ice-pwd:{pwd}",
        "a=ice-options:trickle",
        f"a=fingerprint:sha-256 {fingerprint}",
        f"a=setup:{setup}",
        f"a=mid:{mid}",
        "a=sendrecv",
        "a=rtcp-mux",
        f"a=rtpmap:{payload} opus/48000/2",
        f"a=fmtp:{payload} minptime=10;useinbandfec=1",
        f"a=ssrc:{ssrc} cname:scenario",
    ]
    return "".join(line + "\r\n" for line in lines)


def read(text):
    """Returns the Description in TEXT; a missing part is an AssertionError that names it."""

    def value(pattern, what):
        found = re.search(pattern, text, re.MULTILINE | re.IGNORECASE)
        assert found, f"the server's description has no {what}:\n{text}"
        return found.group(1).strip()

    return Description(
        ufrag=value(r"^a=ice-ufrag:(.+)$", "ice-ufrag"),
        pwd=value(r"^a=ice-pwd:(.+)$", "ice-pwd"),
        fingerprint=value(r"^a=fingerprint:sha-256 (.+)$", "SHA-256 fingerprint").upper(),
        setup=value(r"^a=setup:(.+)$", "setup"),
        mid=value(r"^a=mid:(.+)$", "mid"),
        payload=int(value(r"^a=rtpmap:(\d+) opus/48000/2", "Opus rtpmap")),
        ice_lite=re.search(r"^a=ice-lite", text, re.MULTILINE) is not None,
        candidates=[c.strip() for c in re.findall(r"^a=(candidate:.+)$", text, re.MULTILINE)],
    )


def candidate_address(candidate):
    """Returns (address, port) of a UDP candidate for RTP, None for any other."""
    part = candidate.split()
    if len(part) < 8 or part[1] != "1" or part[2].lower() != "udp":
        return None
    return part[4], int(part[5])
