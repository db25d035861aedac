"""TLS on the public listener: clients that nobody here has written, hostile ones, and a certificate that is renewed."""

import select
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from bench import DEADLINE, Bench

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scenario"))

from otomo.certificate import Pair  # noqa: E402

STALLED = 120  # far more than GLib has threads for


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return Pair(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def bench(pair):
    with Bench(certificate=pair.certificate, certificate_key=pair.key, request_ms=60_000) as running:
        yield running


def alive(client):
    client.send("heartbeat")
    return client.event() == {"type": "heartbeat_ack"}


def hello():
    """The first flight of a real client's handshake."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def read_all(sock):
    data = b""
    try:
        while chunk := sock.recv(65536):
            data += chunk
    except ConnectionError:
        pass
    return data


def s_client(bench, *options, text="GET / HTTP/1.0\r\n\r\n"):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", "{}:{}".format(*bench.address), "-ign_eof", *map(str, options)],
        input=text, capture_output=True, text=True, timeout=DEADLINE)
    return done.stdout + done.stderr


def test_openssl(bench, pair):
    said = s_client(bench, "-CAfile", pair.certificate, "-verify_return_error", "-verify_ip", "127.0.0.1")
    assert "Verify return code: 0 (ok)" in said and "TLSv1.3" in said
    assert "HTTP/1.0 404" in said or "HTTP/1.1 404" in said
    assert "TLSv1.2" in s_client(bench, "-tls1_2")


@pytest.mark.parametrize("old", ["-tls1", "-tls1_1"])
def test_old_versions(bench, old):
    assert "protocol version" in s_client(bench, old, "-cipher", "DEFAULT@SECLEVEL=0")


def test_no_tls(bench):
    sock = bench.connect()
    sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"HTTP" not in read_all(sock)
    client = bench.join("ann", tls=True)
    assert alive(client)
    client.sock.close()


def test_large_messages_both_ways(bench):
    client = bench.join("ann", tls=True)
    client.send_text('{"type":"heartbeat","x":"' + "x" * 60000 + '"}')
    assert client.event() == {"type": "heartbeat_ack"}
    client.sock.close()


def test_slow_reader_gets_all_in_order(bench):
    """More than the socket takes waits in TLS and in libsoup; an urgent pong comes between whole frames."""
    client = bench.join("slow", tls=True, receive_bytes=4096)
    bench.say("flood slow 200")
    bench.count()  # all of it is written by now, as far as it goes
    client.send_frame(9, b"between")
    frames = [client.frame() for _ in range(201)]
    assert sorted(opcode for opcode, _ in frames) == [1] * 200 + [10]
    assert {len(payload) for opcode, payload in frames if opcode == 1} == {len(frames[0][1])}
    assert (10, b"between") in frames
    assert alive(client)
    client.sock.close()


@pytest.mark.parametrize("start", [b"", hello()[:20], hello()], ids=["nothing", "a part", "hello"])
def test_stalled_handshakes_keep_nobody_out(bench, start):
    stalled = [bench.connect() for _ in range(STALLED)]
    for sock in stalled:
        sock.sendall(start)
    if len(start) > 20:  # the server has answered: it waits for the second flight
        assert all(sock.recv(1) for sock in stalled)
    client = bench.join("ann", tls=True)
    assert alive(client)
    assert not select.select([sock for sock in stalled if len(start) <= 20], [], [], 0)[0]
    for sock in [*stalled, client.sock]:
        sock.close()
    bench.wait_count((0, 0))


@pytest.mark.parametrize("start", [b"", hello()[:20], hello()], ids=["nothing", "a part", "hello"])
def test_stalled_handshakes_end(pair, start):
    with Bench(certificate=pair.certificate, certificate_key=pair.key, request_ms=1000) as quick:
        sock = quick.connect()
        before = quick.cpu_seconds()
        sock.sendall(start)
        read_all(sock)
        quick.wait_count((0, 0))
        assert quick.cpu_seconds() - before < 0.5, "the server did not wait, it asked again and again"


def test_nonsense_is_closed(bench):
    sock = bench.connect()
    sock.sendall(b"\x16\x03\x01\x40\x00" + b"x" * 16384)
    read_all(sock)
    bench.wait_count((0, 0))


def shown(bench):
    client = bench.join("new", tls=True)
    return client, client.sock.getpeercert(binary_form=True)


def test_renewed_certificate(bench, pair, tmp_path):
    renewed = Pair(tmp_path, "renewed")
    before, certificate = shown(bench)
    assert certificate == pair.der
    bench.say(f"tls {renewed.certificate} {renewed.key}")
    bench.expect("reloaded")
    after, certificate = shown(bench)
    assert certificate == renewed.der
    assert alive(before) and alive(after)
    for client in (before, after):
        client.sock.close()


def bad_pairs(folder):
    good, other = Pair(folder, "good"), Pair(folder, "other")
    nonsense = folder / "nonsense"
    nonsense.write_text("no PEM\n")
    missing = folder / "missing"
    return {
        "no certificate file": (missing, good.key, missing, "No such file"),
        "no key file": (good.certificate, missing, missing, "No such file"),
        "a certificate that is none": (nonsense, good.key, nonsense, "not a certificate"),
        "a key that is none": (good.certificate, nonsense, nonsense, "not a private key"),
        "a key of another certificate": (good.certificate, other.key, other.key, "not the key of the certificate"),
        "a key with a password": (good.certificate, good.lock(folder / "locked"), folder / "locked", "without a password"),
    }


@pytest.mark.parametrize("which", range(6))
def test_bad_pair(bench, tmp_path, which):
    """The old one stays, and the error names the file."""
    name, (certificate, key, file, words) = list(bad_pairs(tmp_path).items())[which]
    client, before = shown(bench)
    bench.say(f"tls {certificate} {key}")
    kept = bench.expect("kept")
    assert str(file) in kept and words in kept, (name, kept)
    another, after = shown(bench)
    assert before == after and alive(client)
    for each in (client, another):
        each.sock.close()
    with pytest.raises(AssertionError):  # and at the start it is an error
        with Bench(certificate=certificate, certificate_key=key) as failing:
            failed = failing.failed
    assert str(file) in failed and words in failed
