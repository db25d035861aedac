"""What a hostile client gets for it: its documented answer, and no memory."""

import os
import socket
import time

import pytest

from bench import DEADLINE, Bench, read_head

LIMIT = 64 * 1024
# What an attack may cost at most. A sanitizer keeps freed memory back, so that there the figure says nothing.
GROWTH_KIB = 10 * 1024 if os.environ.get("NET_SANITIZED") != "yes" else 1000 * 1024


@pytest.fixture(scope="module")
def bench():
    with Bench(request_ms=300, linger_ms=300) as running:
        for _ in range(20):  # so that what is allocated once is there before anything is measured
            running.join("warm").sock.close()
        running.wait_count((0, 0))
        yield running


@pytest.fixture(autouse=True)
def alive_and_small(bench):
    before = bench.rss_kib()
    yield
    client = bench.join("after")
    client.send("heartbeat")
    assert client.event() == {"type": "heartbeat_ack"}
    client.sock.close()
    bench.wait_count((0, 0))
    assert bench.rss_kib() - before < GROWTH_KIB


def attack(send, bench):
    """Sends until the server has enough of it, or we have sent 200 MB; how much memory it took."""
    before = most = bench.rss_kib()
    sent = 0
    try:
        while sent < 200e6:
            sent += send()
            most = max(most, bench.rss_kib())
    except OSError:
        pass
    assert most - before < GROWTH_KIB
    return sent


def text_of(size):
    return b'{"type":"heartbeat","x":"' + b"x" * (size - 27) + b'"}'


def test_largest_message(bench):
    client = bench.join("ann")
    client.send_text(text_of(LIMIT))
    assert client.event() == {"type": "heartbeat_ack"}
    text = text_of(LIMIT)
    for start in range(0, LIMIT, 1000):  # the same in 66 frames, with a ping in between
        client.send_frame(0 if start else 1, text[start:start + 1000], fin=start + 1000 >= LIMIT)
        if start == 5000:
            client.send_frame(9, b"between")
            assert client.frame() == (10, b"between")
    assert client.event() == {"type": "heartbeat_ack"}
    client.sock.close()


def test_too_big(bench):
    client = bench.join("ann")
    client.send_text(text_of(LIMIT + 1))
    assert client.close_code() == 1009


def test_too_big_in_fragments(bench):
    client = bench.join("ann")
    client.send_frame(1, b"x" * LIMIT, fin=False)
    client.send_frame(0, b"x", fin=False)
    assert client.close_code() == 1009


def test_a_hundred_megabytes_announced(bench):
    client = bench.join("ann")
    client.send_frame(1, b"x", length=100_000_000)
    assert client.close_code() == 1009


def test_endless_fragments(bench):
    client = bench.join("ann")
    chunk = b"x" * 60000

    def send():
        client.send_frame(0, chunk, fin=False)
        return len(chunk)

    client.send_frame(1, b"x", fin=False)
    attack(send, bench)
    client.sock.close()


def test_endless_empty_fragments(bench):
    client = bench.join("ann")
    frames = b"\x00\x80\x00\x00\x00\x00" * 10000

    def send():
        client.sock.sendall(frames)
        return len(frames) * 20

    client.send_frame(1, b"", fin=False)
    attack(send, bench)
    client.sock.close()


def test_goes_on_after_the_close(bench):
    """A client that is told to go and sends on instead, without reading."""
    client = bench.join("ann")
    client.send_frame(2, b"binary")
    bench.expect("closed ann")
    attack(lambda: client.sock.send(b"\x82\xfe\xff\xff" + bytes(65539)), bench)
    client.sock.close()


@pytest.mark.parametrize("garbage", [b"\xff" * 60000, b"\x81\x05hello" + b"x" * 60000, b"\x09\x80" + bytes(60000)],
                         ids=["ones", "unmasked", "control"])
def test_garbage(bench, garbage):
    client = bench.join("ann")
    attack(lambda: client.sock.send(garbage), bench)
    client.sock.close()


def test_binary(bench):
    client = bench.join("ann")
    client.send_frame(2, b"{}")
    assert client.close_code() == 1003


def test_not_utf8(bench):
    client = bench.join("ann")
    client.send_text(b'{"type":"\xff"}')
    assert client.close_code() == 1007


def test_unmasked(bench):
    client = bench.join("ann")
    client.send_frame(1, b"{}", masked=False)
    assert client.close_code() == 1002


def test_compressed_bit(bench):
    client = bench.join("ann")
    client.sock.sendall(b"\xc1\x80" + bytes(4))
    assert client.close_code() == 1002


