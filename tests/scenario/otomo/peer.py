"""A media peer, the voice half of a browser: one UDP socket on the loopback, ICE in the controlling
role against a lite server, DTLS-SRTP in either role, one Opus packet each 20 ms. It can also
misbehave in named ways."""

import asyncio
import re
import secrets
import struct
from collections import Counter, deque, namedtuple

from aioice import stun, turn
from pylibsrtp import Error as SrtpError
from pylibsrtp import Policy, Session

from . import DEADLINE, sdp
from .dtls import Dtls, Identity

PACKET_INTERVAL = 0.02  # seconds of Opus in a packet
PACKET_SAMPLES = 960  # the same at 48 kHz
LATE_MAX = 5  # packets by which one may leave late
PUNCTUALITY, PUNCTUAL = 0.005, 10  # seconds that are no delay; packets that tell a clock
CHECK_INTERVAL = 0.1  # seconds between connectivity checks until one is answered; DTLS steps too
CONSENT_INTERVAL = 2.5  # seconds between checks afterwards, as browsers do
HOST_PRIORITY = 2130706431


# A TURN server and what it lets one in by, as aioice names them; TRANSPORT: "udp" or "tcp", to it
Relay = namedtuple("Relay", "server_addr username password transport")


def relay_of(ice_servers, transport):
    """The Relay of signaling_start's `iceServers` that is reached over TRANSPORT."""
    for entry in ice_servers:
        for url in entry["urls"]:
            found = re.fullmatch(rf"turn:([^:]+):(\d+)\?transport={transport}", url)
            if found:
                address = (found[1], int(found[2]))
                return Relay(address, entry["username"], entry["credential"], transport)
    raise AssertionError(f"no TURN over {transport}: {ice_servers}")


