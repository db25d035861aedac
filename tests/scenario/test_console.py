"""The console's door: its page for anybody, the API for who has a pass, and no more of it than the
console needs; and what it shows of live calls. The page itself: tests/browser/console.test.mjs."""

import asyncio
import json
import os
import stat
import time
from urllib.parse import urlencode

from otomo.console import Console
from otomo.scene import aside
from otomo.server import Server

SETTINGS = {"admin.listen": "127.0.0.1:0"}

# What is not for browsers: who is let in, points, the server's own knobs.
SOCKET_ONLY = [
    ("PUT", "/v1/users/mallory?role=user"),
    ("POST", "/v1/users/u1?blocked=true"),
    ("POST", "/v1/users/u1/purchases?id=p1&points=1"),
    ("POST", "/v1/users/u1/adjustments?id=a1&points=1&operator=x&reason=y"),
    ("POST", "/v1/users/u1/tokens"),
    ("PUT", "/v1/channels/c1"),
    ("POST", "/v1/webhooks"),
    ("POST", "/v1/seed?pairs=1&balance=1"),
    ("PUT", "/v1/log?levels=9"),
    ("POST", "/v1/console"),
]


async def test_the_page(server):
    console = Console(server)
    status, headers, body = console.ask(console.path, pass_="")
    assert status == 200 and headers.get_content_type() == "text/html" and b"<title>" in body
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy
    assert "frame-ancestors 'none'" in policy and headers["X-Content-Type-Options"] == "nosniff"
    for path in ("/", "/console/../../etc/passwd", "/console/no-such.js", "/v1/socket"):
        assert console.ask(path, pass_="")[0] in (401, 404), path


