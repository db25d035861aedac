"""Two people and the call between them: walks a call from state to state, as PROTOCOL.md section 5
tells it, so that a test only says what it is about."""

import asyncio
import itertools
from datetime import datetime, timezone

from . import DEADLINE
from .client import Client
from .peer import PACKET_INTERVAL, Peer, relay_of

LOOK_INTERVAL = 0.02  # seconds between two looks into the database

aside = asyncio.to_thread  # for the server's blocking helpers: voices flow on meanwhile


def instant(iso):
    """The wire's `iso` as a datetime."""
    return datetime.strptime(iso, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)


class Person:
    """One of the two: an account, its newest connection and its newest media peer."""

    def __init__(self, server, user_id):
        self.server, self.id = server, user_id
        self.token = server.tokens[user_id]
        self.subprotocols = None  # to offer; None: as of all clients
        self.host = "127.0.0.1"  # of its media
        self.relay = None  # "udp" or "tcp": its media goes through the TURN server that it is told
        self.client = None
        self.peer = None
        self._open = []

    async def connect(self, name=None):
        """One more connection, which becomes the one that acts."""
        self.client = await Client.connect(
            self.server.url, name or self.id, subprotocols=self.subprotocols
        )
        self._open.append(self.client)
        await self.client.init(self.id, self.token)
        return self.client

    async def come_back(self):
        """Takes the session of the connection that acts, which is lost, up again."""
        lost = self.client
        self.client = await Client.connect(self.server.url, self.id, subprotocols=self.subprotocols)
        self._open.append(self.client)
        is_flat = not self.client.is_envelope
        await self.client.take_up(self.id, self.token, lost.session_id, lost.received or 1, is_flat)
        await self.client.expect("connection_ack", resumed=not is_flat)
        return self.client

    async def refused(self, code):
        """Tries to connect, and is shown the door with this close code."""
        client = await Client.connect(self.server.url, self.id)
        await client.send("init_connection", userId=self.id, token=self.token)
        await client.closed(code)

    async def new_peer(self, payload=111):
        """A fresh media peer, as after a reload."""
        relay = self.relay and relay_of(self.client.seen("signaling_start")[-1]["iceServers"], self.relay)
        self.peer = await Peer.open(self.id, payload, self.host, relay)
        self._open.append(self.peer)
        peer = self.peer
        self.client.listen("ice_candidate", lambda event: peer.add_candidate(event["candidate"]))
        return peer

    async def drop(self, how="lose"):
        """Every connection of this person goes: closed in order, or lost without a word."""
        for client in [each for each in self._open if isinstance(each, Client)]:
            await getattr(client, how)()

    async def balance(self):
        """Points in the wallet (a user's) or earned (an otomo's)."""
        kind = "earnings" if self.id.startswith("o") else "wallet"
        rows = await aside(
            self.server.rows,
            "SELECT balance FROM accounts WHERE owner = %s AND kind = %s",
            self.id,
            kind,
        )
        return rows[0]["balance"] if rows else 0

    async def leave(self):
        for each in self._open:
            left = each.close()
            if left is not None:
                await left


