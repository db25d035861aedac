"""The log of what operators do: all that changes something, and all that is refused; nothing that is only looked at."""

import json
import stat
import time
import urllib.error
import urllib.request

import pytest

from otomo import DEADLINE
from otomo.fixtures import SETTINGS as FAST
from otomo.scene import aside
from otomo.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    path = tmp_path_factory.mktemp("audit") / "audit.json"
    server = Server({**FAST, "log.audit_file": path, "admin.listen": "127.0.0.1:0"})
    server.audit_file = path
    try:
        server.start()
        server.seed(5, 1000)
        server.pairs = iter(range(1, 6))
        yield server
    finally:
        server.close()


def acts(server):
    rows = [json.loads(line) for line in server.audit_file.read_text().splitlines()]
    return [(row["by"], row["method"], row["path"], row["query"], row["status"]) for row in rows]


def last(server, path):
    """Waits until the newest line is of this path: it is written right after the answer."""
    end = time.monotonic() + DEADLINE
    while not (found := acts(server)) or found[-1][2] != path:
        assert time.monotonic() < end, found
        time.sleep(0.02)
    return found[-1]


async def test_what_changes_something_is_in_it(server, scene):
    await scene.in_call()
    before = len(acts(server))
    for looked in (("users",), ("calls",), ("status",), ("call", "show", scene.call_id)):
        await aside(server.ctl, *looked)
    await aside(server.ctl, "wallet", "adjust", scene.user.id, 5, "--reason", "a gift", "--operator", "ann")
    await aside(server.ctl, "call", "end", scene.call_id)
    await scene.over("admin")
    await aside(server.try_ctl, "call", "end", "no-such-call")
    await aside(last, server, "/v1/calls/no-such-call/end")
    points, ended, refused = acts(server)[before:]
    assert points[:3] == ("socket", "POST", f"/v1/users/{scene.user.id}/adjustments") and points[4] == 200
    assert "points=5" in points[3] and "operator=ann" in points[3], points
    assert ended == ("socket", "POST", f"/v1/calls/{scene.call_id}/end", "", 200)
    assert refused == ("socket", "POST", "/v1/calls/no-such-call/end", "", 404)
    assert stat.S_IMODE(server.audit_file.stat().st_mode) == 0o600


def test_who_has_no_pass(server):
    base = server.ctl("console").split("/console/")[0]
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(base + "/v1/live")
    assert last(server, "/v1/live") == ("console 127.0.0.1", "GET", "/v1/live", "", 401)


def test_a_token_is_not_in_it(server):
    token = server.ctl("token", "u1").strip()
    assert last(server, "/v1/users/u1/tokens")[1] == "POST"
    assert token not in server.audit_file.read_text() + server.log()


def test_it_is_opened_again(server):
    before = last(server, "/v1/users/u1/tokens")
    assert before[4] == 200
    server.audit_file.rename(server.audit_file.with_suffix(".1"))
    server.ctl("reload")
    server.ctl("log", "otomo-net:4")
    last(server, "/v1/log")
    assert [act[2] for act in acts(server)] == ["/v1/reload", "/v1/log"]


def test_without_a_file_it_is_in_the_log():
    server = Server()
    try:
        server.start()
        server.ctl("log", "otomo-net:4")
        server.wait_for_log("otomo-audit")
        (line,) = [each for each in server.log().splitlines() if "otomo-audit" in each]
        assert json.loads(line[line.index("{") :])["path"] == "/v1/log"
    finally:
        server.close()


def test_a_file_that_can_not_be_opened_stops_the_start():
    server = Server({"log.audit_file": "/nowhere/audit.json"})
    with pytest.raises(AssertionError, match="log.audit_file: /nowhere/audit.json"):
        server.start()
    server.close()


async def test_a_log_of_json(make_scene):
    """Every line is an object; what concerns a call can be found by its id."""
    server = Server({**FAST, "log.format": "json"})
    try:
        await aside(server.start)
        await aside(server.seed, 1, 1000)
        scene = make_scene(server, "u1", "o1")
        await scene.in_call()
        await scene.hang_up()
        lines = [json.loads(line) for line in server.log().splitlines()]
        assert all({"time", "level", "topic", "message"} <= set(line) for line in lines)
        of_call = [line["message"] for line in lines if line.get("call") == scene.call_id]
        assert any("user_end" in message for message in of_call), of_call
        assert any(line.get("event") == "call_accept" for line in lines if "call" in line), lines
        assert any(message.endswith("user: leg up") for message in of_call), of_call
        opened = [line for line in lines if "opens for u1" in line["message"]]
        assert opened and opened[0]["message"].startswith(f"session {opened[0]['session']}: ")
    finally:
        await aside(server.close)