class Peer(asyncio.DatagramProtocol):
    """One side's media. Make it with `await Peer.open (name)`; close () it."""

    @classmethod
    async def open(cls, name, payload=111, host="127.0.0.1", relay=None):
        """NAME goes into each packet; PAYLOAD is the number that its descriptions give to Opus;
        HOST: its address, which also says over which protocol it reaches the server; RELAY: the
        Relay that all goes through instead."""
        self = cls()
        self.name, self.payload = name, payload
        self.identity = Identity()
        self.ufrag, self.pwd = secrets.token_hex(4), secrets.token_hex(12)
        self.ssrc = secrets.randbits(32) or 1
        self.first_sequence = self.sequence = 256 + secrets.randbits(14)  # far from where the numbers end
        self.timestamp = secrets.randbits(31)
        self.said_fingerprint = self.identity.fingerprint  # what our SDP claims; tests may lie here
        self.remote = None  # sdp.Description of the server's side
        self.server_address = None
        self.checks_answered = 0
        self.dtls = None
        self.early_dtls = []  # came before the description that says who is who
        self.srtp_out = self.srtp_in = None
        self.heard = Counter()  # RTP packets that came through, by (payload number, SSRC, text)
        self.heard_rtcp = 0
        self.sent = 0
        self.idle = b"\xf8" + name.encode()  # table of contents: one CELT frame of 20 ms
        self.speech = deque()  # Opus packets that go out before anything idle
        self.speaks_since = None  # the instant at which the first of them was due
        self.due = None  # the instant at which the next packet is
        self.punctual = 0  # packets that left when they were due
        self.talking = False
        self.is_gone = False  # see vanish ()
        self._talker = None  # the task that does
        self.keeps_consent = True  # whether checks go on after the handshake
        self._changed = asyncio.Event()
        self._tasks = []
        loop = asyncio.get_running_loop()
        if relay:
            self._transport, _ = await turn.create_turn_endpoint(lambda: self, **relay._asdict())
        else:
            self._transport, _ = await loop.create_datagram_endpoint(
                lambda: self, local_addr=(host, 0)
            )
        self.host, self.port = self._transport.get_extra_info("sockname")[:2]
        return self

    # What signalling asks of a peer -----------------------------------------------------------

    def offer(self):
        return {"type": "offer", "sdp": self._describe("actpass", self.payload)}

    def answer(self, offer, setup="active"):
        """Answers the server's offer, with the number that it gave to Opus."""
        assert offer["type"] == "offer", offer
        remote = sdp.read(offer["sdp"])
        self.payload = remote.payload
        text = self._describe(setup, remote.payload, remote.mid)
        self._begin(remote, is_client=setup == "active")
        return {"type": "answer", "sdp": text}

    def accept(self, answer):
        """Takes the server's answer to our offer."""
        assert answer["type"] == "answer", answer
        remote = sdp.read(answer["sdp"])
        assert remote.setup in ("active", "passive"), f"an answer with a=setup:{remote.setup}"
        self._begin(remote, is_client=remote.setup == "passive")

    def add_candidate(self, candidate):
        """Takes the field `candidate` of the server's ice_candidate; None is the end of them."""
        text = candidate["candidate"] if candidate else ""
        address = sdp.candidate_address(text) if text else None
        same_family = address and (":" in address[0]) == (":" in self.host)
        if same_family and self.server_address is None:
            self.server_address = address

    def candidate(self):
        """Our one candidate, as a client trickles it."""
        return {"candidate": self._candidate_line(), "sdpMid": "0", "sdpMLineIndex": 0}

    # What tests wait for ----------------------------------------------------------------------

    async def connected(self, deadline=DEADLINE):
        """Waits until ICE and DTLS are through and the server's certificate is the announced
        one."""
        await self._until(lambda: self.srtp_out or (self.dtls and self.dtls.failure), deadline)
        assert self.srtp_out, f"{self.name}'s media is not connected: {self._situation()}"

    async def connected_or_not(self, patience=2.0):
        """Whether our side of ICE and DTLS has come through, as far as PATIENCE goes: the server
        may end it, or be silent."""
        await self._until(lambda: self.srtp_out or (self.dtls and self.dtls.failure), patience)
        return self.srtp_out is not None

    async def settled(self, deadline=DEADLINE):
        """All that we have sent has been looked at: a check sent now is answered, in order."""
        seen = self.checks_answered
        self.send_check()
        await self._until(lambda: self.checks_answered > seen, deadline)
        assert (
            self.checks_answered > seen
        ), f"{self.name}: no answer to a check: {self._situation()}"

    async def hears(self, count, deadline=DEADLINE):
        """Waits until COUNT more RTP packets came through than before."""
        goal = self.heard_count() + count
        await self._until(lambda: self.heard_count() >= goal, deadline)
        assert self.heard_count() >= goal, f"{self.name} hears too little: {self._situation()}"

    async def says(self, count, deadline=DEADLINE):
        """Waits until COUNT more RTP packets of ours have gone out."""
        goal = self.sent + count
        await self._until(lambda: self.sent >= goal, deadline)
        assert self.sent >= goal, f"{self.name} says too little: {self._situation()}"

    async def hears_rtcp(self, count, deadline=DEADLINE):
        """Waits until COUNT RTCP packets came through in all."""
        await self._until(lambda: self.heard_rtcp >= count, deadline)
        assert self.heard_rtcp >= count, f"{self.name} got no RTCP: {self._situation()}"

    async def falls_silent(self, silence=0.5, deadline=DEADLINE):
        """Waits until nothing more comes through, for as long as SILENCE."""
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline
        while loop.time() < end:
            before = self.heard_count()
            await asyncio.sleep(silence)
            if self.heard_count() == before:
                return
        raise AssertionError(f"{self.name} still hears: {self._situation()}")

    def heard_count(self):
        return sum(self.heard.values())

    # What a peer does -------------------------------------------------------------------------

    def talk(self, interval=PACKET_INTERVAL):
        """A packet each INTERVAL (s) from now on."""
        if not self.talking:
            self.talking = True
            self._talker = self._start(self._talk(interval))

    async def say(self, packets):
        """Says PACKETS, idle before and after; the instant at which the first one was due. Before,
        some leave on time, however busy the machine is: who listens knows our clock by them."""
        goal = self.punctual + PUNCTUAL
        await self._until(lambda: self.punctual >= goal, DEADLINE)
        self.speaks_since = None
        self.speech.extend(packets)
        await self._until(lambda: not self.speech, DEADLINE)
        return self.speaks_since

    def pause(self):
        """No RTP from now on; connectivity checks go on."""
        if self.talking:
            self.talking = False
            self._talker.cancel()

    def send_rtp(self):
        packet = self.srtp_out.protect(self._rtp())
        self._advance()
        self._send(packet)
        self.sent += 1
        self._changed.set()

    def lose_rtp(self):
        """A packet that the network swallows on its way to the server."""
        self.srtp_out.protect(self._rtp())
        self._advance()

    def send_rtcp(self, ntp=0):
        """A sender report (RFC 3550 section 6.4.1), protected as it should be; NTP: its 64-bit
        timestamp."""
        report = struct.pack("!BBHIQIII", 0x80, 200, 6, self.ssrc, ntp, self.timestamp, self.sent, 0)
        self._send(self.srtp_out.protect_rtcp(report))

    def report(self, ssrc, lost, highest, jitter=0, last_report=0, delay=0):
        """A receiver report about SSRC (RFC 3550 section 6.4.2), with what it shall say."""
        block = struct.pack(
            "!IIIIII", ssrc, lost & 0xFFFFFF, highest, jitter, last_report, delay
        )
        self._send(self.srtp_out.protect_rtcp(struct.pack("!BBHI", 0x81, 201, 7, 1) + block))

    def send_check(self):
        """A STUN binding request with USE-CANDIDATE."""
        self._send(bytes(self.check()))

    def check(self, password=None, **changes):
        """The same, not sent; CHANGES: other attributes, with _ for -; None: without it."""
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self.remote.ufrag}:{self.ufrag}"
        request.attributes["PRIORITY"] = HOST_PRIORITY
        request.attributes["ICE-CONTROLLING"] = 1
        request.attributes["USE-CANDIDATE"] = None
        for name, value in changes.items():
            request.attributes.pop(name.replace("_", "-"), None)
            if value is not None:
                request.attributes[name.replace("_", "-")] = value
        request.add_message_integrity((password or self.remote.pwd).encode())
        return request

    def forge_rtp(self):
        """RTP that no SRTP key made: our header and SSRC, then noise in place of payload and
        tag."""
        self._send(self._rtp()[:12] + secrets.token_bytes(60))

    def send_plain_rtp(self):
        """RTP as it is, not protected at all."""
        self._send(self._rtp())

    def vanish(self):
        """Off the network: no packet goes out any more, none that comes is looked at. Its port stays
        its own, or another peer would hear what is still sent to it."""
        self.pause()
        for task in self._tasks:
            task.cancel()
        self.is_gone = True

    def close(self):
        if self.dtls and self.dtls.done and not self.is_gone:
            self.dtls.close()
        self.vanish()
        self._transport.close()

    # Inside -----------------------------------------------------------------------------------

    def _describe(self, setup, payload, mid="0"):
        return sdp.write(
            ufrag=self.ufrag,
            pwd=self.pwd,
            fingerprint=self.said_fingerprint,
            setup=setup,
            payload=payload,
            ssrc=self.ssrc,
            mid=mid,
            candidates=[self._candidate_line()],
        )

    def _candidate_line(self):
        return f"candidate:1 1 udp {HOST_PRIORITY} {self.host} {self.port} typ host"

    def _begin(self, remote, is_client):
        assert self.remote is None, "a second description: open a new Peer, as after a reload"
        self.remote = remote
        for candidate in remote.candidates:
            self.add_candidate({"candidate": candidate})
        self.dtls = Dtls(self.identity, is_client, self._send)
        self._start(self._connect())

    async def _connect(self):
        """Checks until answered, then shakes hands, then keeps consent."""
        while not self.checks_answered:
            if self.server_address:
                self.send_check()
            await asyncio.sleep(CHECK_INTERVAL)
        for datagram in self.early_dtls:
            self._shake(datagram)
        while not self.srtp_out and not self.dtls.failure:
            self._shake(None)  # begins as client, and sends again what was lost
            await asyncio.sleep(CHECK_INTERVAL)
        while True:
            await asyncio.sleep(CONSENT_INTERVAL)
            if self.keeps_consent:
                self.send_check()

    async def _talk(self, interval):
        """Packets leave at fixed instants from the first one on, so that a late wake-up does not
        add up. What is too late is not sent; its time passes all the same."""
        loop = asyncio.get_running_loop()
        self.due = loop.time()
        while self.talking:
            self.punctual += loop.time() - self.due < PUNCTUALITY
            self.send_rtp()
            self.due += interval
            while loop.time() - self.due > LATE_MAX * interval:
                self._pass_time()
                self.due += interval
            await asyncio.sleep(max(0, self.due - loop.time()))

    def _start(self, coroutine):
        """Runs it beside the test; what goes wrong in it fails the test (conftest.py,
        loop.faults)."""
        loop = asyncio.get_running_loop()

        def ended(task):
            if not task.cancelled() and task.exception():
                loop.call_exception_handler({"message": self.name, "exception": task.exception()})

        task = loop.create_task(coroutine)
        task.add_done_callback(ended)
        self._tasks.append(task)
        return task

    def _rtp(self):
        header = struct.pack("!BBHII", 0x80, self.payload, self.sequence, self.timestamp, self.ssrc)
        return header + (self.speech[0] if self.speech else self.idle)

    def _advance(self):
        self.sequence = (self.sequence + 1) & 0xFFFF
        self._pass_time()

    def _pass_time(self):
        self.timestamp = (self.timestamp + PACKET_SAMPLES) & 0xFFFFFFFF
        if self.speech:
            self.speech.popleft()
            self.speaks_since = self.speaks_since or self.due

    def _send(self, datagram):
        if not self.is_gone:
            self._transport.sendto(datagram, self.server_address)

    def datagram_received(self, datagram, address):
        """Sorts by the first byte (RFC 7983)."""
        if self.is_gone:
            return
        if datagram[0] < 4:
            self._on_stun(datagram, address)
        elif 20 <= datagram[0] < 64:
            if self.dtls and self.checks_answered:
                self._shake(datagram)
            else:
                self.early_dtls.append(datagram)
        elif 128 <= datagram[0] < 192 and self.srtp_in:
            self._on_media(datagram)
        self._changed.set()

    def _on_stun(self, datagram, address):
        message = stun.parse_message(datagram)
        if message.message_class == stun.Class.RESPONSE:
            stun.parse_message(datagram, self.remote.pwd.encode())  # raises when the key is wrong
            self.checks_answered += 1
        elif message.message_class == stun.Class.REQUEST:  # the server is not lite: answer it
            response = stun.Message(
                stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id
            )
            response.attributes["XOR-MAPPED-ADDRESS"] = address
            response.add_message_integrity(self.pwd.encode())
            self._transport.sendto(bytes(response), address)

    def _shake(self, datagram):
        self.dtls.step(datagram)
        if not self.dtls.done or self.srtp_out:
            return
        seen = self.dtls.peer_fingerprint()
        assert seen == self.remote.fingerprint, f"SDP says {self.remote.fingerprint}, DTLS {seen}"
        ours, theirs = self.dtls.srtp_keys()
        self.srtp_out = Session(Policy(key=ours, ssrc_type=Policy.SSRC_ANY_OUTBOUND))
        self.srtp_in = Session(Policy(key=theirs, ssrc_type=Policy.SSRC_ANY_INBOUND))
        self._changed.set()

    def _on_media(self, datagram):
        try:
            if 192 <= datagram[1] < 224:
                self.srtp_in.unprotect_rtcp(datagram)
                self.heard_rtcp += 1
                return
            packet = self.srtp_in.unprotect(datagram)
        except SrtpError as error:
            raise AssertionError(f"{self.name} got a packet that it can't read: {error}") from error
        (ssrc,) = struct.unpack_from("!I", packet, 8)
        header_bytes = 12 + 4 * (packet[0] & 15)
        self.heard[
            (packet[1] & 127, ssrc, packet[header_bytes + 1 :].decode(errors="replace"))
        ] += 1

    async def _until(self, condition, deadline):
        """Waits for CONDITION, looked at after each packet; returns at the deadline either way."""
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline
        while not condition() and loop.time() < end:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), min(CHECK_INTERVAL, end - loop.time()))
            except asyncio.TimeoutError:
                pass  # look again: not every change is a packet

    def _situation(self):
        return (
            f"server at {self.server_address}, checks answered: {self.checks_answered}, "
            f"DTLS: {'done' if self.dtls and self.dtls.done else self.dtls and self.dtls.failure}, "
            f"sent {self.sent}, heard {dict(self.heard)}, RTCP {self.heard_rtcp}"
        )
