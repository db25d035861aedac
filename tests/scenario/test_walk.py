"""Random walks: two clients say 200 things each walk, sensible or not, in any order. What comes of
each is held against the table of the state machine (tests/data/call-fsm.tsv), which is read here on
its own. A walk is its seed: OTOMO_WALK_SEED=n begins there, OTOMO_WALKS=n takes so many."""

import asyncio
import csv
import os
import random
from pathlib import Path

import pytest

from otomo.scene import aside

SETTINGS = {
    "limit.messages": 100_000,
    "limit.person_messages": 100_000,
    "limit.new_calls": 100_000,
    # no timer is to come in between: all that happens is what the walk does
    "call.ring_timeout": 300,
    "call.media_timeout": 300,
    "call.rtp_pause": 300,
    "call.rtp_timeout": 300,
    "billing.unit_seconds": 86400,
    "call.lost_timeout": 300,
    "call.resume_window": 300,
}
STEPS = 200
WALKS = int(os.environ.get("OTOMO_WALKS", "60"))
SIDE_BY_SIDE = 20  # walks at a time
FIRST_SEED = int(os.environ.get("OTOMO_WALK_SEED", "1"))
TABLE = Path(__file__).resolve().parents[1] / "data" / "call-fsm.tsv"
LIVE = ("ringing", "accepted", "in_call")
# what a client may bring to a call; call_request and call_connected have rules of their own
EVENTS = (
    "call_accept",
    "call_reject",
    "call_cancel",
    "call_end_request",
    "webrtc_answer",
    "ice_candidate",
)


def read_table():
    """{(from, event, by): to}"""
    with TABLE.open() as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        return {(row["from"], row["event"], row["by"]): row["to"] for row in rows}


