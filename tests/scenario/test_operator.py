"""otomoctl: what an operator sees and does."""

import contextlib
import http.client
import json
import socket

import pytest

from otomo.scene import aside
from otomo.server import program, run


async def test_user_and_wallet(server):
    server.ctl("user", "add", "anna", "--role", "user", "--name", "Anna")
    assert "0" in server.ctl("wallet", "show", "anna")
    server.ctl("wallet", "top-up", "anna", 250)
    server.ctl("wallet", "top-up", "anna", 50)
    assert "300" in server.ctl("wallet", "show", "anna")
    (row,) = server.rows("SELECT * FROM users WHERE id = 'anna'")
    assert (row["role"], row["display_name"]) == ("user", "Anna")


def ask(server, method, path):
    """A request as no otomoctl would make it; status, and what the JSON has for `error`."""
    connection = http.client.HTTPConnection("otomo")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(server.state_dir / "admin.sock"))
    with contextlib.closing(connection):
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()).get("error", "")


BAD_REQUESTS = {
    "NUL in an id": ("POST", "/v1/users/u1/purchases?points=5&id=a%00b"),
    "NUL in a name": ("PUT", "/v1/users/nul?role=user&name=a%00b"),
    "no UTF-8 in a name": ("PUT", "/v1/users/nul?role=user&name=%FF"),
    "no UTF-8 in a path": ("GET", "/v1/calls/%FF"),
    "no UTF-8 in a reason": (
        "POST",
        "/v1/users/u1/adjustments?id=odd&operator=me&reason=%FF&points=1",
    ),
    "more points than there may be": (
        "POST",
        "/v1/users/u1/purchases?id=odd&points=9223372036854775807",
    ),
    "points in another notation": ("POST", "/v1/users/u1/purchases?id=odd&points=1e2"),
}


@pytest.mark.parametrize("what", BAD_REQUESTS)
async def test_a_request_that_makes_no_sense(server, what):
    before = server.rows("SELECT count(*) FROM transfers")
    status, error = ask(server, *BAD_REQUESTS[what])
    assert status == 400 and error, (status, error)
    assert server.rows("SELECT count(*) FROM transfers") == before
    assert not server.rows("SELECT FROM users WHERE id = 'nul'")


async def test_otomo(server):
    server.ctl(
        "user", "add", "hana", "--role", "otomo", "--price", 12, "--share", 70, "--name", "Hana"
    )
    (row,) = server.rows("SELECT * FROM users WHERE id = 'hana'")
    assert (row["role"], row["price_per_unit"]) == ("otomo", 12)


async def test_a_new_price_alone_leaves_the_rest(server):
    add = ("user", "add", "rin", "--role", "otomo")
    server.ctl(*add, "--price", 12, "--share", 70, "--name", "Rin")
    server.ctl(*add, "--price", 15)
    server.ctl(*add)
    (row,) = server.rows("SELECT * FROM users WHERE id = 'rin'")
    assert (row["price_per_unit"], row["share_percent"], row["display_name"]) == (15, 70, "Rin")


async def test_otomo_without_a_price(server):
    server.ctl("user", "add", "nao", "--role", "otomo")
    (row,) = server.rows("SELECT * FROM users WHERE id = 'nao'")
    assert row["price_per_unit"] == 100  # billing.default_price


async def test_a_name_in_japanese(server):
    server.ctl("user", "add", "jun", "--role", "otomo", "--price", 5, "--name", "純子 “☎”")
    (row,) = server.rows("SELECT * FROM users WHERE id = 'jun'")
    assert row["display_name"] == "純子 “☎”"


async def test_token(scene):
    token = (await aside(scene.server.ctl, "token", scene.user.id)).strip()
    scene.user.token = token
    await scene.user.connect()


async def test_calls(scene):
    await scene.in_call()
    await scene.tick(1)
    live = json.loads(await aside(scene.server.ctl, "calls", "--live", "--json"))
    (mine,) = [call for call in live if scene.call_id in call.values()]
    assert "in_call" in mine.values()
    assert scene.call_id in await aside(scene.server.ctl, "calls", "--live")
    await scene.hang_up()
    assert scene.call_id not in await aside(scene.server.ctl, "calls", "--live")
    assert scene.call_id in await aside(scene.server.ctl, "calls")


