"""PROTOCOL.md section 4: a session goes on with another connection; every number comes once."""

import json
import signal

import pytest

from bench import Bench

ENVELOPE = ["Sec-WebSocket-Protocol: otomo.envelope.v1"]


@pytest.fixture(scope="module")
def bench():
    with Bench() as running:
        yield running


def open_session(bench, name, resume=None, token=None, headers=ENVELOPE):
    client = bench.upgrade(headers=headers)
    payload = {"userId": name, "token": token or f"token-{name}"}
    if resume:
        payload["resume"] = {"sessionId": resume[0], "lastSequence": resume[1]}
    event = "event" if headers else "type"
    client.send_text(json.dumps({event: "init_connection", **({"payload": payload} if headers else payload)}))
    return client, client.event()


def lose(bench, client, name):
    client.sock.close()
    bench.expect(f"closed {name}")


def numbers(client, count):
    return [client.event()["sequence"] for _ in range(count)]


@pytest.mark.parametrize("seen", [0, 1, 300, 1000])
def test_in_the_middle_of_1000(bench, seen):
    name = f"ann{seen}"
    client, ack = open_session(bench, name)
    for _ in range(1000):
        client.send_text('{"event": "heartbeat"}')
    got = [ack["sequence"], *numbers(client, seen)]
    if seen < 1000:  # all 1,000 are handled; the client reads no more of them
        client.send_text('{"event": "call_end_request", "payload": {"callId": "c"}}')
        bench.expect(f"event {name}")
    lose(bench, client, name)
    back, again = open_session(bench, name, (ack["payload"]["sessionId"], got[-1]))
    assert again["payload"]["resumed"] is True and again["sequence"] == got[-1]
    assert again["payload"]["sessionId"] == ack["payload"]["sessionId"]
    got += numbers(back, 1001 - len(got))
    back.send_text('{"event": "heartbeat"}')
    got += numbers(back, 1)
    assert got == list(range(1, 1003))


def test_what_was_sent_meanwhile(bench):
    client, ack = open_session(bench, "bob")
    session_id = ack["payload"]["sessionId"]
    lose(bench, client, "bob")
    bench.say("flood bob 3")
    back, again = open_session(bench, "bob", (session_id, 1))
    assert again["payload"]["resumed"] is True
    assert [(e["event"], e["sequence"]) for e in (back.event() for _ in range(3))] == [
        ("new_message", n) for n in (2, 3, 4)]
    bench.expect(f"opened bob {session_id}")


def test_what_was_sent_in_the_moment_of_the_loss(bench):
    client, ack = open_session(bench, "ida")
    client.send_text('{"event": "call_reject", "payload": {"callId": "c"}}')
    bench.expect("closed ida")
    back, again = open_session(bench, "ida", (ack["payload"]["sessionId"], 1))
    assert again["payload"]["resumed"] is True
    assert [(e["event"], e["sequence"]) for e in (back.event() for _ in range(2))] == [
        ("error", 2), ("error", 3)]


def test_the_old_connection_is_still_there(bench):
    client, ack = open_session(bench, "cat")
    session_id = ack["payload"]["sessionId"]
    back, again = open_session(bench, "cat", (session_id, 1))
    assert again["payload"]["resumed"] is True
    assert client.close_code() == 4409
    bench.expect(f"closed cat {session_id}")
    bench.expect(f"opened cat {session_id}")
    bench.say("flood cat 1")
    assert back.event()["sequence"] == 2


@pytest.mark.parametrize("headers", [ENVELOPE, []], ids=["envelope", "flat"])
@pytest.mark.parametrize("turns", range(5))
def test_it_comes_back_in_the_very_moment_of_its_loss(bench, turns, headers):
    """The loss and the answer about the new connection's token, so many turns of the loop later: also just when the
    loss has been noticed, and nobody was told yet."""
    client, ack = open_session(bench, "lea", headers=headers)
    session_id = ack.get("payload", ack)["sessionId"]
    back = bench.upgrade(headers=headers)
    token = {"userId": "lea", "token": "held-lea", "resume": {"sessionId": session_id, "lastSequence": 1}}
    event = "event" if headers else "type"
    for name in ("init_connection", "heartbeat"):
        back.send_text(json.dumps({event: name, "payload": token}))
    early = back.event()
    assert early.get("payload", early)["code"] == "UNAUTHENTICATED"  # so the token is being looked at
    bench.expect("refused UNAUTHENTICATED")
    bench.process.send_signal(signal.SIGSTOP)
    client.sock.close()
    bench.say(f"answer {turns}")
    bench.process.send_signal(signal.SIGCONT)
    again = back.event()
    assert again.get("payload", again).get("resumed") is bool(headers)
    seen = [bench.next_line().split(" ")[0] for _ in range(2 if headers else 3)]
    assert seen == (["closed", "opened"] if headers else ["closed", "over", "opened"])
    lose(bench, back, "lea")


def test_what_fell_out(bench):
    client, ack = open_session(bench, "dan")
    session_id = ack["payload"]["sessionId"]
    lose(bench, client, "dan")
    bench.say("flood dan 100")  # of 4,000 characters each
    _, again = open_session(bench, "dan", (session_id, 1))
    assert again["payload"]["resumed"] is False and again["payload"]["sessionId"] != session_id
    assert again["sequence"] == 1
    bench.expect(f"over dan {session_id}")


@pytest.mark.parametrize("last", [2, 2**53])
def test_a_number_that_was_never_given(bench, last):
    client, ack = open_session(bench, "eve")
    lose(bench, client, "eve")
    assert open_session(bench, "eve", (ack["payload"]["sessionId"], last))[1]["payload"]["resumed"] is False


def test_somebody_elses_session(bench):
    client, ack = open_session(bench, "fay")
    session_id = ack["payload"]["sessionId"]
    assert open_session(bench, "gus", (session_id, 1))[1]["payload"]["resumed"] is False
    client.send_text('{"event": "heartbeat"}')
    assert client.event()["sequence"] == 2
    lose(bench, client, "fay")
    assert open_session(bench, "gus", (session_id, 1))[1]["payload"]["resumed"] is False
    assert open_session(bench, "fay", (session_id, 2))[1]["payload"]["resumed"] is True


def test_who_has_said_goodbye(bench):
    client, ack = open_session(bench, "hal")
    client.send_frame(8, b"\x03\xe8")
    bench.expect(f"over hal {ack['payload']['sessionId']}")
    assert open_session(bench, "hal", (ack["payload"]["sessionId"], 1))[1]["payload"]["resumed"] is False


def test_flat_is_not_resumed(bench):
    client, ack = open_session(bench, "ida", headers=[])
    client.sock.close()
    bench.expect(f"over ida {ack['sessionId']}")
    assert open_session(bench, "ida", (ack["sessionId"], 1), headers=[])[1]["resumed"] is False


def test_too_late():
    with Bench(resume_ms=100) as bench:
        client, ack = open_session(bench, "jon")
        lose(bench, client, "jon")
        bench.expect(f"over jon {ack['payload']['sessionId']}")
        assert open_session(bench, "jon", (ack["payload"]["sessionId"], 1))[1]["payload"]["resumed"] is False


def test_a_persons_lost_sessions_are_bounded(bench):
    lost = []
    for _ in range(6):
        client, ack = open_session(bench, "kim")
        lost.append(ack["payload"]["sessionId"])
        lose(bench, client, "kim")
    bench.expect(f"over kim {lost[0]}")
    assert open_session(bench, "kim", (lost[1], 1))[1]["payload"]["resumed"] is True
