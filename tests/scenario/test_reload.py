"""Reading the settings again (otomoctl reload, SIGHUP): what can change does, no call is touched, a mistake changes
nothing."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import signal

import pytest
import websockets

from otomo import metrics
from otomo.client import ENVELOPE
from otomo.endpoint import Endpoint
from otomo.fixtures import SETTINGS as FAST
from otomo.hang import hanging
from otomo.scene import aside
from otomo.server import Server, program, run


RULES = "FROM webhook_rules"
READY = "SELECT path FROM recordings WHERE call_id = %s AND state = 'ready'"


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


WEBHOOK_SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()
OTHER_SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture(scope="module")
def endpoint():
    endpoint = Endpoint(WEBHOOK_SECRET)
    yield endpoint
    endpoint.close()


@pytest.fixture(scope="module")
def server(path, endpoint, tmp_path_factory):
    secret = tmp_path_factory.mktemp("secrets") / "turn"
    secret.write_text("first")
    changing = ("call.media_timeout", "call.resume_window")
    given = {name: value for name, value in FAST.items() if name not in changing}
    server = Server(given, args=["--config", str(path)])
    del server.settings["limit.media_lag"]  # it is in the file
    server.secret, server.endpoint = secret, endpoint
    server.webhook_secret = secret.with_name("webhook")
    server.webhook_secret.write_text(WEBHOOK_SECRET)
    write(path, **settings(server, limit__calls=100))
    try:
        server.start()
        server.seed(20, 1000)
        server.pairs = iter(range(1, 18))  # the wallets of others get low
        yield server
    finally:
        server.close()


def settings(server, **more):
    return {
        "ice__servers": "turn:127.0.0.1:3478",
        "ice__turn_secret_file": server.secret,
        "webhook__url": server.endpoint.url,
        "webhook__secret_file": server.webhook_secret,
        "webhook__wallet_low": 50,
        "limit__media_lag": 0,
        **more,
    }


async def reload_with(server, path, **more):
    """The answer of a reload with these settings."""
    write(path, **settings(server, limit__calls=100, **more))
    ran = await aside(server.try_ctl, "reload", "--json")
    return json.loads(ran.out)


async def test_a_limit_changes_while_people_talk(server, path, scene, second):
    await scene.in_call()
    await second.online()
    write(path, **settings(server, limit__calls=1))
    report = json.loads(await aside(server.ctl, "reload", "--json"))
    assert report == {"changed": ["limit.calls"], "needsStart": [], "failed": []}
    await second.request()
    await second.user.client.expect_error("TEMPORARILY_UNAVAILABLE", callId=second.call_id)
    await scene.tick(2)

    write(path, **settings(server, limit__calls=100))
    before = len(server.log())
    server.process.send_signal(signal.SIGHUP)
    await aside(server.wait_for_log, "1 settings are changed", before)
    await second.in_call()
    await scene.tick(3)
    for each in (scene, second):
        await each.hang_up()


async def test_a_call_keeps_the_timeouts_of_its_beginning(server, path, scene, second):
    await scene.ring()
    report = await reload_with(server, path, call__media_timeout=0.3)
    assert report == {"changed": ["call.media_timeout"], "needsStart": [], "failed": []}
    await scene.accept()
    await second.accepted()
    await second.over("media_timeout", state="failed")
    await scene.negotiate()
    await scene.talk()
    await scene.hang_up()
    assert (await reload_with(server, path))["changed"] == ["call.media_timeout"]


@pytest.fixture
def second(server, make_scene):
    """Another pair."""
    number = next(server.pairs)
    return make_scene(server, f"u{number}", f"o{number}")


async def test_a_call_keeps_the_resume_window_of_its_beginning(server, path, scene, second):
    await scene.in_call()
    report = await reload_with(server, path, call__resume_window=0.3)
    assert report == {"changed": ["call.resume_window"], "needsStart": [], "failed": []}
    await second.in_call()
    for each in (scene, second):
        await each.user.drop()
    await second.over("network_lost", to=[second.otomo])
    await scene.user.connect()
    standing = await scene.user.client.expect("call_state_update", callId=scene.call_id)
    assert standing["state"] == "in_call"
    await scene.hang_up()
    await reload_with(server, path)


async def test_a_lost_session_goes_by_the_new_window(server, path, scene, connect):
    parked = 'otomo_sessions{place="parked"}'
    client = await connect(subprotocols=[ENVELOPE])
    await client.init(scene.user.id, scene.user.token)
    await client.lose()
    await aside(metrics.wait, server, parked, bool)
    await reload_with(server, path, call__resume_window=0.3)
    await aside(metrics.wait, server, parked, lambda n: n == 0)
    await reload_with(server, path)


async def test_what_is_recorded(server, path, scene, second):
    """By the mode of the call's beginning; what the operator may ask for, by the one of now."""

    async def recordings(call_id):
        return json.loads(await aside(server.ctl, "recordings", "list", "--call", call_id, "--json"))

    on = ("call", "record", scene.call_id, "on")
    await scene.in_call()
    ran = await aside(server.try_ctl, *on)
    assert ran.status != 0 and "recording.mode is off" in ran.err, ran
    report = await reload_with(server, path, recording__mode="all")
    assert report == {"changed": ["recording.mode"], "needsStart": [], "failed": []}
    await second.in_call()
    await second.user.client.expect("call_state_update", callId=second.call_id, recording=True)
    assert await recordings(scene.call_id) == []
    await aside(server.ctl, *on)
    await scene.user.client.expect("call_state_update", callId=scene.call_id, recording=True)
    await reload_with(server, path)
    assert (await aside(server.try_ctl, *on)).status != 0
    for each in (scene, second):
        await each.hang_up()
        await aside(server.rows_when, READY, each.call_id)
    assert len(await recordings(second.call_id)) == 1


