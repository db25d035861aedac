"""wss: a call that is billed, a certificate that is renewed meanwhile, and an address with too many handshakes."""

import signal
import socket
import ssl

import pytest

from conftest import SETTINGS
from otomo import DEADLINE
from otomo.certificate import Pair
from otomo.scene import aside
from otomo.server import Server, run

CONNECTIONS = 6
EX_CONFIG = 78


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return Pair(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def tls(pair):
    """The settings; this machine is nobody's proxy here."""
    return {
        **SETTINGS,
        "server.tls_certificate": pair.certificate,
        "server.tls_key": pair.key,
        "server.proxies": "192.0.2.1",
        "limit.address_connections": CONNECTIONS,
    }


@pytest.fixture(scope="module")
def server(tls):
    server = Server(tls)
    try:
        server.start()
        server.seed(1, 1000)
        server.pairs = iter(range(1, 100))
        yield server
    finally:
        server.close()


def address(server):
    host, port = server.address.removeprefix("https://").split(":")
    return host, int(port)


def shown_certificate(server):
    """DER; what a client that connects now is shown."""
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(address(server)))


async def test_call_with_renewal(server, scene, pair, tmp_path, monkeypatch):
    """The call goes on, and only who comes later sees the new certificate; a bad one changes nothing."""
    monkeypatch.setenv("SSL_CERT_FILE", str(pair.certificate))  # clients check it
    before = (pair.certificate.read_bytes(), pair.key.read_bytes())
    assert server.url.startswith("wss://")
    await scene.in_call()
    renewed = Pair(tmp_path)
    pair.certificate.write_bytes(renewed.certificate.read_bytes())
    server.process.send_signal(signal.SIGHUP)
    await aside(server.wait_for_log, f"{pair.key}: not the key of the certificate")
    assert await aside(shown_certificate, server) == pair.der
    pair.key.write_bytes(renewed.key.read_bytes())
    server.process.send_signal(signal.SIGHUP)
    await aside(server.wait_for_log, "certificate and keys were read")
    assert await aside(shown_certificate, server) == renewed.der
    await scene.tick(2)
    await scene.hang_up()
    for path, content in zip((pair.certificate, pair.key), before):
        path.write_bytes(content)


def test_handshakes_count(server):
    """A connection that has not even ended its handshake is one of its address."""
    stalled = [socket.create_connection(address(server), DEADLINE) for _ in range(CONNECTIONS)]
    with socket.create_connection(address(server), DEADLINE) as one_more:
        assert one_more.recv(1) == b""
    for sock in stalled:
        sock.close()
    server.wait_for_log("connections from addresses that have too many: closed")


def test_bad_pair_at_the_start(server, tls, tmp_path):
    key = Pair(tmp_path, "other").key
    for settings, words in (
        ({**tls, "server.tls_key": key}, f"{key}: not the key of the certificate"),
        ({**tls, "server.tls_key": ""}, "only one of them is set"),
        ({**tls, "server.tls_certificate": "/no/where"}, "/no/where: "),
    ):
        ran = run(*server.command(settings, state_dir=tmp_path / "state"))
        assert ran.status == EX_CONFIG and words in ran.err, ran
