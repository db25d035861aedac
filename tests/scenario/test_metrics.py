"""/metrics: every figure of the server's table is there, is right, and moves in a call."""

import base64
import contextlib
import json
import re
import subprocess
from pathlib import Path

import pytest

from otomo import database, metrics
from otomo.endpoint import Endpoint
from otomo.fixtures import SETTINGS as FAST
from otomo.hang import hanging
from otomo.scene import aside
from otomo.server import Server

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
SOURCE = Path(__file__).resolve().parents[2]
MONITORING = SOURCE / "data/monitoring"
PRICE, SHARE = 10, 5
TABLE = metrics.described()

# What a good call with a refusal on the way does not change, and where it is seen to change here.
STEADY = {
    "otomo_build_info": "never",
    "otomo_start_time_seconds": "never",
    "otomo_busy": "test_busy.py: test_ready_only_when_it_takes_calls",
    "otomo_media_up": "test_a_media_thread_that_hangs",
    "otomo_database_up": "test_a_database_that_is_away",
    "otomo_database_waiting": "test_a_database_that_is_away",
    "otomo_database_given_up_total": "test_a_database_that_is_away",
    "otomo_draining": "test_draining",
    "otomo_database_retries_total": "test_a_statement_that_is_tried_again",
    "otomo_database_connections": "test_the_connections_are_those_that_the_database_knows",
    "otomo_refusals_not_recorded_total": "test_more_refusals_than_the_database_takes",
}


@pytest.fixture(scope="module")
def endpoint():
    endpoint = Endpoint(SECRET)
    yield endpoint
    endpoint.close()


@pytest.fixture(scope="module")
def server(endpoint, tmp_path_factory):
    secret = tmp_path_factory.mktemp("secrets") / "webhook"
    secret.write_text(SECRET)
    server = Server(
        {
            **FAST,
            "server.drain_timeout": 600,
            "admin.listen": "127.0.0.1:0",
            "recording.mode": "all",
            "webhook.url": endpoint.url,
            "webhook.secret_file": secret,
            **{f"limit.{each}": 100000 for each in ("messages", "person_messages")},
            **{f"limit.{each}": 10**9 for each in ("bytes", "person_bytes")},
        }
    )
    try:
        server.start()
        server.seed(10, 1000)
        server.pairs = iter(range(1, 11))
        yield server
    finally:
        server.close()


def value(samples, name, **labels):
    """The sum of a metric's samples that have these labels."""
    wanted = [f'{label}="{text}"' for label, text in labels.items()]
    found = [
        samples[sample]
        for sample in samples
        if sample.split("{")[0] == name and all(each in sample for each in wanted)
    ]
    assert found, f"{name} {labels} is not there"
    return sum(found)


def risen(before, after, name, **labels):
    return value(after, name, **labels) - value(before, name, **labels)


def test_promtool_has_nothing_to_say(server):
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=metrics.scrape(server),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done


def test_what_is_there_is_what_is_described(server):
    """And whoever connects to the Unix socket sees the same."""
    for text in (metrics.scrape(server), metrics.scrape_socket(server)):
        typed = [line.split()[2:] for line in text.splitlines() if line.startswith("# TYPE")]
        assert typed == [[name, row[0]] for name, row in TABLE.items()]
        for sample in metrics.parse(text):
            assert metrics.metric_of(sample, TABLE) in TABLE, sample
    for name, (kind, unit, _, _, _) in TABLE.items():
        assert name.startswith("otomo_"), name
        assert name.endswith("_total") == (kind == "counter"), name
        assert not unit or name.removesuffix("_total").endswith(f"_{unit}"), name


def test_labels_name_nobody(server):
    """Every value of a label is of the table's list: no person, no call, no address."""
    for sample in metrics.read(server):
        _, _, label, values, _ = TABLE[metrics.metric_of(sample, TABLE)]
        named = dict(metrics.LABEL.findall(sample))
        named.pop("le", None)
        if label == "version":
            assert list(named) == [label], sample
        else:
            assert named == {} if not label else named[label] in values, sample


