"""A start that can't succeed ends at once, with one clear line and a status that is not zero."""

import os
import socket

import pytest

from otomo.server import Server, program, run


@pytest.fixture(scope="module")
def home():
    """A server that ran before and could start at once, but for what a test does to it."""
    server = Server()
    try:
        server.start()
        server.stop()
        yield server
    finally:
        server.close()


@pytest.fixture
def refused(home):
    """Starts a server that must not start; the one line that it says, with the words of ABOUT."""

    def start(*about, args=(), env=None, settings=None, state_dir=None):
        command = home.command(settings or {}, args, state_dir or home.state_dir)
        ran = run(*command, env=env)
        assert ran.status > 0, f"ended by {ran}"
        assert "listening on" not in ran.out, ran
        lines = ran.err.strip().splitlines()
        assert lines, f"it says nothing: {ran}"
        errors = [line for line in lines if " INFO " not in line and " DEBUG " not in line]
        assert len(errors) == 1, f"not one clear line: {ran.err}"
        for word in about:
            assert word in errors[0], f"nothing about {word}: {errors[0]}"
        return errors[0]

    return start


def test_configuration_that_is_not_there(refused, tmp_path):
    path = str(tmp_path / "missing.conf")
    refused(path, args=["--config", path])


def test_configuration_that_makes_no_sense(refused, tmp_path):
    path = tmp_path / "otomod.conf"
    path.write_text("this is no key file\n")
    refused(str(path), args=["--config", str(path)])


def test_configuration_with_an_unknown_key(refused, tmp_path):
    path = tmp_path / "otomod.conf"
    path.write_text("[billing]\nunit_secnods=60\n")
    refused("unit_secnods", args=["--config", str(path)])


@pytest.mark.parametrize(
    "key, value",
    [
        ("billing.unit_seconds", "0"),
        ("billing.unit_seconds", "soon"),
        ("billing.share_percent", "101"),
        ("billing.charge", "never"),
        ("call.ring_timeout", "-1"),
        ("media.port", "70000"),
        ("media.address", "example.org"),
        ("media.address", " "),
        ("media.bind_address", "127.0.0.1 127.0.0.2"),
        ("no.such_key", "1"),
    ],
)
def test_setting_out_of_range(refused, key, value):
    refused(key, settings={key: value})


@pytest.mark.parametrize(
    "key, value, about",
    [
        ("server.origins", "https://example.org/", "https://example.org/"),
        ("server.origins", "https://a.example,https://b.example", "https://a.example,"),
        ("server.proxies", "10.0.0.0/8 somewhere", "somewhere"),
    ],
)
def test_setting_that_makes_no_sense(refused, home, key, value, about):
    refused(key, about, settings={key: value})
    assert run(*home.command({key: value})).status == os.EX_CONFIG


def test_key_that_is_no_good(refused, tmp_path):
    refused("auth.jwt_key_file", settings={"auth.jwt_algorithm": "HS256"})
    refused("auth.jwt_algorithm", settings={"auth.jwt_key_file": "/dev/null"})
    refused(str(tmp_path), "no key", settings={"auth.jwt_keys": str(tmp_path)})
    path = tmp_path / "2026-11.ES256"
    path.write_text("not a key")
    refused(str(path), "PEM", "ES256", settings={"auth.jwt_keys": str(tmp_path)})


def test_unknown_option(refused):
    refused("--colour", args=["--colour"])


def test_port_in_use(refused):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused(port, args=["--listen", f"127.0.0.1:{port}"])


def test_console_port_in_use(refused):
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        refused(address, "in use", settings={"admin.listen": address})


def test_console_key_that_is_none(refused, home):
    key = home.state_dir / "console.key"
    key.write_text("short\n")
    try:
        refused(str(key), "32", settings={"admin.listen": "127.0.0.1:0"})
    finally:
        key.unlink()


def test_media_port_in_use(refused):
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        refused(port, settings={"media.port": port})


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1", "127.0.0.1:many", "127.0.0.1:70000"])
def test_address_that_is_none(refused, address):
    refused(args=["--listen", address])


def test_database_that_does_not_answer(refused):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        line = refused(
            "database", args=["--database", f"postgresql://otomo:secret@127.0.0.1:{port}/otomo"]
        )
    assert "secret" not in line, "a password in the log"


def test_database_url_that_is_none(refused):
    refused("database", args=["--database", "mysql:nonsense here"])


def test_state_directory_that_can_not_be_made(refused, tmp_path):
    file = tmp_path / "file"
    file.write_text("not a directory")
    refused(str(file), state_dir=file / "state")


def test_state_directory_that_can_not_be_written(refused):
    refused("/proc/otomo", state_dir="/proc/otomo")


def test_state_directory_in_use(home, refused):
    home.start()
    refused(str(home.state_dir))
    home.audit()
    assert home.stop() == 0


def test_missing_gstreamer_plugins(refused, tmp_path):
    nowhere = {
        "GST_PLUGIN_SYSTEM_PATH": str(tmp_path),
        "GST_PLUGIN_SYSTEM_PATH_1_0": str(tmp_path),
        "GST_PLUGIN_PATH": "",
        "GST_REGISTRY": str(tmp_path / "registry"),
    }
    line = refused("webrtcbin", env=nowhere)
    assert "gstreamer1.0-" in line, f"which Debian package holds it? {line}"


def test_version_names_the_libraries():
    ran = run(program("otomod"), "--version")
    assert ran.status == 0
    for library in ("otomod", "GLib", "libsoup", "GStreamer", "libpq", "OpenSSL"):
        assert library.lower() in ran.out.lower(), f"no {library} in {ran.out}"


def test_help():
    ran = run(program("otomod"), "--help")
    assert ran.status == 0
    for option in ("--dev", "--config", "--listen", "--state-dir", "--database", "--set"):
        assert option in ran.out


def test_webhooks_without_a_secret(refused):
    refused("webhook.secret_file", settings={"webhook.url": "http://127.0.0.1:1/"})


def test_webhooks_with_a_secret_that_is_none(refused, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n")
    settings = {"webhook.url": "http://127.0.0.1:1/", "webhook.secret_file": secret}
    refused("whsec_", str(secret), settings=settings)


def test_webhooks_to_nowhere(refused, tmp_path):
    settings = {"webhook.url": "ftp://127.0.0.1/", "webhook.secret_file": tmp_path / "secret"}
    refused("webhook.url", settings=settings)