async def test_how_long_recordings_are_kept(server, path, scene):
    await reload_with(server, path, recording__mode="all")
    await scene.in_call()
    await scene.hang_up()
    (row,) = await aside(server.rows_when, READY, scene.call_id)
    await aside(server.execute, "UPDATE recordings SET started_at = started_at - interval '3 days'")
    report = await reload_with(server, path, recording__mode="all", recording__keep_days=2)
    assert report == {"changed": ["recording.keep_days"], "needsStart": [], "failed": []}
    gone = "SELECT FROM recordings WHERE call_id = %s AND state = 'deleted'"
    await aside(server.rows_when, gone, scene.call_id)
    assert not (server.state_dir / "recordings" / row["path"]).exists()
    await reload_with(server, path)


async def test_how_long_voice_may_wait(server, path, scene):
    """The media thread hangs for a moment, while two people talk."""

    async def busy_after_a_pause():
        with hanging(server.process.pid, "otomo-media"):
            await asyncio.sleep(0.4)  # it is about time
        await scene.settled()
        return (await aside(metrics.read, server))["otomo_busy"]

    await scene.in_call()
    assert await busy_after_a_pause() == 0
    report = await reload_with(server, path, limit__media_lag=0.1)
    assert report == {"changed": ["limit.media_lag"], "needsStart": [], "failed": []}
    for _ in range(30):
        if await busy_after_a_pause() == 1:
            break
    else:
        raise AssertionError("voice may wait for ever")
    await scene.hang_up()
    await reload_with(server, path)
    await aside(metrics.wait, server, "otomo_busy", lambda busy: busy == 0)


async def test_pages_of_another_origin(server, path):
    async def visit(origin):
        try:
            async with websockets.connect(f"{server.url}/v1/socket", origin=origin):
                return 101
        except websockets.InvalidStatusCode as refused:
            return refused.status_code

    page = "https://page.example"
    assert await visit(page) == 101
    report = await reload_with(server, path, server__origins="https://other.example")
    assert report == {"changed": ["server.origins"], "needsStart": [], "failed": []}
    assert await visit(page) == 403 and await visit("https://other.example") == 101
    report = await reload_with(server, path, server__origins="nobody", server__proxies="elsewhere")
    assert [words.split(":")[0] for words in report["failed"]] == ["server.proxies", "server.origins"]
    assert await visit(page) == 403, "a bad list leaves the one of before"
    report = await reload_with(server, path)
    assert report["failed"] == [] and await visit(page) == 101


async def test_how_often_a_webhook_is_tried(server, path):
    report = await reload_with(server, path, webhook__tries=1, webhook__retry=1)
    assert report["changed"] == ["webhook.retry", "webhook.tries"]
    server.endpoint.answers["wallet.low"] = [500]
    await aside(server.spend, "u20", 990)
    await aside(server.wait_for_log, "is given up after 1 tries")
    assert not server.endpoint.faults
    await reload_with(server, path)


async def test_how_many_connections(server, path, connect):
    """Those that are there stay."""
    opened = [await connect() for _ in range(11)]
    report = await reload_with(server, path, limit__connections=10)
    assert report == {"changed": ["limit.connections"], "needsStart": [], "failed": []}
    for client in opened[:2]:
        await client.close()
    left = 'otomo_sessions{place="fresh"}'
    await aside(metrics.wait, server, left, lambda n: n == 9)
    await aside(metrics.wait, server, "otomo_connections", lambda n: n == 9)
    await connect()
    with pytest.raises((ConnectionError, websockets.InvalidHandshake)):
        await connect()
    await reload_with(server, path)
    await connect()