async def test_a_call_moves_everything(server, scene, make_scene, endpoint):
    before = await aside(metrics.read, server)
    # The webhooks are counted in the database every ten seconds: the call goes on meanwhile.
    dead = "INSERT INTO webhooks (type, body, state, concluded_at) VALUES ('test', '{}', 'dead', now())"
    await aside(server.execute, dead)
    await scene.in_call()
    during = await aside(metrics.read, server)
    assert risen(before, during, "otomo_calls_live", state="in_call") == 1
    assert risen(before, during, "otomo_sessions", place="open") == 2
    assert value(during, "otomo_recordings_active") == 1
    await scene.tick(2)
    busy = make_scene(server, f"u{next(server.pairs)}", scene.otomo.id)
    await busy.user.connect()
    await busy.request()
    await busy.user.client.expect_error("USER_BUSY", callId=busy.call_id)
    for person, other in (scene.both, scene.both[::-1]):
        await person.peer.hears(5)
    await scene.settled()
    live = await aside(metrics.wait, server, 'otomo_voices{grade="good"}', lambda n: n == 2)
    assert live == 2
    await scene.hang_up()
    await aside(endpoint.expect, "call.ended", callId=scene.call_id)
    await aside(metrics.wait, server, 'otomo_recordings_total{event="complete"}', bool)
    await aside(metrics.wait, server, 'otomo_webhooks{state="dead"}', bool)
    after = await aside(metrics.read, server)

    changed = metrics.moved(before, during, TABLE) | metrics.moved(before, after, TABLE)
    still = set(TABLE) - changed
    assert still <= set(STEADY), f"did not move: {still - set(STEADY)}"

    row = await scene.row()
    units = row["units_charged"]
    assert risen(before, after, "otomo_units_charged_total") == units
    assert risen(before, after, "otomo_points_charged_total") == units * PRICE
    assert risen(before, after, "otomo_points_earned_total") == units * SHARE
    assert risen(before, after, "otomo_charge_seconds_count") == units
    assert risen(before, after, "otomo_calls_requested_total") == 1
    assert risen(before, after, "otomo_calls_ended_total", reason="user_end") == 1
    assert risen(before, after, "otomo_refusals_total", code="USER_BUSY") == 1
    assert risen(before, after, "otomo_call_setup_seconds_count") == 1
    assert risen(before, after, "otomo_call_first_rtp_seconds_count") == 1
    assert risen(before, after, "otomo_call_mos_count") == 2
    assert risen(before, after, "otomo_webhook_tries_total", outcome="sent") >= 2
    forwarded = risen(before, after, "otomo_packets_forwarded_total", kind="rtp")
    assert forwarded >= sum(p.peer.heard_count() for p in scene.both) > 0
    assert 0 < risen(before, after, "otomo_forward_seconds_count") <= forwarded


async def test_packets_that_go_nowhere(server, scene):
    await scene.in_call()
    before = await aside(metrics.read, server)
    scene.user.peer.forge_rtp()
    await scene.settled()
    after = await aside(metrics.read, server)
    assert risen(before, after, "otomo_packets_dropped_total", cause="unauthentic") >= 1
    await scene.hang_up()


def test_a_media_thread_that_hangs(server):
    with hanging(server.process.pid, "otomo-media"):
        metrics.wait(server, "otomo_media_up", lambda up: up == 0)
    metrics.wait(server, "otomo_media_up", lambda up: up == 1)


async def test_a_database_that_is_away(server, scene):
    await scene.online()
    before = await aside(metrics.read, server)
    database.freeze(server.state_dir)
    try:
        await scene.request()
        await aside(metrics.wait, server, "otomo_database_up", lambda up: up == 0)
        waiting = 'otomo_database_waiting{pool="records"}'
        await aside(metrics.wait, server, waiting, lambda n: n > 0)
        up = 'otomo_database_given_up_total{pool="records"}'
        was = before[up]
        await aside(metrics.wait, server, up, lambda n: n > was)
    finally:
        database.thaw(server.state_dir)
    await aside(metrics.wait, server, "otomo_database_up", lambda up: up == 1)
    await scene.row_when(live=False)


async def test_more_refusals_than_the_database_takes(server, scene):
    """Their rows wait, up to 20,000 statements; beyond that they are counted, in the metric alone."""
    kept = "SELECT count(*) FROM call_events WHERE call_id = %s"
    sent = 0
    await scene.online()
    client = scene.user.client
    before = await aside(metrics.read, server)
    database.freeze(server.state_dir)
    try:
        while sent <= 20000:
            await client.flood(lambda: client.written("call_cancel", callId=scene.call_id), 500)
            await client.round_trip()
            client.forget()
            sent += 500
        during = await aside(metrics.read, server)
    finally:
        database.thaw(server.state_dir)
    dropped = risen(before, during, "otomo_refusals_not_recorded_total")
    assert 0 < dropped < sent
    assert risen(before, during, "otomo_refusals_total", code="CALL_NOT_FOUND") == sent
    await aside(metrics.wait, server, 'otomo_database_waiting{pool="refusals"}', lambda n: n == 0, 75)
    rows = await aside(server.rows, kept, scene.call_id)
    assert rows == [{"count": sent - dropped}]


