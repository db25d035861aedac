"""A token that ends while its connection is open: UTC is stepped, so nobody waits for an hour."""

import json
import time

import pytest

from bench import Bench
from test_jwt import KEYS, token

ENVELOPE = "Sec-WebSocket-Protocol: otomo.envelope.v1"
SOON = "The token ends soon; send init_connection with a fresh one"
OVER = "The token has expired; send init_connection with a fresh one"
HOUR = 3600


@pytest.fixture(params=["flat", "envelope"])
def headers(request):
    return [ENVELOPE] if request.param == "envelope" else []


@pytest.fixture
def bench(tmp_path):
    KEYS["ES256"].kid = None
    (tmp_path / "key").write_bytes(KEYS["ES256"].public)
    with Bench(jwt="ES256", key=tmp_path / "key", grace_ms=200) as running:
        running.stepped = 0
        yield running


def step(bench, seconds):
    bench.say(f"step {seconds}")
    bench.stepped += seconds


def jwt_for(bench, seconds, sub="ann"):
    """A token that lasts so long by the server's clock."""
    return token("ES256", {"sub": sub, "exp": time.time() + bench.stepped + seconds})


def event(client):
    """The next event in either format: (name, fields)."""
    raw = client.event()
    return (raw["event"], raw["payload"]) if "event" in raw else (raw["type"], raw)


def send(client, headers, name, **fields):
    client.send_text(json.dumps({"event": name, "payload": fields} if headers else {"type": name, **fields}))


def assert_told(client, message):
    name, fields = event(client)
    assert (name, fields["code"], fields["message"]) == ("error", "UNAUTHENTICATED", message)
    assert fields["originalEvent"] == "init_connection" and "originalSequence" not in fields


def join(bench, headers, text):
    client = bench.upgrade(headers=[*headers, f"Authorization: Bearer {text}"])
    assert event(client)[0] == "connection_ack"
    return client


@pytest.mark.parametrize("kind", ["jwt", "opaque"])
def test_told_and_closed(bench, headers, kind):
    client = join(bench, headers, jwt_for(bench, HOUR) if kind == "jwt" else "hour-ann")
    step(bench, HOUR - 30)
    assert_told(client, SOON)
    send(client, headers, "heartbeat")
    assert event(client)[0] == "heartbeat_ack"
    step(bench, 40)
    assert_told(client, OVER)
    assert client.close_code() == 4401
    bench.expect("asked ann")
    bench.expect("closed ann")
    bench.expect("over ann")  # for good: not to be resumed


def test_without_an_end(bench, headers):
    """A token without exp, and the people's answer without one: never."""
    client = join(bench, headers, token("ES256"))
    step(bench, 1000 * HOUR)
    send(client, headers, "heartbeat")
    assert event(client)[0] == "heartbeat_ack"


def test_stays_while_it_is_needed(bench, headers):
    bench.say("need ann")
    client = join(bench, headers, jwt_for(bench, HOUR))
    step(bench, HOUR + 10)
    assert_told(client, OVER)
    for _ in range(5):  # some graces long
        bench.expect("asked ann")
    send(client, headers, "heartbeat")
    assert event(client)[0] == "heartbeat_ack"
    send(client, headers, "call_end_request", callId="c")
    assert bench.expect("event") == "event ann call_end_request c"
    bench.say("need nobody")
    assert client.close_code() == 4401


def test_renewed(bench, headers):
    client = join(bench, headers, jwt_for(bench, HOUR))
    step(bench, HOUR - 30)
    assert_told(client, SOON)
    send(client, headers, "init_connection", userId="ann", token=jwt_for(bench, HOUR))
    name, ack = event(client)
    assert (name, ack["resumed"]) == ("connection_ack", False)
    step(bench, HOUR - 30)  # the first is over by now, the second not
    assert_told(client, SOON)
    step(bench, 40)
    assert_told(client, OVER)
    send(client, headers, "init_connection", userId="ann", token=jwt_for(bench, HOUR))
    assert event(client)[0] == "connection_ack"
    step(bench, 60)
    send(client, headers, "heartbeat")
    assert event(client)[0] == "heartbeat_ack"


def test_bad_renewal_changes_nothing(bench, headers):
    bench.say("need ann")
    client = join(bench, headers, jwt_for(bench, HOUR))
    step(bench, HOUR + 10)
    assert_told(client, OVER)
    for user_id, text, code in (
            ("ann", jwt_for(bench, -HOUR), "UNAUTHENTICATED"),
            ("ann", jwt_for(bench, HOUR, sub="bob"), "UNAUTHENTICATED"),
            ("ann", "token-bob", "UNAUTHENTICATED"),
            ("ann", "nonsense", "UNAUTHENTICATED"),
            ("bob", jwt_for(bench, HOUR, sub="bob"), "INVALID_STATE"),
            ("ann", "late-ann", "TEMPORARILY_UNAVAILABLE")):
        send(client, headers, "init_connection", userId=user_id, token=text)
        name, fields = event(client)
        assert (name, fields["code"], fields["originalEvent"]) == ("error", code, "init_connection")
    bench.say("need nobody")
    assert client.close_code() == 4401


def test_bad_renewal_before_the_end(bench, headers):
    """The token of before is as good as it was."""
    client = join(bench, headers, jwt_for(bench, HOUR))
    send(client, headers, "init_connection", userId="ann", token="nonsense")
    assert event(client)[1]["code"] == "UNAUTHENTICATED"
    step(bench, HOUR - 30)
    assert_told(client, SOON)


def test_blocked_at_renewal(bench, headers):
    client = join(bench, headers, "hour-ann")
    send(client, headers, "init_connection", userId="ann", token="blocked-ann")
    assert event(client)[1]["code"] == "PERMISSION_DENIED"
    assert client.close_code() == 4403


def test_a_shorter_token_counts(bench, headers):
    """The last token is the one that counts; a short one is not spoken of at once."""
    client = join(bench, headers, token("ES256"))
    send(client, headers, "init_connection", userId="ann", token=jwt_for(bench, 20))
    assert event(client)[0] == "connection_ack"
    send(client, headers, "heartbeat")
    assert event(client)[0] == "heartbeat_ack"
    step(bench, 18)
    assert_told(client, SOON)
    step(bench, 20)
    assert_told(client, OVER)
