"""One customer of the bank test: talks, buys, gives back, changes prices, through the SQL functions
that the server uses."""

import math
import random
import time

import psycopg2

from . import database
from .price import cost

START = 1_700_000_000_000_000  # UTC µs: calls are told as of the past
UNIT = 60
RESTART_DEADLINE = 60.0

MOMENT = (
    "ROW (%(call)s, instant (%(at)s), %(actor)s, %(event)s, %(old)s, %(new)s, NULL)::call_moment"
)
REQUESTED = (
    f"SELECT * FROM record_requested ({MOMENT}, %(caller)s, %(callee)s, true, 50, {UNIT},"
    " %(charge)s, %(rule)s, 'bank')"
)
ACCEPTED = f"SELECT * FROM record_accepted ({MOMENT})"
STARTED = (
    f"SELECT * FROM record_started ({MOMENT}, instant (%(at)s), 0, '{{1,2}}', '{{1,2}}', '{{0,0}}',"
    " '{0,0}', '{0,0}')"
)
UNIT_DUE = f"SELECT * FROM record_unit ({MOMENT}, %(unit)s, instant (%(at)s))"
ENDED = f"SELECT * FROM record_ended ({MOMENT}, 'user_end', %(seconds)s, instant (%(at)s))"


class Customer:
    def __init__(self, state_dir, number, people, epoch, name="postgres"):
        self.state_dir, self.number, self.people = state_dir, number, people
        self.epoch = epoch  # of the lease of the node "bank", whose calls these are
        self.name = name  # the database's
        self.random = random.Random(number)
        self.connection = None
        self.costs = {}  # call id: points, by the model
        self.in_doubt = 0  # statements that were sent again

    def ask(self, statement, **values):
        """One statement, a transaction of its own, again and again until it is answered: what was
        committed and not answered must not happen twice."""
        end = time.monotonic() + RESTART_DEADLINE
        while True:
            try:
                if self.connection is None:
                    self.connection = database.connect(self.state_dir, self.epoch, self.name)
                with self.connection.cursor() as cursor:
                    cursor.execute(statement, values)
                    columns = [column.name for column in cursor.description]
                    return dict(zip(columns, cursor.fetchone()))
            except (psycopg2.OperationalError, psycopg2.InterfaceError, AssertionError):
                assert time.monotonic() < end, "the database has not come back"
                self.in_doubt += 1
                self.connection = None
                time.sleep(0.05)

    def join(self):
        """Two more people, who have no points yet."""
        self.put(f"bank-u{self.number}", "user", None)
        self.put(f"bank-o{self.number}", "otomo", 10)

    def put(self, user_id, role, price):
        """One more person, or another price: as every schema has it (put_user has had more than one form)."""
        self.ask(
            "INSERT INTO users (id, role, display_name, price_per_unit) VALUES (%(id)s, %(role)s, '', %(price)s)"
            " ON CONFLICT (id) DO UPDATE SET price_per_unit = excluded.price_per_unit RETURNING id",
            id=user_id,
            role=role,
            price=price,
        )
        self.ask("SELECT open_accounts (ARRAY[%(id)s])", id=user_id)

    def call(self, number, ends=True):
        """One call from its request to its end; ENDS: or its server dies before that."""
        user, otomo = f"bank-u{self.number}", f"bank-o{self.number}"
        charge = self.random.choice(["advance", "arrears"])
        rule = self.random.choice(["charge", "free", "pro_rata"])
        seconds = self.random.choice([0, 1, 59, 60, 61, 90, 120, 200, self.random.randrange(400)])
        price = self.random.randrange(1, 30)
        call = f"bank-{self.number}-{number}"
        now = START + number * 1_000_000_000

        def record(statement, at, event, old, new, actor="server", **more):
            return self.ask(
                statement,
                call=call,
                at=now + at * 1_000_000,
                actor=actor,
                event=event,
                old=old,
                new=new,
                **more,
            )

        self.put(otomo, "otomo", price)
        asked = record(
            REQUESTED,
            -2,
            "call_request",
            None,
            "ringing",
            user,
            caller=user,
            callee=otomo,
            charge=charge,
            rule=rule,
        )
        if asked["outcome"] == "INSUFFICIENT_BALANCE":
            return
        assert (asked["outcome"], asked["price_points"]) == ("DONE", price), asked
        record(ACCEPTED, -1, "call_accept", "ringing", "accepted", otomo)
        if record(STARTED, 0, "first_rtp", "accepted", "in_call")["outcome"] != "DONE":
            self.costs[call] = 0
            self.ask(
                ENDED.replace("instant (%(at)s))", "NULL)"),
                call=call,
                at=now,
                actor="server",
                event="end",
                old="accepted",
                new="failed",
                seconds=0,
            )
            return
        paid = None
        first = 1 if charge == "advance" else 0
        for unit in range(1 + first, first + math.ceil(seconds / UNIT)):
            due = (unit - first) * UNIT
            outcome = record(UNIT_DUE, due, "unit_due", "in_call", "in_call", unit=unit)["outcome"]
            if outcome != "DONE":
                assert outcome == ("INSUFFICIENT_BALANCE" if charge == "advance" else "LAST")
                seconds, paid = due, unit - 1
                break
        if not ends:
            return
        record(ENDED, seconds, "end", "in_call", "ended", seconds=seconds)
        self.costs[call] = cost(charge, rule, price, UNIT, seconds, paid)

    def purchase(self, number):
        self.ask(
            "SELECT top_up (%(user)s, %(id)s, %(points)s)",
            user=f"bank-u{self.random.randrange(self.people)}",
            id=f"bank-{self.number}-{number}",
            points=self.random.randrange(1, 200),
        )

    def adjust(self, number):
        try:
            self.ask(
                "SELECT adjust (%(user)s, %(id)s, %(points)s, 'bank', 'a test')",
                user=f"bank-u{self.random.randrange(self.people)}",
                id=f"bank-{self.number}-{number}",
                points=self.random.choice([-50, -9, 7, 40]),
            )
        except psycopg2.Error as refused:
            assert refused.pgcode == "OT409", refused  # not so many points

    def act(self, number):
        self.random.choice([self.call, self.call, self.purchase, self.adjust])(number)

    def work(self, until):
        number = 0
        while time.monotonic() < until:
            number += 1
            self.act(number)

    def read(self, until):
        """Sums all balances, each time in one snapshot."""
        count = 0
        while time.monotonic() < until:
            row = self.ask(
                "SELECT sum(balance), min(balance) FILTER (WHERE kind IN ('wallet', 'hold'))"
                " FROM accounts"
            )
            assert row["sum"] == 0 and row["min"] >= 0, row
            count += 1
        return count
