"""Random walks: two clients say 200 things each walk, sensible or not, in any order; their voices
pause, their media vanishes, their connections are cut and taken up again. What comes of each is held
against the table of the state machine (tests/data/call-fsm.tsv), which is read here on its own. A
walk is its seed: OTOMO_WALK_SEED=n begins there, OTOMO_WALKS=n takes so many."""

import asyncio
import csv
import os
import random
from collections import Counter, namedtuple
from pathlib import Path

import pytest

from otomo.client import Event
from otomo.scene import Scene, aside

SETTINGS = {
    "limit.messages": 100_000,
    "limit.person_messages": 100_000,
    "limit.new_calls": 100_000,
    "call.rtp_pause": 1,
    # no other timer is to come in between: all else that happens is what the walk does
    "call.ring_timeout": 300,
    "call.media_timeout": 300,
    "call.rtp_timeout": 300,
    "billing.unit_seconds": 86400,
    "call.lost_timeout": 300,
    "call.resume_window": 300,
}
STEPS = 200
WALKS = int(os.environ.get("OTOMO_WALKS", "1000"))
SIDE_BY_SIDE = 40  # walks at a time
WALKS_A_TEST = 200
FIRST_SEED = int(os.environ.get("OTOMO_WALK_SEED", "1"))
TEST_DEADLINE = 600.0  # seconds, for so many
VOICE_INTERVAL = 0.25  # seconds between two packets
TABLE = Path(__file__).resolve().parents[1] / "data" / "call-fsm.tsv"
ROLES = ("caller", "callee")
TALKING = ("in_call", "reconnecting")
LIVE = ("ringing", "accepted", *TALKING)
# what a client may bring to a call, and how often; call_request and call_connected have rules of
# their own
EVENTS = {
    "call_accept": 5,
    "call_reject": 1,
    "call_cancel": 1,
    "call_end_request": 1,
    "webrtc_answer": 2,
    "ice_candidate": 2,
}
# what each effect of the table says, and to whom
TOLD = {
    "tell_ringing": {"caller": "call_ringing", "callee": "incoming_call"},
    "tell_state": dict.fromkeys(ROLES, "call_state_update"),
    "tell_accepted": dict.fromkeys(ROLES, "call_accepted"),
    "tell_signaling_start": dict.fromkeys(ROLES, "signaling_start"),
    "tell_rejected": {"caller": "call_rejected"},
    "tell_end": dict.fromkeys(ROLES, "call_end"),
}
# what is never said but for a reason that the walk knows
LOUD = (
    "error",
    "incoming_call",
    "call_ringing",
    "call_accepted",
    "call_rejected",
    "call_connected",
    "call_force_end",
    "call_end",
)
Row = namedtuple("Row", "to then")
NO_ROW = Row(None, [])


def read_table():
    """{(from, event, by): Row}"""
    with TABLE.open() as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        return {
            (row["from"], row["event"], row["by"]): Row(row["to"], row["then"].split())
            for row in rows
        }