class Apart(Server):
    """In a network of its own, which has loopback and leads nowhere."""

    def command(self, **changes):
        rights = [] if os.geteuid() == 0 else ["--map-current-user", "--keep-caps"]
        up = ["sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
        return ["unshare", "--net", *rights, *up, *super().command(**changes)]


def test_a_start_warns_of_other_machines(server):
    """Plain HTTP with passes in it is for this machine."""
    assert "plain HTTP" not in server.log()
    for address in ("0.0.0.0:8090", "[::]:8090"):
        apart = Apart({"admin.listen": address})
        try:
            apart.start()
            assert f"admin.listen: the console is at {address} in plain HTTP" in apart.log()
        finally:
            apart.close()


async def test_no_pass_no_data(server):
    console = Console(server)
    good = console.pass_
    for wrong in ("", "x", good[:-1], good + "0", good.replace("otc_0", "otc_1")):
        for method, path in (("GET", "/v1/live"), ("POST", "/v1/calls/c/end"), ("GET", "/v1/nope")):
            status, answer = console.json(path, method=method, pass_=wrong)
            assert status == 401 and "otomoctl console" in answer["error"], (wrong, path)
    cookie = {"Cookie": f"pass={good}"}
    assert console.ask("/v1/live", pass_="", headers=cookie)[0] == 401, "only the header counts"
    assert console.ask("/v1/live")[0] == 200


async def test_no_more_than_it_needs(server):
    console = Console(server)
    for method, path in SOCKET_ONLY:
        assert console.ask(path, method=method)[0] in (404, 405), (method, path)
    assert not server.rows("SELECT 1 FROM users WHERE id = 'mallory'")
    for path in ("/v1/users", "/v1/calls", "/v1/recordings", "/v1/audit", "/v1/status"):
        assert console.ask(path)[0] == 200, path


async def test_a_pass_outlives_a_restart_but_not_its_key(server):
    console = Console(server)
    key = server.state_dir / "console.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert server.stop() == 0
    server.start()
    console.address = Console(server).address
    assert console.ask("/v1/live")[0] == 200
    key.unlink()
    assert server.stop() == 0
    server.start()
    fresh = Console(server)
    console.address = fresh.address
    assert console.ask("/v1/live")[0] == 401 and fresh.ask("/v1/live")[0] == 200


async def test_live(scene):
    console = await aside(Console, scene.server)
    everything = {"live": 0, "found": 0, "calls": []}
    status, before = await aside(console.json, "/v1/live")
    assert status == 200 and before == {**before, **everything}

    await scene.in_call()
    await scene.tick(1)
    _, live = await aside(console.json, "/v1/live")
    (call,) = live["calls"]
    assert live["live"] == 1 and live["states"]["in_call"] == 1
    told = (call["call_id"], call["status"], call["caller_id"], call["callee_id"], call["units"])
    assert told == (scene.call_id, "in_call", scene.user.id, scene.otomo.id, 1)
    assert call["points"] == call["price_per_unit"] and not call["recording"]
    assert {side["side"] for side in call["quality"]} == {"caller", "callee"}
    assert all(side["packets"] > 0 for side in call["quality"])

    text = await aside(scene.server.ctl, "live")
    assert scene.call_id in text and "in_call" in text
    for search in (scene.call_id[2:], scene.user.id, scene.otomo.id):
        query = urlencode({"search": search})
        assert (await aside(console.json, f"/v1/live?{query}"))[1]["found"] == 1, search
    shown = await aside(scene.server.ctl, "live", "--search", "nobody-has-this", "--json")
    assert json.loads(shown)["found"] == 0 and json.loads(shown)["live"] == 1
    await scene.hang_up()
    assert json.loads(await aside(scene.server.ctl, "live", "--json"))["live"] == 0


async def test_live_is_limited(server):
    console = Console(server)
    for limit in ("0", "201", "x", "-1", ""):
        assert console.ask(f"/v1/live?limit={limit}")[0] == 400, limit
    codes = []
    end = time.monotonic() + 60
    while 429 not in codes and time.monotonic() < end:
        codes += await asyncio.gather(
            *(asyncio.to_thread(lambda: console.ask("/v1/live")[0]) for _ in range(20))
        )
    assert set(codes) == {200, 429}, codes


async def test_the_operator_acts(scene):
    console = await aside(Console, scene.server)
    await scene.in_call()
    await scene.tick(1)
    status, why = await aside(
        console.json, f"/v1/calls/{scene.call_id}/recording?on=on", method="POST"
    )
    assert status == 409 and "recording.mode" in why["error"]
    assert (await aside(console.ask, f"/v1/calls/{scene.call_id}/end"))[0] == 405
    assert (await aside(console.ask, f"/v1/calls/{scene.call_id}/end", method="POST"))[0] == 200
    await scene.over("admin")
    assert f"console: POST /v1/calls/{scene.call_id}/end from 127.0.0.1" in scene.server.log()


async def test_pages_of_calls(server, make_scene):
    ids = []
    for otomo in ("o31", "o32", "o33"):
        scene = make_scene(server, "u31", otomo)
        await scene.ring()
        await scene.hang_up_unconnected()
        ids.insert(0, scene.call_id)
    console = await aside(Console, server)

    async def page(**query):
        status, calls = await aside(console.json, f"/v1/calls?{urlencode(query)}")
        assert status == 200, calls
        return calls

    first = await page(of="u31", limit=2)
    assert [call["call_id"] for call in first] == ids[:2]
    behind = {"before": first[-1]["requested_at"], "before_id": first[-1]["call_id"]}
    second = await page(of="u31", limit=2, **behind)
    assert [call["call_id"] for call in second] == ids[2:]
    assert [call["call_id"] for call in await page(limit=3)] == ids
    assert (await page(**behind))[0]["call_id"] == ids[2]
    assert [call["call_id"] for call in await page(of="o32")] == [ids[1]]
    assert [call["call_id"] for call in await page(of=ids[0])] == [ids[0]]
    assert await page(of="u3") == [] == await page(of="u31", live="true")
    listed = json.loads(await aside(server.ctl, "calls", "--of", "o33", "--json"))
    assert [call["call_id"] for call in listed] == [ids[0]]


async def test_pages_of_people(server):
    server.ctl("user", "add", "zz-1", "--role", "user", "--name", "Haruka 100% _O'Brien_")
    server.ctl("user", "add", "zz-2", "--role", "otomo", "--name", "遥")
    console = Console(server)

    def ids(**query):
        status, people = console.json(f"/v1/users?{urlencode(query)}")
        assert status == 200, people
        return [person["id"] for person in people]

    everybody = ids()
    assert {"zz-1", "zz-2", "u1", "o1"} <= set(everybody)
    pages, after = [], ""
    while page := ids(after=after, limit=30):
        assert len(page) <= 30
        pages, after = pages + page, page[-1]
    assert pages == everybody, "each once, in one order"
    assert ids(search="zz-") == ["zz-1", "zz-2"] and ids(search="z-1") == []
    assert ids(search="0% _o'b") == ["zz-1"] and ids(search="遥") == ["zz-2"]
    assert ids(search="haruka", after="zz-1") == []
    assert "zz-2" in server.ctl("users", "--search", "zz", "--after", "zz-1")


async def test_what_is_no_page(server):
    console = Console(server)
    for query in ("limit=0", "limit=1001", "limit=", "of=" + "x" * 201, "of=%FF", "before=soon"):
        status, answer = console.json(f"/v1/calls?{query}")
        assert status == 400 and answer["error"], (query, answer)
    assert console.ask("/v1/users?search=%FF")[0] == 400
    assert console.ask("/v1/recordings?limit=x")[0] == 400
