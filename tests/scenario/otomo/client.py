"""One WebSocket connection of one person: sends events, keeps all that comes, waits for what should
come."""

import asyncio
import contextlib
import json
import os
import time
from datetime import datetime, timezone

import websockets

from . import DEADLINE, contract

# The format that clients speak unless a test says otherwise; meson runs some files in both.
SUBPROTOCOL = os.environ.get("OTOMO_TEST_SUBPROTOCOL")
ENVELOPE = "otomo.envelope.v1"
SDP_SHOWN = 40  # characters of a description in a failure message


class Event(dict):
    """An event's fields; `type` is its name, `raw` the message as it came, `at` its arrival
    (monotonic, s), `wall` the same in UTC."""

    def __init__(self, raw):
        self.raw = raw
        self.type = raw["event" if "event" in raw else "type"]
        super().__init__(raw if "payload" not in raw else {"type": self.type, **raw["payload"]})
        self.at = time.monotonic()
        self.wall = datetime.now(timezone.utc)


class Client:
    """Make it with `await Client.connect (…)`, close () it; expect () takes each event once."""

    @classmethod
    async def connect(
        cls, url, name="client", token=None, bearer=None, subprotocols=None, headers=None
    ):
        """Opens the socket; TOKEN goes into the URL, BEARER into the header, none of both: init ()
        does it. HEADERS: further ones."""
        self = cls()
        self.name = name
        self.log = []  # ("->" or "<-", monotonic s, message), both directions, in order
        self._inbox = []  # events that no expect () took yet
        self._listeners = {}
        self.sent, self.received = 0, 0  # the last sequence of either side (envelope)
        self._news = asyncio.Event()
        self._socket = await websockets.connect(
            url + "/v1/socket" + (f"?access_token={token}" if token else ""),
            extra_headers={**({"Authorization": f"Bearer {bearer}"} if bearer else {}), **(headers or {})},
            subprotocols=subprotocols or (SUBPROTOCOL and [SUBPROTOCOL]),
            max_size=None,
            ping_interval=None,
            open_timeout=DEADLINE,
            close_timeout=DEADLINE,
        )
        self._reader = asyncio.ensure_future(self._read())
        return self

    async def init(self, user_id, token):
        """The first message, and its answer."""
        await self.send("init_connection", userId=user_id, token=token)
        return await self.expect("connection_ack", userId=user_id)

    async def take_up(self, user_id, token, session_id, last, is_new=False):
        """The first message of a client that was lost: asks for the session and what came after the
        number LAST. The acknowledgement repeats that number, unless the session IS_NEW."""
        self.received = 0 if is_new else last - 1
        resume = {"sessionId": session_id, "lastSequence": last}
        await self.send("init_connection", userId=user_id, token=token, resume=resume)

    async def send(self, event, **fields):
        await self.send_raw(self.written(event, **fields))

    def written(self, event, **fields):
        """The event as this connection's format has it; the envelope's are numbered."""
        if not self.is_envelope:
            return json.dumps({"type": event, **fields})
        self.sent += 1
        return json.dumps({"event": event, "payload": fields, "sequence": self.sent})

    async def send_raw(self, message):
        """Text goes out as a text frame, bytes as a binary one."""
        self.log.append(("->", time.monotonic(), message))
        await self._socket.send(message)

    async def send_broken_utf8(self):
        """A text frame whose bytes are not UTF-8: below what the library lets one say."""
        self.log.append(("->", time.monotonic(), "(a text frame of 0xFF 0xFE)"))
        await self._socket.write_frame(True, websockets.frames.Opcode.TEXT, b"\xff\xfe")

    async def flood(self, write, count):
        """COUNT messages, each made by WRITE (), or until the server has closed the connection."""
        try:
            for _ in range(count):
                await self.send_raw(write())
        except websockets.ConnectionClosed:
            pass

    def listen(self, event, listener):
        """LISTENER (event) is called with each such event as it comes; they can be expected as
        well."""
        self._listeners[event] = listener

    async def expect(self, *events, deadline=DEADLINE, **where):
        """Waits for the next event of one of these names whose fields are as in WHERE (a value, or
        a function that judges one), and takes it out of the inbox. Others stay there, in order."""
        end = time.monotonic() + deadline
        while True:
            for i, event in enumerate(self._inbox):
                if event.type in events and _matches(event, where):
                    return self._inbox.pop(i)
            left = end - time.monotonic()
            if self._reader.done() or left <= 0:
                why = (
                    "the connection is closed"
                    if self._reader.done()
                    else f"not within {deadline} s"
                )
                raise AssertionError(
                    f"no {' or '.join(events)} {where or ''}: {why}\n{self.story()}"
                )
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except asyncio.TimeoutError:
                pass

    async def expect_error(self, code, **where):
        """Waits for an `error` of this CODE, which must say something to a person."""
        error = await self.expect("error", **where)
        assert error["code"] == code, f"{error['code']}, not {code}: {error}\n{self.story()}"
        assert error.get("message"), f"an error without a sentence: {error}"
        if self.is_envelope and "originalEvent" in error:
            sent = {m["sequence"]: m["event"] for m in self._numbered()}
            assert sent[error["originalSequence"]] == error["originalEvent"], error
        return error

    async def expect_none(self, *events, **where):
        """None of these has come by the time that a heartbeat sent now is answered: what the server
        had said before is in the inbox then, without waiting for time to pass."""
        await self.round_trip()
        found = [e for e in self._inbox if e.type in events and _matches(e, where)]
        assert not found, f"unexpected {found}\n{self.story()}"

    async def round_trip(self):
        """All that we have sent has been handled, and all that was sent to us has arrived."""
        await self.send("heartbeat")
        await self.expect("heartbeat_ack")

    def taken(self, *events):
        """All of these names that have come and that no expect () took; none will."""
        found = [event for event in self._inbox if event.type in events]
        self._inbox = [event for event in self._inbox if event.type not in events]
        return found

    def forget(self):
        """Whatever no expect () took so far, none will."""
        self._inbox.clear()

    def _numbered(self):
        """All that we sent with a number."""
        for way, _, message in self.log:
            if way == "->" and isinstance(message, str) and message.startswith('{"event": "'):
                yield json.loads(message)

    def seen(self, *events):
        """All events of these names that ever came, taken or not."""
        return [
            e for way, _, e in self.log if way == "<-" and isinstance(e, Event) and e.type in events
        ]

    async def closed(self, code, deadline=DEADLINE):
        """Waits until the server has closed the connection with this close CODE."""
        await asyncio.wait([self._reader], timeout=deadline)
        assert self._reader.done(), f"still open, not closed with {code}\n{self.story()}"
        got = f"{self._socket.close_code} {self._socket.close_reason!r}"
        assert self._socket.close_code == code, f"closed with {got}, not {code}\n{self.story()}"

    @property
    def session_id(self):
        return self.seen("connection_ack")[0]["sessionId"]

    @property
    def subprotocol(self):
        return self._socket.subprotocol

    @property
    def is_envelope(self):
        return self.subprotocol == ENVELOPE

    @property
    def is_open(self):
        return not self._reader.done()

    def answer_no_pings(self):
        """From now on the server's pings get no pong."""

        async def pong(data):
            self.log.append(("<-", time.monotonic(), "(a ping)"))

        self._socket.pong = pong

    def stop_reading(self):
        """From now on whatever is sent to it stays on its way; only lose () ends it."""
        self._socket.transport.pause_reading()

    async def close(self):
        with contextlib.suppress(websockets.ConnectionClosed):  # a server that was killed has gone without a word
            await self._socket.close()
        await self._reader

    async def lose(self):
        """The TCP connection goes without a word of WebSocket, as when a phone's network does."""
        self._socket.transport.abort()
        await self._reader

    def story(self):
        """All that was said, for a failure message."""
        lines = [f"what {self.name} said (->) and heard (<-), in seconds:"]
        start = self.log[0][1] if self.log else 0
        for way, at, message in self.log:
            lines.append(f"  {at - start:7.3f} {way} {_short(message)}")
        return "\n".join(lines)

    def _check(self, event):
        """Off the contract fails the test (conftest.py, loop.faults), whatever the test looks
        at."""
        try:
            contract.check(event.type, {k: v for k, v in event.items() if k != "type"})
            if self.is_envelope:
                assert set(event.raw) == {"event", "payload", "sequence"}, "not the envelope"
                expected, self.received = self.received + 1, event.raw["sequence"]
                assert self.received == expected, f"sequence {self.received} after {expected - 1}"
        except AssertionError as fault:
            loop = asyncio.get_running_loop()
            loop.call_exception_handler(
                {"message": f"{self.name} got {event.raw}", "exception": fault}
            )

    async def _read(self):
        try:
            async for text in self._socket:
                assert isinstance(text, str), f"the server sent a binary frame: {text[:80]}"
                event = Event(json.loads(text))
                self.log.append(("<-", event.at, event))
                self._inbox.append(event)
                self._check(event)
                if event.type in self._listeners:
                    self._listeners[event.type](event)
                self._news.set()
        except websockets.ConnectionClosed:
            pass
        finally:
            self.log.append(("<-", time.monotonic(), f"(closed, {self._socket.close_code})"))
            self._news.set()


def _matches(event, where):
    return all(
        want(event.get(name)) if callable(want) else event.get(name) == want
        for name, want in where.items()
    )


def _short(message):
    if isinstance(message, Event):
        message = json.dumps(message.raw)
    if isinstance(message, bytes):
        return f"({len(message)} bytes)"
    head, sep, rest = message.partition('"sdp": "')
    if sep:
        message = head + sep + rest[:SDP_SHOWN] + "…"
    return message if len(message) < 500 else message[:500] + f"… ({len(message)} characters)"
