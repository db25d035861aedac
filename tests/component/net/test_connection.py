"""PROTOCOL.md section 1: from the upgrade to the close code."""

import json

import pytest

from bench import Bench


@pytest.fixture(scope="module")
def bench():
    with Bench() as running:
        yield running


def test_access_token(bench):
    client = bench.upgrade("?access_token=token-ann")
    ack = client.event()
    session_id = bench.expect("opened ann").split(" ")[2]
    assert ack["type"] == "connection_ack"
    assert ack["userId"] == "ann" and ack["sessionId"] == session_id and len(session_id) == 32
    assert ack["resumed"] is False and ack["heartbeatSeconds"] == 30
    client.send_frame(8, b"\x03\xe8")
    assert client.close_code() == 1000
    bench.expect(f"closed ann {session_id}")


@pytest.mark.parametrize("header", ["Authorization: Bearer token-ann", "authorization: bearer  token-ann "])
def test_bearer(bench, header):
    assert bench.upgrade(headers=[header]).event()["userId"] == "ann"


def test_init_connection(bench):
    client = bench.upgrade()
    client.send("init_connection", userId="ann", token="token-ann")
    assert client.event()["type"] == "connection_ack"


@pytest.mark.parametrize("user_id, token, code, close", [
    ("ann", "nonsense", "UNAUTHENTICATED", 4401),
    ("ann", "token-bob", "UNAUTHENTICATED", 4401),
    ("ann", "blocked-ann", "PERMISSION_DENIED", 4403),
    ("ann", "a.b.c", "UNAUTHENTICATED", 4401),
])
def test_refused(bench, user_id, token, code, close):
    client = bench.upgrade()
    client.send("init_connection", userId=user_id, token=token)
    event = client.event()
    assert (event["type"], event["code"], event["originalEvent"]) == ("error", code, "init_connection")
    assert client.close_code() == close
    bench.expect(f"refused {code}")


def test_refused_at_the_upgrade(bench):
    client = bench.upgrade("?access_token=nonsense")
    assert client.error()[0] == "UNAUTHENTICATED"
    assert client.close_code() == 4401


def test_unavailable_may_try_again(bench):
    client = bench.upgrade()
    client.send("init_connection", userId="ann", token="late-ann")
    assert client.error()[0] == "TEMPORARILY_UNAVAILABLE"
    client.send("init_connection", userId="ann", token="token-ann")
    assert client.event()["type"] == "connection_ack"


def test_nothing_before_the_ack(bench):
    client = bench.upgrade()
    client.send("heartbeat")
    client.send("call_cancel", callId="c1")
    assert client.error()[0] == "UNAUTHENTICATED"
    event = client.event()
    assert event["code"] == "UNAUTHENTICATED" and event["originalEvent"] == "call_cancel" and event["callId"] == "c1"
    client.send("init_connection", userId="ann", token="token-ann")
    assert client.event()["type"] == "connection_ack"


def test_again_while_open(bench):
    client = bench.join("ann")
    client.send("init_connection", userId="ann", token="token-ann")
    assert client.event()["type"] == "connection_ack"
    client.send("init_connection", userId="bob", token="token-bob")
    assert client.error()[0] == "INVALID_STATE"
    client.send("init_connection", userId="ann", token="nonsense")
    assert client.error()[0] == "UNAUTHENTICATED"
    client.send("heartbeat")
    assert client.event() == {"type": "heartbeat_ack"}


def test_events_reach_the_app(bench):
    client = bench.join("ann")
    client.send("call_request", toUserId="o", callId="c1")
    assert bench.expect("event") == "event ann call_request c1"
    client.send("call_request", toUserId="o")
    assert client.error() == ("INVALID_MESSAGE", "callId: missing")
    assert bench.expect("refused") == "refused INVALID_MESSAGE callId: missing"
    client.send("nonsense")
    assert client.error()[0] == "UNKNOWN_EVENT"
    client.send_text("{")
    assert client.error()[0] == "INVALID_JSON"
    client.send("heartbeat")
    assert client.event() == {"type": "heartbeat_ack"}


