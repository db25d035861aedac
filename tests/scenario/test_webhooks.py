"""Webhooks: what the operator's own systems are told, over real HTTP, at least once (docs/webhooks.md)."""

import base64
import json

import pytest

from otomo.endpoint import Endpoint
from otomo.scene import aside, instant
from otomo.server import Server

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OLD_SECRET = "whsec_" + base64.b64encode(bytes(range(32, 64))).decode()
RETRY, TRIES = 0.2, 3
BALANCE, PRICE, MARK = 1000, 10, 985
TRY_TIMEOUT = 10  # seconds after which the server gives a try up


@pytest.fixture(scope="module")
def endpoint():
    endpoint = Endpoint(SECRET)
    yield endpoint
    endpoint.close()


@pytest.fixture(scope="module")
def server(endpoint, tmp_path_factory):
    """Signs with the old secret and the new one, as in the middle of a change."""
    secrets = tmp_path_factory.mktemp("secrets") / "webhook"
    secrets.write_text(f"{OLD_SECRET}\n{SECRET}\n")
    server = Server(
        {
            "billing.unit_seconds": 1,
            "webhook.url": endpoint.url,
            "webhook.secret_file": secrets,
            "webhook.wallet_low": MARK,
            "webhook.retry": RETRY,
            "webhook.tries": TRIES,
            "recording.mode": "on-request",
        }
    )
    try:
        server.start()
        server.seed(20, BALANCE)
        server.pairs = iter(range(1, 21))
        yield server
    finally:
        server.close()


@pytest.fixture(autouse=True)
def accepted_all(endpoint):
    yield
    assert not endpoint.faults, endpoint.faults


def outbox(server, **wanted):
    rows = json.loads(server.ctl("webhooks", "--json"))
    return [row for row in rows if wanted.items() <= {**row, **row["body"]["data"]}.items()]


async def test_a_call_from_beginning_to_end(server, scene, endpoint):
    await scene.in_call()
    await scene.tick(2)
    end = await scene.hang_up()
    row = await scene.row()

    started = await aside(endpoint.expect, "call.started", callId=scene.call_id)
    assert started.data == {
        "callId": scene.call_id,
        "userId": scene.user.id,
        "otomoId": scene.otomo.id,
        "connectedAt": scene.connected_at,
        "pricePerUnit": PRICE,
        "unitSeconds": 1,
        "charge": "advance",
    }
    assert started.timestamp == scene.connected_at
    ended = await aside(endpoint.expect, "call.ended", callId=scene.call_id)
    data = dict(ended.data)
    assert instant(data.pop("endedAt")) >= instant(data.pop("requestedAt"))
    assert data == {
        "callId": scene.call_id,
        "userId": scene.user.id,
        "otomoId": scene.otomo.id,
        "status": "ended",
        "reason": "user_end",
        "connectedAt": scene.connected_at,
        "totalSeconds": end["totalSeconds"],
        "unitsCharged": row["units_charged"],
        "totalCharged": PRICE * row["units_charged"],
        "totalRefunded": 0,
        "earned": await scene.otomo.balance(),
    }
    low = await aside(endpoint.expect, "wallet.low", userId=scene.user.id)
    assert low.data == {"userId": scene.user.id, "balance": BALANCE - 2 * PRICE, "mark": MARK}


async def test_a_recording_is_ready(server, scene, endpoint):
    await scene.in_call()
    for on in ("on", "off"):
        await aside(server.ctl, "call", "record", scene.call_id, on)
        await scene.user.client.expect("call_state_update", recording=on == "on")
    ready = await aside(endpoint.expect, "recording.ready", callId=scene.call_id)
    listed = await aside(server.ctl, "recordings", "list", "--call", scene.call_id, "--json")
    (row,) = json.loads(listed)
    assert ready.data == {
        "callId": scene.call_id,
        "userId": scene.user.id,
        "otomoId": scene.otomo.id,
        "node": "main",
        "path": row["path"],
        "startedAt": ready.data["startedAt"],
        "offsetMs": row["offset_ms"],
        "lengthMs": row["length_ms"],
        "bytes": row["bytes"],
        "sha256": row["sha256"],
        "message": None,
    }
    assert instant(ready.data["startedAt"]) > instant(scene.connected_at)
    await scene.hang_up()


async def test_a_wallet_that_is_filled_can_be_low_again(server, scene, endpoint):
    await aside(server.spend, scene.user.id, 20)
    await aside(endpoint.expect, "wallet.low", userId=scene.user.id, balance=980)
    take = ("wallet", "adjust", "--reason", "test", "--", scene.user.id)
    await aside(server.ctl, *take, -1)  # it is low already
    await aside(server.ctl, "wallet", "top-up", scene.user.id, 100)
    await aside(server.ctl, *take, -200)
    await aside(endpoint.expect, "wallet.low", userId=scene.user.id, balance=879)
    assert len(endpoint.tries("wallet.low", userId=scene.user.id)) == 2