async def test_the_form_of_the_log(server, path):
    before = len(server.log())
    report = await reload_with(server, path, log__format="json")
    assert report == {"changed": ["log.format"], "needsStart": [], "failed": []}
    await reload_with(server, path)
    lines = server.log()[before:].splitlines()
    changed = "reload: log.format is changed"
    assert changed in [json.loads(line)["message"] for line in lines if line.startswith("{")]
    assert [line for line in lines if line.endswith(f" INFO  otomo-app    {changed}")]


async def test_where_acts_of_operators_are_written(server, path, tmp_path):
    report = await reload_with(server, path, log__audit_file=tmp_path / "acts")
    assert report == {"changed": ["log.audit_file"], "needsStart": [], "failed": []}
    await aside(server.ctl, "log", "otomo-net:4")
    acts = [json.loads(line)["path"] for line in (tmp_path / "acts").read_text().splitlines()]
    assert acts == ["/v1/reload", "/v1/log"]
    report = await reload_with(server, path, log__audit_file="/nowhere/acts")
    assert ["log.audit_file: /nowhere/acts" in why for why in report["failed"]] == [True]
    assert len((tmp_path / "acts").read_text().splitlines()) == 3, "a bad file leaves the one of before"
    before = len(server.log())
    await reload_with(server, path)
    await aside(server.wait_for_log, "otomo-audit", before)


async def posted(server, endpoint):
    """An event comes to this endpoint, signed with its secret."""
    before = len(endpoint.tries("test"))
    event_id = (await aside(server.ctl, "webhooks", "test")).strip()
    assert (await aside(endpoint.expect, "test", before + 1)).id == event_id
    assert not endpoint.faults


async def test_webhooks_go_elsewhere(server, path):
    other = Endpoint(OTHER_SECRET)
    secret = server.webhook_secret.with_name("other")
    secret.write_text(OTHER_SECRET)
    there = {"webhook__url": other.url, "webhook__secret_file": secret}
    try:
        report = await reload_with(server, path, **there)
        assert report["changed"] == ["webhook.url", "webhook.secret_file"]
        await posted(server, other)
        report = await reload_with(server, path, **{**there, "webhook__url": "ftp://127.0.0.1/"})
        assert ["webhook.url" in why for why in report["failed"]] == [True]
        await posted(server, other)
    finally:
        await reload_with(server, path)
        other.close()
    await posted(server, server.endpoint)


async def test_webhooks_end_and_begin(server, path):
    written = "SELECT FROM webhooks WHERE body::json->'data'->>'userId' = 'u19'"
    report = await reload_with(server, path, webhook__url="", webhook__secret_file="")
    assert report["changed"] == ["webhook.url", "webhook.secret_file"]
    await aside(server.rows_when, f"SELECT 1 {RULES} HAVING count(*) = 0")
    ran = await aside(server.try_ctl, "webhooks", "test")
    assert ran.status != 0 and "webhook.url is not set" in ran.err, ran
    await aside(server.spend, "u19", 990)
    assert not await aside(server.rows, written)
    assert not [each for each in await aside(metrics.read, server) if each.startswith("otomo_webhooks{")]
    await reload_with(server, path)
    await aside(server.rows_when, f"SELECT 1 {RULES} HAVING count(*) = 1")
    await posted(server, server.endpoint)


async def test_which_webhooks_are_written_and_kept(server, path):
    await posted(server, server.endpoint)
    await aside(server.rows_when, "SELECT 1 FROM webhooks WHERE type = 'test' HAVING bool_and (state = 'sent')")
    await aside(server.execute, "UPDATE webhooks SET concluded_at = now() - interval '3 days' WHERE type = 'test'")
    report = await reload_with(server, path, webhook__wallet_low=600, webhook__keep_days=2)
    assert report == {"changed": ["webhook.wallet_low", "webhook.keep_days"], "needsStart": [], "failed": []}
    await aside(server.rows_when, "SELECT 1 FROM webhooks WHERE type = 'test' HAVING count(*) = 0")
    await aside(server.spend, "u18", 500)
    await aside(server.endpoint.expect, "wallet.low", userId="u18", mark=600)
    await reload_with(server, path)


def test_what_needs_a_new_start_is_named(server, path):
    write(path, **settings(server, limit__calls=100, media__port=4321, admin__listen="127.0.0.1:1"))
    out = server.ctl("reload")
    assert set(out.splitlines()) == {"needs a new start: media.port", "needs a new start: admin.listen"}
    again = json.loads(server.ctl("reload", "--json"))
    assert again["needsStart"] == ["admin.listen", "media.port"], "it is still so"
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