class Walk:
    """One walk of a scene's two people. The model is here: `call_id` and `state` are those of the
    newest call."""

    def __init__(self, scene, seed, table):
        self.scene, self.seed, self.table = scene, seed, table
        self.random = random.Random(seed)
        self.people = {"caller": scene.user, "callee": scene.otomo}
        self.call_id, self.state = None, None
        self.old = {}  # callIds of calls that are over: their last states
        self.away = None  # whose connection is cut
        self.owed = []  # what that one is told when it is back
        self.silent = set()  # whose voice pauses or has gone
        self.open = []  # (role, event, call id, codes): refusals on their way; no codes: silence
        self.done = Counter()  # what has come about, by name

    async def run(self):
        """All steps, and the end of the call that is live then."""
        await self.scene.online()
        for step in range(STEPS):
            take = self.random.choices(list(self.STEPS), list(self.STEPS.values()))[0]
            try:
                await take(self)
            except AssertionError as error:
                raise AssertionError(f"step {step}, {take.__name__}: {error}") from error
        await self.settle()
        if self.state in LIVE:
            role = self.random.choice(self.present())
            await self.say(role, "call_end_request", callId=self.call_id)
            await self.moved(self.table[self.state, "call_end_request", role])

    # Steps ------------------------------------------------------------------------------------

    async def request(self):
        """A new call: taken when none is live."""
        self.done["requests"] += 1
        call_id = f"walk-{self.seed}-{self.done['requests']}"
        role = "caller" if self.random.random() < 0.9 else "callee"
        if role == self.away:
            return
        to = self.scene.otomo if role == "caller" else self.scene.user
        fields = {"toUserId": to.id, "callId": call_id}
        if role == "callee":
            await self.say_in_vain(role, "call_request", fields, "PERMISSION_DENIED")
        elif self.state in LIVE:
            offline = ["USER_OFFLINE"] if self.away else []
            await self.say_in_vain(role, "call_request", fields, "USER_BUSY", *offline)
        else:
            await self.settle()
            self.call_id = call_id
            await self.say(role, "call_request", **fields)
            await self.moved(self.table["requested", "stored", "server"])

    async def repeat(self):
        """The same request again is answered with the call's state; an old one's, too."""
        if self.call_id is None or self.away == "caller":
            return
        client = self.scene.user.client
        call_id = self.random.choice([self.call_id, *list(self.old)[-3:]])
        client.taken("call_state_update")
        await self.say("caller", "call_request", toUserId=self.scene.otomo.id, callId=call_id)
        answer = await client.expect("call_state_update", callId=call_id)
        states = TALKING if self.state_of(call_id) in TALKING else [self.state_of(call_id)]
        assert answer["state"] in states, answer

    async def bring(self):
        """An event of the table, by either, to the newest call, an old one or one that never was."""
        role = self.random.choice(self.present())
        event = self.random.choices(list(EVENTS), list(EVENTS.values()))[0]
        call_ids = [self.call_id or "walk-none", "walk-none", *list(self.old)[-1:]]
        call_id = self.random.choices(call_ids, [20, 1, 2][: len(call_ids)])[0]
        fields = {"callId": call_id, **self.more(event)}
        row = self.table.get((self.state_of(call_id), event, role))
        if call_id == "walk-none":
            await self.say_in_vain(role, event, fields, "CALL_NOT_FOUND")
        elif row is None:
            known = any((row_event, by) == (event, role) for _, row_event, by in self.table)
            code = "INVALID_STATE" if known else "PERMISSION_DENIED"
            forgotten = ["CALL_NOT_FOUND"] if call_id != self.call_id else []  # after a minute
            await self.say_in_vain(role, event, fields, code, *forgotten)
        elif event == "webrtc_answer":  # taken by the table, but the server has hardly ever offered
            await self.say_in_vain(role, event, fields, "INVALID_STATE", "MEDIA_ERROR")
        elif row.to == self.state:
            await self.say_in_vain(role, event, fields)
        else:
            await self.settle()
            await self.say(role, event, **fields)
            await self.moved(row)

    async def lie(self):
        """A client's word about a connection is never believed."""
        role = self.random.choice(self.present())
        fields = {"callId": self.call_id or "walk-none"}
        await self.say_in_vain(role, "call_connected", fields, "SELF_REPORT_FORBIDDEN")

    async def change_device(self):
        """Another device acts from now on; the older one goes after it has come, so that nobody is
        ever offline. In a call it is lost first, and the voice flows on."""
        role, other = self.random.sample(ROLES, 2)
        person, peer = self.people[role], self.people[other].client
        if self.away:
            return
        await self.settle()
        if self.state in TALKING:
            peer.taken("call_state_update")  # of a loss before: this one is to be seen first
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
        if self.state != "accepted" or self.away:
            return
        await self.settle()
        self.scene.call_id = self.call_id
        await self.scene.negotiate()
        await self.scene.talk(VOICE_INTERVAL)
        self.done["talks"] += 1
        self.state = "in_call"

    async def cut(self):
        """A connection is lost in a call; when it is the last of who is called, the call ends."""
        if self.state not in LIVE or self.away:
            return
        await self.settle()
        role, other = self.random.sample(ROLES, 2)
        self.away = role
        self.done["cuts"] += 1
        await self.people[role].client.lose()
        if (role, self.state) == ("callee", "ringing"):
            await self.moved(self.table["ringing", "connection_gone", "callee"])
        elif self.random.random() < 0.5:  # often before the server has seen the loss, or just then
            await self.come_back()
        elif self.state in TALKING:
            await self.tells_of_peer(other, False)

    async def come_back(self):
        """Takes the session up again: what was said meanwhile, then where the call stands."""
        if not self.away:
            return
        await self.settle()
        role, self.away = self.away, None
        client = await self.people[role].come_back()
        for event, fields in self.owed if client.is_envelope else []:
            await client.expect(event, callId=self.call_id, **fields)
            self.done["replayed"] += 1
        self.owed.clear()
        if self.state in LIVE:
            states = TALKING if self.state in TALKING else [self.state]
            await client.expect(
                "call_state_update", callId=self.call_id, state=lambda state: state in states
            )
        if self.state in TALKING:
            await self.tells_of_peer(self.other(role), True)

    async def fall_silent(self):
        """A voice pauses, or its media vanishes altogether."""
        if self.state not in TALKING:
            return
        await self.settle()
        role = self.random.choice(ROLES)
        peer = self.people[role].peer
        self.random.choice([peer.pause, peer.vanish])()
        self.silent.add(role)
        self.state = "reconnecting"
        await self.until_told(self.state)
        self.done["pauses"] += 1

    async def speak(self):
        """A voice that paused comes again; media that has gone is set up anew, as is what the server
        asked for."""
        if not self.silent - {self.away} or self.state not in TALKING:
            return
        await self.settle()
        role = self.random.choice(sorted(self.silent - {self.away}))
        person = self.people[role]
        self.silent.remove(role)
        wanted = person.client.taken("signaling_start", "webrtc_offer")
        if wanted or person.peer.is_gone:
            person.peer.vanish()
            self.scene.call_id = self.call_id
            await self.scene.offer(person)
            await person.peer.connected()
            self.done["new media"] += 1
        person.peer.talk(VOICE_INTERVAL)
        if not self.silent:
            self.state = "in_call"
            await self.until_told(self.state)

    STEPS = {
        request: 15,
        bring: 60,
        lie: 5,
        repeat: 10,
        change_device: 1,
        talk: 5,
        cut: 3,
        come_back: 6,
        fall_silent: 2,
        speak: 5,
    }

    # Who and what -----------------------------------------------------------------------------

    def present(self):
        return [role for role in ROLES if role != self.away]

    def other(self, role):
        return ROLES[1 - ROLES.index(role)]

    def state_of(self, call_id):
        return self.state if call_id == self.call_id else self.old.get(call_id)

    def more(self, event):
        return {
            "call_reject": {"reason": self.random.choice(["busy", "manual_decline", "away"])},
            "webrtc_answer": {"answer": {"type": "answer", "sdp": "v=0\r\n"}},
            "ice_candidate": {"candidate": None},
        }.get(event, {})

    # What comes of them -----------------------------------------------------------------------

    async def say(self, role, event, **fields):
        await self.people[role].client.send(event, **fields)

    async def say_in_vain(self, role, event, fields, *codes):
        """What is refused with one of these codes, or with none changes nothing. The answers may come
        later: several things are said at once."""
        self.open.append((role, event, fields["callId"], codes))
        await self.say(role, event, **fields)

    async def settle(self):
        """All refusals have come, before anything else happens. That they have changed nothing is
        seen by what comes next, and at the end of the call. Media's come later than those of a call
        that is over, so each is looked for by its call."""
        for role, event, call_id, codes in self.open:
            client = self.people[role].client
            if codes:
                error = await client.expect("error", originalEvent=event, callId=call_id)
                assert error["code"] in codes, (codes, error)
            else:
                await client.round_trip()
        self.open.clear()

    async def tells_of_peer(self, role, is_connected):
        await self.people[role].client.expect(
            "call_state_update", callId=self.call_id, peerConnected=is_connected
        )

    async def until_told(self, state):
        """Until this is the last that was heard of the call's state: on a busy machine a voice may
        pause by itself."""
        for role in self.present():
            client = self.people[role].client
            while last_state(client, self.call_id) != state:
                await client.expect("call_state_update", callId=self.call_id)

    async def moved(self, row):
        """What the row says is told, in its order; to who is away, later."""
        self.done["moves"] += 1
        self.state = row.to
        for effect in row.then:
            for role, event in TOLD.get(effect, {}).items():
                fields = {"state": row.to} if event == "call_state_update" else {}
                if role == self.away:
                    self.owed.append((event, fields))
                else:
                    await self.people[role].client.expect(event, callId=self.call_id, **fields)
        if row.to not in LIVE:
            await self.over()

    async def over(self):
        """Everybody is free and there, and has heard of nothing that the walk does not know of."""
        await self.come_back()
        for person in self.people.values():
            await person.client.expect_none(*LOUD)
            person.client.forget()
            if person.peer:
                person.peer.close()
        self.silent.clear()
        self.old[self.call_id] = self.state