def test_envelope(bench):
    client = bench.upgrade("?access_token=token-ann", ["Sec-WebSocket-Protocol: x, otomo.envelope.v1"])
    assert "sec-websocket-protocol: otomo.envelope.v1" in client.head.lower()
    ack = client.event()
    assert ack["event"] == "connection_ack" and ack["payload"]["userId"] == "ann" and ack["sequence"] == 1
    client.send_text(json.dumps({"event": "heartbeat", "sequence": 5}))
    assert client.event() == {"event": "heartbeat_ack", "payload": {}, "sequence": 2}
    client.send_text(json.dumps({"event": "heartbeat", "sequence": 5}))
    error = client.event()
    assert error["sequence"] == 3
    assert error["payload"]["message"] == "sequence: must rise" and error["payload"]["originalSequence"] == 5
    client.send_text(json.dumps({"event": "call_cancel", "payload": {"callId": "c"}, "sequence": 6}))
    assert client.event()["payload"]["originalSequence"] == 6
    client.send_text(json.dumps({"event": "call_cancel", "payload": {"callId": "c"}}))
    assert "originalSequence" not in client.event()["payload"]


def test_a_late_refusal_names_its_message(bench):
    client = bench.upgrade(headers=["Sec-WebSocket-Protocol: otomo.envelope.v1"])
    payload = {"userId": "ann", "token": "late-ann"}
    client.send_text(json.dumps({"event": "init_connection", "payload": payload, "sequence": 0}))
    assert client.event()["payload"]["code"] == "TEMPORARILY_UNAVAILABLE"
    client.send_text(json.dumps({"event": "init_connection", "payload": payload, "sequence": 8}))
    client.send_text(json.dumps({"event": "call_cancel", "payload": {"callId": "c"}, "sequence": 9}))
    errors = [client.event()["payload"] for _ in range(2)]
    assert {e["originalEvent"]: e["originalSequence"] for e in errors} == {"call_cancel": 9, "init_connection": 8}


def test_handshake_refused(bench):
    assert bench.upgrade(headers=["Sec-WebSocket-Protocol: graphql-ws"]).head.startswith("HTTP/1.1 400")
    sock = bench.connect()
    sock.sendall(b"GET /v1/socket HTTP/1.1\r\nHost: x\r\n\r\n")
    assert sock.recv(100).startswith(b"HTTP/1.1 400")
    sock = bench.connect()
    sock.sendall(b"GET /v1/socket/more HTTP/1.1\r\nHost: x\r\n\r\n")
    assert sock.recv(100).startswith(b"HTTP/1.1 404")


def test_compression_is_not_offered(bench):
    client = bench.join("ann", headers=["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"])
    assert "extensions" not in client.head.lower()
    client.send("heartbeat")
    assert client.event() == {"type": "heartbeat_ack"}


def test_device_limit(bench):
    clients = [bench.join("dev") for _ in range(6)]
    assert clients[0].close_code() == 4409
    for client in clients[1:]:
        client.send("heartbeat")
        assert client.event() == {"type": "heartbeat_ack"}
    bench.say("flood dev 1")
    assert all(client.event()["type"] == "new_message" for client in clients[1:])


def test_ended_by_the_app(bench):
    clients = [bench.join("gone") for _ in range(2)]
    bench.say("end gone 4403")
    assert [client.close_code() for client in clients] == [4403, 4403]


def test_no_init_in_time():
    with Bench(init_ms=100) as bench:
        client = bench.upgrade()
        assert client.close_code() == 4408


def test_pings_not_answered():
    with Bench(ping_seconds=1) as bench:
        silent, answering = bench.join("silent"), bench.join("answering")
        pings = 0
        while True:  # the silent one is gone before the other has answered its fourth
            opcode, payload = answering.frame()
            assert opcode == 9
            answering.send_frame(10, payload)
            pings += 1
            if pings == 4:
                break
        assert silent.close_code() == 4440
        answering.send("heartbeat")
        assert answering.event() == {"type": "heartbeat_ack"}


def test_drain():
    with Bench() as bench:
        clients = [bench.join("ann"), bench.upgrade(), bench.join("bob")]
        bench.say("close")
        assert [client.close_code() for client in clients] == [1001, 1001, 1001]
        for client in clients:
            client.send_frame(8, b"\x03\xe9")
        bench.process.wait(20)


def test_port_in_use(bench):
    with pytest.raises(AssertionError):
        with Bench(listen="{}:{}".format(*bench.address)) as second:
            failed = second.failed
    assert failed == "failed Cannot listen on {}:{}: it is in use already".format(*bench.address)


@pytest.mark.parametrize("address", ["localhost:80", "127.0.0.1", "127.0.0.1:70000", "::1:80", "203.0.113.1:80"])
def test_no_such_address(address):
    with pytest.raises(AssertionError):
        with Bench(listen=address) as bench:
            failed = bench.failed
    assert failed.startswith(f"failed Cannot listen on {address}: ")