async def test_a_call_that_never_began(scene, endpoint):
    await scene.ring()
    await scene.otomo.client.send("call_reject", callId=scene.call_id, reason="busy")
    await scene.user.client.expect("call_rejected", callId=scene.call_id)
    ended = await aside(endpoint.expect, "call.ended", callId=scene.call_id)
    assert (ended.data["status"], ended.data["connectedAt"]) == ("failed", None)
    assert not endpoint.tries("call.started", callId=scene.call_id)


async def test_what_fails_comes_again_as_it_was(server, endpoint):
    endpoint.answers["test"] = [500, 302]
    event_id = (await aside(server.ctl, "webhooks", "test")).strip()
    tries = [await aside(endpoint.expect, "test", n) for n in (1, 2, 3)]
    assert {(each.id, each.body) for each in tries} == {(event_id, tries[0].body)}
    (row,) = await until(server, event_id, "sent")
    assert (row["tries"], row["last_status"], row["last_error"]) == (3, 204, None)


async def until(server, event_id, state):
    """Waits until the outbox has this event in this state."""
    query = "SELECT * FROM webhooks WHERE id = %s AND state = %s"
    return await aside(server.rows_when, query, event_id, state)


async def test_dead_and_alive_again(server, endpoint):
    endpoint.answers["test"] = [500] * TRIES
    event_id = (await aside(server.ctl, "webhooks", "test")).strip()
    await until(server, event_id, "dead")
    (row,) = await aside(outbox, server, id=event_id)
    assert (row["tries"], row["last_status"]) == (TRIES, 500)
    assert event_id in await aside(server.ctl, "webhooks", "--state", "dead")
    assert event_id not in await aside(server.ctl, "webhooks", "--state", "sent")
    assert await aside(server.ctl, "webhooks", "retry", event_id) == "1\n"
    await until(server, event_id, "sent")


async def test_an_endpoint_that_is_gone_for_good(server, endpoint):
    endpoint.answers["test"] = [410]
    event_id = (await aside(server.ctl, "webhooks", "test")).strip()
    (row,) = await until(server, event_id, "dead")
    assert row["tries"] == 1
    assert await aside(server.ctl, "webhooks", "retry", "dead") == "1\n"
    await until(server, event_id, "sent")


async def test_one_that_hangs_holds_up_nobody(server, endpoint):
    before = len(endpoint.tries("test"))
    endpoint.answers["test"] = [Endpoint.hang]
    hanging = (await aside(server.ctl, "webhooks", "test")).strip()
    await aside(endpoint.expect, "test", before + 1)
    other = (await aside(server.ctl, "webhooks", "test")).strip()
    await until(server, other, "sent")
    (row,) = await aside(outbox, server, id=hanging)
    assert row["state"] == "waiting"
    await aside(endpoint.expect, "test", before + 3, TRY_TIMEOUT + 20)
    await until(server, hanging, "sent")
    assert endpoint.tries("test")[-1].id == hanging


async def test_what_a_killed_server_left_comes_later(server, scene, endpoint):
    endpoint.answers["call.started"] = [Endpoint.hang]
    await scene.in_call()
    await aside(endpoint.expect, "call.started", callId=scene.call_id)
    await aside(server.kill)
    await scene.leave()
    await aside(server.start)
    ended = await aside(endpoint.expect, "call.ended", callId=scene.call_id)
    assert ended.data["reason"] == "server_shutdown"
    row = await scene.row()
    assert ended.data["totalRefunded"] == row["total_refunded"]
    # its try was the dead server's: somebody else's when the time for that is over
    once = f"call.started/{scene.call_id}"
    await aside(server.execute, "UPDATE webhooks SET next_try_at = now () WHERE once = %s", once)
    query = "SELECT * FROM webhooks WHERE once = %s AND state = 'sent'"
    await aside(server.rows_when, query, once)


def test_an_event_that_is_not_there(server):
    ran = server.try_ctl("webhooks", "retry", "nobody")
    assert ran.status != 0 and "there is no webhook nobody" in ran.err
    ran = server.try_ctl("webhooks", "--state", "lost")
    assert ran.status != 0 and "waiting, sent or dead" in ran.err


def test_nothing_is_written_when_nothing_is_wanted(server, endpoint):
    """Whoever takes webhooks out of the settings finds no growing table; who puts them back, no old
    news."""
    settings = dict(server.settings)
    server.stop()
    server.settings = {k: v for k, v in settings.items() if not k.startswith("webhook.")}
    try:
        server.start()
        before = server.rows("SELECT count(*) AS n FROM webhooks")
        server.spend("u20", 500)
        assert server.rows("SELECT count(*) AS n FROM webhooks") == before
        ran = server.try_ctl("webhooks", "test")
        assert ran.status != 0 and "webhook.url is not set" in ran.err
        server.stop()
    finally:
        server.settings = settings
        server.start()