async def test_a_statement_that_is_tried_again(server, scene):
    """A row that somebody else holds for longer than a statement may take (5 s)."""
    retries = 'otomo_database_retries_total{pool="records"}'
    await scene.in_call()
    was = (await aside(metrics.read, server))[retries]
    with contextlib.closing(database.connect(server.state_dir)) as holder:
        holder.autocommit = False
        query = "SELECT FROM accounts WHERE owner = %s FOR UPDATE"
        holder.cursor().execute(query, [scene.user.id])
        await aside(metrics.wait, server, retries, lambda n: n > was)
    await scene.tick(2)
    await scene.hang_up()


def test_the_connections_are_those_that_the_database_knows(server):
    """Those that stand, none while nobody may connect, and all again."""
    theirs = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname = 'postgres'"
    stand = 'otomo_database_connections{pool="%s"}'
    before = value(metrics.read(server), "otomo_database_connections")
    with contextlib.closing(database.connect(server.state_dir, name="template1")) as other, other.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {theirs}")
        assert cursor.fetchone() == (before,)
        cursor.execute("ALTER DATABASE postgres ALLOW_CONNECTIONS false")
        try:
            cursor.execute(f"SELECT pg_terminate_backend(pid) {theirs}")
            for pool in ("records", "refusals", "chat", "admin"):
                metrics.wait(server, stand % pool, lambda n: n == 0)
        finally:
            cursor.execute("ALTER DATABASE postgres ALLOW_CONNECTIONS true")
        metrics.wait(server, "otomo_database_up", lambda up: up == 1)
        for pool in ("records", "refusals", "chat", "admin"):
            metrics.wait(server, stand % pool, bool)


async def test_draining(server, scene):
    await scene.in_call()
    server.process.terminate()
    await aside(metrics.wait, server, "otomo_draining", lambda draining: draining == 1)
    await scene.user.client.send("call_end_request", callId=scene.call_id)
    assert await aside(server.ended) == 0
    server.start()


# The dashboard and the alerts -----------------------------------------------------------------


def expressions():
    """{where: PromQL}, Grafana's variables filled in."""
    found = {}
    for panel in json.loads((MONITORING / "dashboard.json").read_text())["panels"]:
        for target in panel["targets"]:
            filled = target["expr"].replace("$instance", ".*").replace("$__rate_interval", "5m")
            found[f"{panel['title']}/{target['refId']}"] = filled
    return found


def used(text):
    """The metrics that a text names."""
    return {metrics.metric_of(name, TABLE) for name in re.findall(r"\botomo_\w+", text)}


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_alerts():
    rules = MONITORING / "otomo.rules.yml"
    promtool("check", "rules", rules)
    promtool("test", "rules", SOURCE / "tests/data/otomo.rules.test.yml")
    assert used(rules.read_text().replace("otomo.rules", "")) <= set(TABLE)


def test_the_dashboard(tmp_path):
    """Each expression is PromQL, each metric is there, and moves in a test; and each that moves is shown,
    or watched by an alert."""
    shown = expressions()
    rules = [{"record": f"panel:{n}", "expr": text} for n, text in enumerate(shown.values())]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    promtool("check", "rules", path)
    names = used(" ".join(shown.values()))
    seen = {name: re.findall(r"test_\w+(?![\w.])", where) for name, where in STEADY.items()}
    never = {name for name, tests in seen.items() if not tests}
    written = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    for name, tests in seen.items():
        assert all(f"def {test}(" in written for test in tests), name
    assert names <= set(TABLE) - never
    assert set(TABLE) - never <= names | used((MONITORING / "otomo.rules.yml").read_text())


def test_the_page():
    page = (SOURCE / "docs/reference/metrics.md").read_text()
    assert set(re.findall(r"^\| `(otomo_\w+)` \|", page, re.MULTILINE)) == set(TABLE)


@pytest.mark.parametrize("sample", ["otomo_calls_ended_total", "otomo_refusals_total", "otomo_packets_dropped_total"])
def test_labels_in_the_alerts_exist(sample):
    """A value that no server ever shows would make an alert that never comes."""
    text = (MONITORING / "otomo.rules.yml").read_text()
    for label, values in re.findall(sample + r'\{(\w+)=~?"([^"]*)"', text):
        assert label == TABLE[sample][2]
        assert set(values.split("|")) <= set(TABLE[sample][3])