def test_fragmented_control_frame(bench):
    client = bench.join("ann")
    client.send_frame(9, b"x", fin=False)
    assert client.close_code() == 1002


HOSTILE_JSON = {
    "deep": b'{"type":"heartbeat","a":' + b"[" * 60000,
    "nul": b'{"type":"heartbeat","a":"\x00"}',
    "escaped nul": b'{"type":"heartbeat","a":"\\u0000"}',
    "lone surrogate": b'{"type":"heartbeat","a":"\\ud800"}',
    "duplicate key": b'{"type":"heartbeat","type":"heartbeat"}',
    "big integer": b'{"type":"heartbeat","a":99999999999999999999}',
    "infinite": b'{"type":"heartbeat","a":1e400}',
    "two documents": b'{"type":"heartbeat"} {}',
    "empty": b"",
}


@pytest.mark.parametrize("text", HOSTILE_JSON.values(), ids=HOSTILE_JSON)
def test_hostile_json(bench, text):
    client = bench.join("ann")
    client.send_text(text)
    assert client.error()[0] == "INVALID_JSON"
    client.send("heartbeat")
    assert client.event() == {"type": "heartbeat_ack"}
    client.sock.close()


def test_too_many_invalid(bench):
    client = bench.join("ann")
    for _ in range(30):
        client.send_text("{")
    assert [client.error()[0] for _ in range(20)] == ["INVALID_JSON"] * 20
    assert client.close_code() == 4400


def test_too_many_before_the_ack(bench):
    client = bench.upgrade()
    for _ in range(30):
        client.send("heartbeat")
    assert client.close_code() == 4400


def test_reader_that_does_not_read(bench):
    slow, good = bench.join("slow"), bench.join("good")
    before = most = bench.rss_kib()
    end = time.monotonic() + DEADLINE
    while bench.count()[0] == 2:
        bench.say("flood slow 50")
        most = max(most, bench.rss_kib())
        assert time.monotonic() < end
    assert most - before < GROWTH_KIB
    good.send("heartbeat")
    assert good.event() == {"type": "heartbeat_ack"}
    slow.sock.close()
    good.sock.close()


def test_pings_whose_pongs_nobody_reads(bench):
    client = bench.join("ann")
    pings = b"\x89\xfd\x00\x00\x00\x00" + b"x" * 125
    sent = attack(lambda: client.sock.send(pings * 500), bench)
    assert sent < 200e6, "the server kept on answering"
    client.sock.close()


def test_many_messages_whose_answers_nobody_reads(bench):
    client = bench.join("ann")
    heartbeats = (b"\x81\x94\x00\x00\x00\x00" + b'{"type":"heartbeat"}') * 1000
    sent = attack(lambda: client.sock.send(heartbeats), bench)
    assert sent < 200e6, "the server kept on answering"
    client.sock.close()


@pytest.mark.parametrize("start", [b"", b"GET /v1/socket HTTP/1.1\r\nHost: x\r\n", b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n"],
                         ids=["nothing", "half a request", "no next request"])
def test_slow_loris(bench, start):
    """No request, half a request, and a connection kept without a next request."""
    socks = [bench.connect() for _ in range(50)]
    for sock in socks:
        sock.sendall(start)
    for sock in socks:
        while sock.recv(65536):
            pass


def test_drop_by_drop(bench):
    sock = bench.connect()
    end = time.monotonic() + DEADLINE
    with pytest.raises(OSError):
        while time.monotonic() < end:
            sock.sendall(b"X")
            time.sleep(0.02)


def test_endless_body(bench):
    sock = bench.connect()
    sock.sendall(b"POST /v1/socket HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    sent = attack(lambda: sock.send(b"ffff\r\n" + b"x" * 65535 + b"\r\n"), bench)
    assert sent < 200e6


def test_endless_head(bench):
    sock = bench.connect()
    sock.sendall(b"GET /v1/socket HTTP/1.1\r\n")
    assert attack(lambda: sock.send(b"A: " + b"x" * 60000 + b"\r\n"), bench) < 200e6


def test_half_closed(bench):
    client = bench.join("ann")
    client.sock.shutdown(socket.SHUT_WR)
    assert client.ended()


def test_gone_in_the_handshake(bench):
    for _ in range(50):
        sock = bench.connect()
        sock.sendall(b"GET /v1/socket?access_token=token-x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                     b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
        sock.close()


def test_connection_limit():
    with Bench(connections=5) as small:
        clients = [small.join(f"u{i}") for i in range(5)]
        sock = small.connect()
        assert read_head(sock) == ""
        clients[0].sock.close()
        small.wait_count((4, 4))
        small.join("next")