class Walk:
    """One walk of a scene's two people. The model is here: `call_id` and `state` are those of the
    newest call."""

    def __init__(self, scene, seed, table):
        self.scene, self.seed, self.table = scene, seed, table
        self.random = random.Random(seed)
        self.roles = {"caller": scene.user, "callee": scene.otomo}
        self.call_id, self.state = None, None
        self.old = {}  # callIds of calls that are over: their last states
        self.numbers = 0
        self.accepted = self.talks = 0

    async def run(self):
        await self.scene.online()
        for step in range(STEPS):
            try:
                await self.random.choices(
                    [self.request, self.bring, self.lie, self.repeat, self.reconnect, self.talk],
                    [15, 60, 5, 10, 1, 5],
                )[0]()
            except AssertionError as error:
                raise AssertionError(f"seed {self.seed}, step {step}: {error}") from error
        if self.state in LIVE:
            await self.say("caller", "call_end_request", callId=self.call_id)
            await self.moved("ended" if self.state == "in_call" else "failed")

    # Steps ------------------------------------------------------------------------------------

    async def request(self):
        """A new call: taken when none is live."""
        self.numbers += 1
        call_id = f"walk-{self.seed}-{self.numbers}"
        role = self.random.choices(["caller", "callee"], [9, 1])[0]
        to = self.scene.otomo if role == "caller" else self.scene.user
        await self.say(role, "call_request", toUserId=to.id, callId=call_id)
        if role == "callee":
            await self.refused(role, ["PERMISSION_DENIED"], "call_request")
        elif self.state in LIVE:
            await self.refused(role, ["USER_BUSY"], "call_request")
        else:
            self.call_id = call_id
            await self.moved("ringing")

    async def repeat(self):
        """The same request again is answered with the call's state; an old one's, too."""
        if self.call_id is None:
            return
        call_id = self.random.choice([self.call_id, *list(self.old)[-3:]])
        await self.say("caller", "call_request", toUserId=self.scene.otomo.id, callId=call_id)
        answer = await self.scene.user.client.expect("call_state_update", "error", callId=call_id)
        assert answer.type != "error", answer
        assert answer["state"] == self.state_of(call_id), answer

    async def bring(self):
        """An event of the table, by either, to the newest call, an old one or one that never was."""
        role = self.random.choice(["caller", "callee"])
        event = self.random.choice(EVENTS)
        call_ids = [self.call_id or "walk-none", "walk-none", *list(self.old)[-1:]]
        call_id = self.random.choices(call_ids, [20, 1, 2][: len(call_ids)])[0]
        await self.say(role, event, callId=call_id, **self.more(event))
        if call_id == "walk-none":
            await self.refused(role, ["CALL_NOT_FOUND"], event)
            return
        state = self.state_of(call_id)
        to = self.table.get((state, event, role))
        if to is None:
            known = any((row_event, by) == (event, role) for _, row_event, by in self.table)
            code = "INVALID_STATE" if known else "PERMISSION_DENIED"
            forgotten = ["CALL_NOT_FOUND"] if call_id != self.call_id else []  # after a minute
            await self.refused(role, [code, *forgotten], event)
        elif event == "webrtc_answer":  # taken by the table, but the server has not offered
            await self.refused(role, ["INVALID_STATE"], event)
        elif to != state:
            await self.moved(to)

    async def lie(self):
        """A client's word about a connection is never believed."""
        role = self.random.choice(["caller", "callee"])
        await self.say(role, "call_connected", callId=self.call_id or "walk-none")
        await self.refused(role, ["SELF_REPORT_FORBIDDEN"], "call_connected")

    async def reconnect(self):
        """Another device, which acts from now on; the older one goes after it has come, so that
        nobody is ever offline. In a call it is lost first, and the voice flows on."""
        role, other = self.random.sample(["caller", "callee"], 2)
        person, peer = self.roles[role], self.roles[other].client
        if self.state == "in_call":
            await person.client.lose()
            await peer.expect("call_state_update", callId=self.call_id, peerConnected=False)
            await person.connect()
            await peer.expect("call_state_update", callId=self.call_id, peerConnected=True)
        elif self.state not in LIVE:
            old = person.client
            await person.connect()
            await old.close()

    async def talk(self):
        """Both legs come up, and the first packet makes it a call that is billed."""
        if self.state != "accepted":
            return
        self.scene.call_id = self.call_id
        await self.scene.negotiate()
        await self.scene.talk()
        self.accepted += 1
        self.talks += 1
        self.state = "in_call"

    def state_of(self, call_id):
        return self.state if call_id == self.call_id else self.old[call_id]

    def more(self, event):
        return {
            "call_reject": {"reason": self.random.choice(["busy", "manual_decline", "away"])},
            "webrtc_answer": {"answer": {"type": "answer", "sdp": "v=0\r\n"}},
            "ice_candidate": {"candidate": None},
        }.get(event, {})

    # What comes of them -----------------------------------------------------------------------

    async def say(self, role, event, **fields):
        await self.roles[role].client.send(event, **fields)

    async def refused(self, role, codes, event):
        """With one of these codes, and nothing else has happened."""
        error = await self.roles[role].client.expect("error", originalEvent=event)
        assert error["code"] in codes, error
        for person in self.scene.both:
            await person.client.expect_none("error", "call_end", "call_rejected", "call_connected")

    async def moved(self, to):
        """Both are told of the new state, in order, whatever else they are told."""
        self.accepted += 1
        self.state = to
        for person in self.scene.both:
            await person.client.expect("call_state_update", callId=self.call_id, state=to)
        if to in ("failed", "ended"):
            await self.ended()

    async def ended(self):
        """What follows the state at the end; then everybody is free."""
        await self.scene.user.client.expect("call_end", "call_rejected", callId=self.call_id)
        for person in self.scene.both:
            await person.client.round_trip()
            person.client.forget()
            if person.peer:
                person.peer.close()
        self.old[self.call_id] = self.state


@pytest.mark.parametrize("first_seed", range(FIRST_SEED, FIRST_SEED + WALKS, SIDE_BY_SIDE))
async def test_walks(server, make_scene, first_seed):
    table = read_table()
    seeds = range(first_seed, min(first_seed + SIDE_BY_SIDE, FIRST_SEED + WALKS))
    walks = [
        Walk(make_scene(server, f"u{number}", f"o{number}"), seed, table)
        for number, seed in enumerate(seeds, 1)
    ]
    for walk in walks:
        await aside(server.ctl, "wallet", "top-up", walk.scene.user.id, 1000)
    await asyncio.gather(*(walk.run() for walk in walks))
    assert min(walk.accepted for walk in walks) >= STEPS / 20, "hardly anything was accepted"
    assert sum(walk.talks for walk in walks) >= len(walks) / 2, "hardly anybody talked"
    check_log_of_events(server, table)


def check_log_of_events(server, table):
    """Every step from one state to another that the server has written down is a row of the table,
    by that side."""
    rows = server.rows(
        "SELECT e.event, e.from_state, e.to_state, CASE e.actor WHEN c.caller_id THEN 'caller'"
        " WHEN c.callee_id THEN 'callee' ELSE 'server' END AS by"
        " FROM call_events e JOIN calls c USING (call_id)"
        " WHERE e.from_state <> e.to_state AND e.event <> 'call_request'"
    )
    assert rows
    wrong = [
        row
        for row in rows
        if table.get((row["from_state"], row["event"], row["by"])) != row["to_state"]
    ]
    assert not wrong, wrong[:5]
