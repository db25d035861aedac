"""What people and operators can look up of money: the bill, the call as one timeline, what was
changed by hand and why."""

import csv
import io
import json

import pytest

from otomo.scene import aside


@pytest.fixture
def cast(server, make_scene):
    async def make(name, balance):
        user, otomo = f"u-{name}", f"o-{name}"
        await aside(server.add, user, "user", balance=balance)
        await aside(server.add, otomo, "otomo", "--price", 10, "--share", 60)
        return make_scene(server, user, otomo)

    return make


async def test_the_bill(server, cast):
    scene = await cast("bill", 100)
    await scene.in_call()
    await scene.tick(2)
    await scene.hang_up()
    row = await scene.row()
    statement = json.loads(await aside(server.ctl, "statement", scene.user.id, "--json"))
    lines = statement["lines"]
    assert [line["kind"] for line in lines] == ["purchase"] + ["charge"] * row["units_charged"]
    assert [line["balance"] for line in lines] == [100 - 10 * n for n in range(len(lines))]
    assert statement["balance"] == lines[-1]["balance"] == await scene.user.balance()
    earned = json.loads(await aside(server.ctl, "statement", scene.otomo.id, "--json"))["lines"]
    assert [(line["kind"], line["points"]) for line in earned] == [("share", 6)] * (len(lines) - 1)

    table = list(
        csv.DictReader(io.StringIO(await aside(server.ctl, "statement", scene.user.id, "--csv")))
    )
    assert [int(line["points"]) for line in table] == [line["points"] for line in lines]
    assert [line["unit_index"] for line in table[1:]] == [str(n) for n in range(1, len(lines))]

    first, last = lines[1]["at"], lines[-1]["at"]
    part = await aside(
        server.ctl, "statement", scene.user.id, "--from", first, "--to", last, "--json"
    )
    assert json.loads(part)["lines"] == lines[1:-1]
    assert (await aside(server.try_ctl, "statement", scene.user.id, "--from", "soon")).status != 0
    assert "no user" in (await aside(server.try_ctl, "statement", "nobody")).err


async def test_the_call_explained(server, cast):
    scene = await cast("explained", 100)
    await scene.in_call()
    await scene.tick(2)
    await scene.hang_up()
    told = json.loads(await aside(server.ctl, "call", "explain", scene.call_id, "--json"))
    instants = [line["at"] for line in told]
    assert instants == sorted(instants)
    whats = [line["what"] for line in told]
    order = [
        f"call_request by {scene.user.id}",
        f"call_accept by {scene.otomo.id}",
        "first_rtp by server",
        "charge of unit 1",
        "charge of unit 2",
        f"call_end_request by {scene.user.id}",
        "the end: user_end",
    ]
    assert [what for what in whats if what in order] == order, whats
    assert any(what.startswith("first RTP of the ") for what in whats)
    unit = told[whats.index("charge of unit 2")]
    assert unit["seconds"] == 1, "at the instant for which it was charged"
    assert "charge of unit 2" in await aside(server.ctl, "call", "explain", scene.call_id)
    assert (await aside(server.try_ctl, "call", "explain", "never-was")).status != 0


async def test_a_flood_of_refusals_hides_nothing(server, cast):
    """As somebody leaves behind who has said "I am connected" all the time."""
    scene = await cast("flood", 100)
    await scene.in_call()
    await aside(
        server.execute,
        "INSERT INTO call_events (call_id, at, actor, event, from_state, to_state, detail)"
        " SELECT %s, now() + n * interval '1 microsecond', 'u-flood', 'call_connected',"
        " 'in_call', 'in_call', 'SELF_REPORT_FORBIDDEN' FROM generate_series (1, 1200) AS n",
        scene.call_id,
    )
    await scene.tick(2)
    await scene.hang_up()
    told = json.loads(await aside(server.ctl, "call", "explain", scene.call_id, "--json"))
    assert "call_end_request by u-flood" in [line["what"] for line in told]
    assert "unit_due by server" in [line["what"] for line in told]
    assert "left out" in [line["what"] for line in told]
    shown = json.loads(await aside(server.ctl, "call", "show", scene.call_id, "--json"))
    assert "call_end_request" in [line["event"] for line in shown["events"]]


async def test_a_gap_explained(server, cast):
    scene = await cast("gap", 100)
    await scene.in_call()
    await scene.tick(1)
    for act, state in (("pause", "reconnecting"), ("talk", "in_call"), ("pause", "reconnecting")):
        getattr(scene.otomo.peer, act)()
        await scene.state(state)
    await scene.hang_up()
    told = json.loads(await aside(server.ctl, "call", "explain", scene.call_id, "--json"))
    gaps = [line for line in told if line["what"] == "gap"]
    assert [gap["detail"].partition(" s, ")[2] for gap in gaps] == [
        "until rtp_back",
        "until call_end_request",
    ]
    states = [(e["from_state"], e["to_state"], e) for e in await scene.events()]
    changes = [e for old, new, e in states if old != new and "reconnecting" in (old, new)]
    spans = [over["at"] - begun["at"] for begun, over in zip(changes[::2], changes[1::2])]
    assert [float(gap["detail"].partition(" s")[0]) for gap in gaps] == [
        round(span.total_seconds(), 3) for span in spans
    ]


def test_points_by_hand(server):
    server.add("by-hand", "user", balance=50)
    why = ("--reason", "the line was bad, call 7", "--operator", "ada")
    assert server.ctl("wallet", "adjust", "by-hand", 7, *why, "--id", "a1").strip() == "57"
    assert server.ctl("wallet", "adjust", "by-hand", 7, *why, "--id", "a1").strip() == "57", "once"
    assert server.try_ctl("wallet", "adjust", "by-hand", 8, *why, "--id", "a1").status != 0
    assert server.ctl("wallet", "adjust", *why, "--", "by-hand", -17).strip() == "40"
    poor = server.try_ctl("wallet", "adjust", *why, "--", "by-hand", -41)
    assert poor.status != 0 and "has 40 points" in poor.err
    for wrong in (
        ("by-hand", 5),
        ("by-hand", 0, *why),
        ("nobody", 5, *why),
        ("by-hand", "x", *why),
    ):
        assert server.try_ctl("wallet", "adjust", *wrong).status != 0, wrong
    lines = json.loads(server.ctl("statement", "by-hand", "--json"))["lines"]
    assert [(line["kind"], line["points"], line["balance"]) for line in lines] == [
        ("purchase", 50, 50),
        ("adjustment", 7, 57),
        ("adjustment", -17, 40),
    ]
    assert {(line["operator"], line["reason"]) for line in lines[1:]} == {("ada", why[1])}