class Scene:
    """A call of `user` to `otomo`."""

    numbers = itertools.count(1)

    def __init__(self, server, user_id, otomo_id):
        self.server = server
        self.user = Person(server, user_id)
        self.otomo = Person(server, otomo_id)
        self.call_id = f"call-{user_id}-{next(self.numbers)}"
        self.connected_at = None  # text of call_connected's connectedAt

    @property
    def both(self):
        return (self.user, self.otomo)

    # From state to state ----------------------------------------------------------------------

    async def online(self):
        for person in self.both:
            if person.client is None or not person.client.is_open:
                await person.connect()

    async def request(self):
        await self.user.client.send("call_request", toUserId=self.otomo.id, callId=self.call_id)

    async def ring(self):
        """(none) → ringing."""
        await self.online()
        await self.request()
        answer = await self.user.client.expect("call_ringing", "error", callId=self.call_id)
        assert answer.type == "call_ringing", f"{answer}\n{self.user.client.story()}"
        incoming = await self.otomo.client.expect("incoming_call", callId=self.call_id)
        assert incoming["fromUserId"] == self.user.id

    async def accept(self, **fields):
        """ringing → accepted, by the otomo's newest connection."""
        await self.otomo.client.send("call_accept", callId=self.call_id, **fields)
        for person in self.both:
            await person.client.expect("call_accepted", callId=self.call_id)
            await person.client.expect("signaling_start", callId=self.call_id)

    async def accepted(self, **fields):
        await self.ring()
        await self.accept(**fields)

    async def offer(self, person, payload=111):
        """This person's client offers, the server answers; the peer begins to connect."""
        peer = await person.new_peer(payload)
        await person.client.send("webrtc_offer", callId=self.call_id, offer=peer.offer())
        answer = await person.client.expect("webrtc_answer", callId=self.call_id)
        peer.accept(answer["answer"])
        return peer

    async def answer(self, person, **how):
        """The server offers to this person, whose client answers."""
        peer = await person.new_peer()
        offer = await person.client.expect("webrtc_offer", callId=self.call_id)
        answer = peer.answer(offer["offer"], **how)
        await person.client.send("webrtc_answer", callId=self.call_id, answer=answer)
        return peer

    async def negotiate(self):
        """As in the first document: the user offers, the otomo is offered to. Both legs come up."""
        await self.offer(self.user)
        await self.answer(self.otomo)
        for person in self.both:
            await person.peer.connected()

    async def talk(self, interval=PACKET_INTERVAL):
        """accepted → in_call: both speak, a packet each INTERVAL."""
        for person in self.both:
            person.peer.talk(interval)
        await self.connected()

    async def connected(self):
        """Both are told of the beginning, at the same instant."""
        told = [await p.client.expect("call_connected", callId=self.call_id) for p in self.both]
        assert told[0] == told[1], told
        self.connected_at = told[0]["connectedAt"]
        await self.state("in_call")

    async def in_call(self, **fields):
        """All the way from nothing to a call that is billed."""
        await self.accepted(**fields)
        await self.negotiate()
        await self.talk()

    async def state(self, state, **where):
        """Both are told of this state."""
        for person in self.both:
            await person.client.expect(
                "call_state_update", callId=self.call_id, state=state, **where
            )

    async def tick(self, index):
        """Both are told of this unit; the two ticks, the user's first."""
        return [
            await p.client.expect("call_tick", callId=self.call_id, unitIndex=index)
            for p in self.both
        ]

    async def hang_up(self, person=None):
        await (person or self.user).client.send("call_end_request", callId=self.call_id)
        return await self.over("user_end")

    async def hang_up_unconnected(self, person=None):
        await (person or self.user).client.send("call_end_request", callId=self.call_id)
        return await self.over("user_end", state="failed")

    async def over(self, reason, state="ended", to=None):
        """The end, told to both (or only to those in TO), and what the database then has; the
        call_end."""
        ends = [await p.client.expect("call_end", callId=self.call_id) for p in to or self.both]
        for person, end in zip(to or self.both, ends):
            assert end["reason"] == reason, f"{end}\n{person.client.story()}"
        assert all(end == ends[0] for end in ends), ends
        row = await self.row()
        assert (row["status"], row["end_reason"], row["total_seconds"]) == (
            state,
            reason,
            ends[0]["totalSeconds"],
        ), row
        assert row["ended_at"] is not None
        return ends[0]

    async def wall_clock(self, instant):
        """Waits until INSTANT: only for what is about time passing, never to let something else
        happen."""
        await asyncio.sleep(max(0, (instant - datetime.now(timezone.utc)).total_seconds()))

    # What the books say -----------------------------------------------------------------------

    async def row(self):
        """The call's row in `calls`."""
        rows = await self._rows()
        assert len(rows) == 1, f"{len(rows)} rows of {self.call_id} in calls"
        return rows[0]

    async def row_when(self, **values):
        """Waits until the call has a row with these values; for what nobody is told of."""
        loop = asyncio.get_running_loop()
        end = loop.time() + DEADLINE
        while True:
            rows = await self._rows()
            if rows and all(rows[0][name] == value for name, value in values.items()):
                return rows[0]
            assert loop.time() < end, f"not {values}: {rows}"
            await asyncio.sleep(LOOK_INTERVAL)

    async def _rows(self):
        query = "SELECT * FROM calls WHERE call_id = %s"
        return await aside(self.server.rows, query, self.call_id)

    async def events(self):
        """Its rows in `call_events`, oldest first."""
        query = "SELECT * FROM call_events WHERE call_id = %s ORDER BY id"
        return await aside(self.server.rows, query, self.call_id)

    async def refusal_recorded(self, event, person, code):
        """Waits for the row of the refused event: who, what, why, and no change of state. Nothing
        waits for this row in the server, so it may come after the answer."""
        loop = asyncio.get_running_loop()
        end = loop.time() + DEADLINE
        while loop.time() < end:
            events = await self.events()
            refused = [
                row
                for row in events
                if (row["event"], row["actor"]) == (event, person.id)
                and code in (row["detail"] or "")
            ]
            if refused:
                assert all(row["to_state"] in (None, row["from_state"]) for row in refused), refused
                return
            await asyncio.sleep(LOOK_INTERVAL)
        raise AssertionError(f"no row of {person.id}'s {event} refused with {code}: {events}")

    async def transfers(self, kind):
        """The call's transfers of a kind: charge, share, refund; in the order of their units."""
        query = "SELECT * FROM transfers WHERE call_id = %s AND kind = %s ORDER BY unit_index"
        return await aside(self.server.rows, query, self.call_id, kind)

    async def evidence(self):
        """What proved the call: {person's id: row}."""
        query = "SELECT * FROM call_evidence WHERE call_id = %s"
        people = {"caller": self.user.id, "callee": self.otomo.id}
        return {
            people[row["side"]]: row for row in await aside(self.server.rows, query, self.call_id)
        }

    async def settled(self):
        """All that both peers have sent so far has been looked at, and what came of it has been
        said."""
        for person in self.both:
            await person.peer.settled()
            await person.client.round_trip()

    async def untouched(self, state="accepted"):
        """Nothing has begun: no instant, no unit, no word of a connection to anybody."""
        for person in self.both:
            await person.client.expect_none("call_connected", "call_tick", "call_end")
        row = await self.row()
        assert (row["status"], row["started_at"], row["units_charged"]) == (state, None, 0), row

    async def leave(self):
        for person in self.both:
            await person.leave()
