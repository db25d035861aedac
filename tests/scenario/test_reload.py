"""Reading the settings again (otomoctl reload, SIGHUP): what can change does, no call is touched, a mistake changes
nothing."""

import base64
import hashlib
import hmac
import json
import os
import signal

import pytest

from otomo.fixtures import SETTINGS as FAST
from otomo.scene import aside
from otomo.server import Server, program, run


def write(path, **settings):
    """limit__calls=1 → [limit] calls=1"""
    groups = {}
    for name, value in settings.items():
        group, key = name.split("__")
        groups.setdefault(group, []).append(f"{key}={value}")
    path.write_text("".join(f"[{group}]\n" + "\n".join(lines) + "\n" for group, lines in groups.items()))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("settings") / "otomod.conf"


@pytest.fixture(scope="module")
def server(path, tmp_path_factory):
    secret = tmp_path_factory.mktemp("secrets") / "turn"
    secret.write_text("first")
    write(path, limit__calls=100, ice__servers="turn:127.0.0.1:3478", ice__turn_secret_file=secret)
    server = Server(FAST, args=["--config", str(path)])
    server.secret = secret
    try:
        server.start()
        server.seed(10, 1000)
        server.pairs = iter(range(1, 11))
        yield server
    finally:
        server.close()


def settings(server, **more):
    return {"ice__servers": "turn:127.0.0.1:3478", "ice__turn_secret_file": server.secret, **more}


async def test_a_limit_changes_while_people_talk(server, path, scene, make_scene):
    await scene.in_call()
    other = make_scene(server, *(f"{role}{number}" for number in [next(server.pairs)] for role in "uo"))
    await other.online()
    write(path, **settings(server, limit__calls=1))
    report = json.loads(await aside(server.ctl, "reload", "--json"))
    assert report == {"changed": ["limit.calls"], "needsStart": [], "failed": []}
    await other.request()
    await other.user.client.expect_error("TEMPORARILY_UNAVAILABLE", callId=other.call_id)
    await scene.tick(2)

    write(path, **settings(server, limit__calls=100, call__media_timeout=20))
    before = len(server.log())
    server.process.send_signal(signal.SIGHUP)
    await aside(server.wait_for_log, "1 settings are changed", before)
    await other.in_call()
    await scene.tick(3)
    for each in (scene, other):
        await each.hang_up()


def test_what_needs_a_new_start_is_named(server, path):
    write(path, **settings(server, limit__calls=100, media__port=4321, webhook__url="http://127.0.0.1:1/"))
    out = server.ctl("reload")
    assert set(out.splitlines()) == {"needs a new start: media.port", "needs a new start: webhook.url"}
    again = json.loads(server.ctl("reload", "--json"))
    assert again["needsStart"] == ["media.port", "webhook.url"], "it is still so"
    assert "reload: media.port needs a new start" in server.log()


async def test_a_bad_file_changes_nothing(server, path, scene):
    path.write_text("[limit]\ncalls=1\nnew_calls=many\n")
    ran = await aside(server.try_ctl, "reload")
    assert ran.status != 0 and f"{path}:3: limit.new_calls" in ran.err, ran
    path.write_text("[limit]\ncalls=1\nwhat is this\n")
    ran = await aside(server.try_ctl, "reload")
    assert ran.status != 0 and str(path) in ran.err and "line 3 " in ran.err, ran
    os.unlink(path)
    assert (await aside(server.try_ctl, "reload")).status != 0
    write(path, **settings(server, limit__calls=100))
    report = json.loads(await aside(server.ctl, "reload", "--json"))
    assert report["changed"] == [], "the bad files have left limit.calls alone"


async def test_a_secret_is_read_again_and_never_shown(server, path, scene):
    write(path, **settings(server, limit__calls=100))
    server.secret.write_text("second-secret")
    await aside(server.ctl, "reload")
    await scene.accepted()
    told = next(e for e in scene.user.client.seen("signaling_start") if e["callId"] == scene.call_id)
    entry = told["iceServers"][0]
    digest = hmac.digest(b"second-secret", entry["username"].encode(), hashlib.sha1)
    assert entry["credential"] == base64.b64encode(digest).decode()
    await scene.hang_up_unconnected()
    server.secret.unlink()
    ran = await aside(server.try_ctl, "reload")
    assert ran.status == 1 and "as before: " in ran.out and str(server.secret) in ran.out, ran
    assert "second-secret" not in server.log() + ran.out


@pytest.mark.parametrize(
    "url, shown",
    [
        ("postgresql://otomo:hush@db/otomo?sslmode=require", "postgresql://otomo:***@db/otomo?sslmode=require"),
        ("postgresql://db/otomo?user=o&password=hush&port=1", "postgresql://db/otomo?user=o&password=***&port=1"),
        ("host=db password='hu sh' user=o", "host=db password=*** user=o"),
        ("postgresql://otomo@db/otomo", "postgresql://otomo@db/otomo"),
    ],
)
def test_print_config_shows_no_password(url, shown):
    ran = run(program("otomod"), "--print-config", "--set", f"database.url={url}")
    assert ran.status == 0 and f"\nurl={shown}\n" in ran.out and "sh" + "@" not in ran.out, ran.out