@pytest.mark.parametrize("call_id", [".", "..", "--"])
async def test_a_call_with_an_odd_name(scene, call_id):
    """A caller names the call: no name keeps the operator from seeing and ending it."""
    scene.call_id = call_id
    await scene.in_call()
    shown = json.loads(await aside(scene.server.ctl, "call", "show", "--json", "--", call_id))
    assert shown["call"]["call_id"] == call_id
    await aside(scene.server.ctl, "call", "end", "--", call_id)
    await scene.over("admin")


async def test_what_clients_say_stays_on_its_line(scene):
    """And does nothing to the terminal that shows it."""
    await scene.ring()
    forged = "x\n2026-11-27 charge of unit 9\x1b[2J\u202e"
    await scene.user.client.send(forged, callId=scene.call_id)
    await scene.user.client.expect_error("UNKNOWN_EVENT")
    await scene.refusal_recorded(forged, scene.user, "UNKNOWN_EVENT")
    for verb in ("show", "explain"):
        told = await aside(scene.server.ctl, "call", verb, scene.call_id)
        assert "x\\x0a2026-11-27 charge" in told, told
        assert verb == "show" or "refused: x\\x0a2026" in told, told
        assert not {"\x1b", "\u202e"} & {*told}, told
    await scene.hang_up_unconnected()


async def test_call_show(scene):
    await scene.in_call()
    await scene.tick(2)
    await scene.hang_up()
    shown = await aside(scene.server.call, scene.call_id)
    text = json.dumps(shown)
    for word in ("first_rtp", "call_accept", "in_call", "user_end", scene.user.id, scene.otomo.id):
        assert word in text, f"no {word} in {text}"
    assert any(str(person.peer.ssrc) in text for person in scene.both), "no evidence"
    plain = await aside(scene.server.ctl, "call", "show", scene.call_id)
    assert scene.call_id in plain and "user_end" in plain


async def test_call_end(scene):
    await scene.ring()
    await aside(scene.server.ctl, "call", "end", scene.call_id)
    await scene.over("admin", state="failed")


WRONG = {
    "no verb": [],
    "unknown verb": ["dance"],
    "unknown option": ["calls", "--dead"],
    "user add without a role": ["user", "add", "x"],
    "user add with an unknown role": ["user", "add", "x", "--role", "king"],
    "user add with a bad id": ["user", "add", "no spaces", "--role", "user"],
    "user add with a bad price": ["user", "add", "x", "--role", "otomo", "--price", "-1"],
    "user add with a bad share": ["user", "add", "x", "--role", "otomo", "--share", "101"],
    "top-up of nobody": ["wallet", "top-up", "nobody", "1"],
    "top-up of nothing": ["wallet", "top-up", "u1", "0"],
    "top-up of less than nothing": ["wallet", "top-up", "u1", "-5"],
    "top-up of no number": ["wallet", "top-up", "u1", "many"],
    "wallet of nobody": ["wallet", "show", "nobody"],
    "token of nobody": ["token", "nobody"],
    "show a call that is not there": ["call", "show", "nowhere"],
    "end a call that is not there": ["call", "end", "nowhere"],
    "the console of a server without admin.listen": ["console"],
    "live calls, more than there may be": ["live", "--limit", "201"],
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_can_not_be_done(server, what):
    ran = server.try_ctl(*WRONG[what])
    assert ran.status != 0, ran
    assert ran.err.strip() and not ran.out.strip(), f"the reason belongs on standard error: {ran}"
    assert not server.rows("SELECT 1 FROM users WHERE id IN ('x', 'nobody')")


async def test_end_a_call_that_is_over(scene):
    await scene.ring()
    await scene.hang_up_unconnected()
    ran = await aside(scene.server.try_ctl, "call", "end", scene.call_id)
    assert ran.status != 0 and ran.err.strip(), ran


async def test_no_server(tmp_path):
    ran = run(program("otomoctl"), "--state-dir", str(tmp_path), "calls")
    assert ran.status != 0 and str(tmp_path) in ran.err, ran
    assert len(ran.err.strip().splitlines()) == 1, ran


async def test_seed_again_fills_up(server):
    """Seeding is the same however often: so many people, with so many points, not twice as many."""
    path = server.base / "more-tokens"
    wallets = "SELECT balance FROM accounts WHERE id IN ('wallet/u1', 'wallet/u2')"
    server.spend("u1", 30)
    for _ in range(2):
        server.ctl("seed", "--pairs", 2, "--balance", 1000, "--tokens", path)
        lines = [line.split() for line in path.read_text().splitlines()]
        assert sorted(user for user, _ in lines) == ["o1", "o2", "u1", "u2"]
        assert [row["balance"] for row in server.rows(wallets)] == [1000, 1000]