def last_state(client, call_id):
    """The state of the call that the client was told of last."""
    for way, _, event in reversed(client.log):
        if way == "<-" and isinstance(event, Event) and event.type == "call_state_update":
            if event["callId"] == call_id and event["state"] != "answered_elsewhere":
                return event["state"]
    return None


async def walk_all(server, number, seeds, table):
    """One pair's walks, one after the other: takes SEEDS until none is left."""
    done = []
    for seed in seeds:
        scene = Scene(server, f"u{number}", f"o{number}")
        walk = Walk(scene, seed, table)
        try:
            await walk.run()
        except AssertionError as error:
            raise AssertionError(f"OTOMO_WALK_SEED={seed} OTOMO_WALKS=1: {error}") from error
        finally:
            await scene.leave()
        assert walk.done["moves"] >= STEPS / 40, f"seed {seed}: hardly anything was accepted"
        done.append(walk.done)
    return done


@pytest.mark.parametrize("first_seed", range(FIRST_SEED, FIRST_SEED + WALKS, WALKS_A_TEST))
async def test_walks(server, first_seed):
    table = read_table()
    last_seed = min(first_seed + WALKS_A_TEST, FIRST_SEED + WALKS)
    seeds = iter(range(first_seed, last_seed))
    users = [f"u{number + 1}" for number in range(SIDE_BY_SIDE)]
    await aside(server.rows, "SELECT fill_wallets (%s, 1000000)", users)
    walks = [walk_all(server, number + 1, seeds, table) for number in range(SIDE_BY_SIDE)]
    done = [each for walker in await asyncio.gather(*walks) for each in walker]
    assert len(done) == last_seed - first_seed
    total = sum(done, Counter())
    print(dict(total))
    for what in ("talks", "cuts", "pauses"):
        assert total[what] >= len(done) / 2, f"hardly any {what}: {total}"
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
        if row["to_state"] != table.get((row["from_state"], row["event"], row["by"]), NO_ROW).to
    ]
    assert not wrong, wrong[:5]
